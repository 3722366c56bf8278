"""Planning a run: everything it depends on is looked up once, and frozen."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from patterns_batch.application.disk import disk_for
from patterns_batch.application.exports import plan_export
from patterns_batch.application.file_lists import ListedFile, is_file_list
from patterns_batch.application.input_files import InputFiles
from patterns_batch.application.machine_files import check_shards, machine_files
from patterns_batch.application.ports import Inputs, Objects, OrdersTable, Pseudonyms
from patterns_batch.application.report_index import ReportIndex
from patterns_batch.application.report_names import report_of_day, report_of_file
from patterns_batch.application.run_keys import RunKeys
from patterns_batch.application.usage import Usage
from patterns_batch.days import compared_days, day_range, microseconds, slot_seconds
from patterns_batch.errors import BadInput
from patterns_batch.manifest import EarlierReport, FilesSource, Manifest, Range, Shard, Source, TableSource
from patterns_batch.settings import Settings

__all__ = ["Planner"]

_CLOCKS_DIFFER = timedelta(days=1)
"""By how much an order's time may be ahead of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planner:
    """Plans runs, given what a plan is looked up from."""

    settings: Settings
    objects: Objects
    inputs: Inputs
    table: OrdersTable
    pseudonyms: Pseudonyms
    now: Callable[[], datetime]
    usage: Usage

    def plan_date(self, run: str, day: date, export: str = "") -> Manifest:
        """Plan the report of a day from the orders table, or from this export of it.

        Raises:
            BadInput: the day lies ahead, the web API is not deployed, or the export is not whole.
        """
        planned = self._planned(run)
        if planned is None:
            return self._announce(self._freeze(self._of_date(run, day, export)))
        return self._announce(self._of_report(planned, report_of_day(day)))

    def plan_input(self, run: str, bucket: str, key: str, content: str = "") -> Manifest:
        """Plan the report of a file, or of the files that a list names.

        It is of the version with this ``content``, or of the one that is there now.

        Raises:
            BadInput: a file or version is not there, is empty, cut short, of an unknown format, or lacks a column.
        """
        planned = self._planned(run)
        if planned is None:
            return self._announce(self._freeze(self._of_input(run, bucket, key, content)))
        source = planned.source
        same = isinstance(source, FilesSource) and source.given == f"s3://{bucket}/{key}"
        # A run that was planned for the version of then stays with it, whatever has changed since.
        report = report_of_file(bucket, key, content) if content or not same else planned.report
        return self._announce(self._of_report(planned, report))

    def _planned(self, run: str) -> Manifest | None:
        text = self.objects.read(RunKeys(run).manifest)
        return Manifest.decode(text) if text else None

    def _of_report(self, planned: Manifest, report: str) -> Manifest:
        """Return what the run was planned as before: it stays so, whatever has changed since."""
        if planned.report != report:
            raise BadInput(
                f"run {planned.run} was planned for {planned.report}, and cannot become {report}: start another run"
            )
        return planned

    def _freeze(self, manifest: Manifest) -> Manifest:
        if self.objects.create(RunKeys(manifest.run).manifest, manifest.encode()):
            return manifest
        planned = self._planned(manifest.run)
        return self._of_report(planned, manifest.report) if planned else manifest

    def _announce(self, manifest: Manifest) -> Manifest:
        """Write for the state machine what it needs of the manifest; again by a try that finds the manifest there."""
        for key, content in machine_files(manifest).items():
            self.objects.write(key, content)
        return manifest

    def _of_date(self, run: str, day: date, export: str = "") -> Manifest:
        zone = self.settings.time_zone
        today = self.now().astimezone(ZoneInfo(zone)).date()
        if day > today:
            raise BadInput(f"--date {day} is in the future: it is {today} in {zone}")
        source, shards = plan_export(self.objects, RunKeys(run), export, self.settings) if export else self._segments()
        days = tuple(day_range(each_day, zone) for each_day in (day, *compared_days(day)))
        return self._manifest(run, report=report_of_day(day), source=source, shards=shards, day=day, days=days)

    def _segments(self) -> tuple[TableSource, tuple[Shard, ...]]:
        found = self.table.find()
        self.usage.scanned += found.size
        shards = max(1, min(self.settings.max_shards, -(-found.size // self.settings.shard_bytes)))
        each = self.settings.segments
        return TableSource(table=found.name, arn=found.arn, segments=shards * each, size=found.size), tuple(
            Shard(number=number, segments=tuple(range(number * each, (number + 1) * each))) for number in range(shards)
        )

    def _of_input(self, run: str, bucket: str, key: str, content: str) -> Manifest:
        files, given = InputFiles(settings=self.settings, inputs=self.inputs), ListedFile(bucket, key, content)
        if is_file_list(key):
            found, listed = files.read_list(given)
            name, described = listed.name, files.describe_all(listed.files)
        else:
            found = files.describe(given)
            name, described = "", [found]
        address = name or given.address
        planned, shards = files.plan(described, address)
        source = FilesSource(given=given.address, address=address, modified=found.modified, files=planned)
        report = report_of_file(bucket, key, content or found.content)
        return self._manifest(run, report=report, source=source, shards=shards, day=None, days=())

    def _manifest(
        self,
        run: str,
        *,
        report: str,
        source: Source,
        shards: tuple[Shard, ...],
        day: date | None,
        days: tuple[Range, ...],
    ) -> Manifest:
        settings = self.settings
        check_shards(source, shards, limit=settings.shard_limit)
        disk = disk_for(source, shards, least_gib=settings.disk_gib)
        return Manifest(
            run=run,
            program=settings.version,
            report=report,
            previous=self._previous(source, report),
            source=source,
            shards=shards,
            date=day,
            days=days,
            time_zone=settings.time_zone,
            slot_seconds=slot_seconds(settings.time_zone),
            before=microseconds(self.now().astimezone(UTC) + _CLOCKS_DIFFER),
            pseudonym_version=self.pseudonyms.current_version(),
            chunk_lines=settings.chunk_lines,
            reject_share=settings.reject_share,
            prices=settings.prices,
            returns=settings.returns,
            locale=settings.locale,
            merge_group=settings.merge_group,
            disk_gib=disk.shard,
            merge_disk_gib=disk.merge,
            rejects_listed=settings.rejects_listed,
            top_customers=settings.top_customers,
        )

    def _previous(self, source: Source, report: str) -> EarlierReport | None:
        if not isinstance(source, FilesSource):
            return None
        return ReportIndex(self.objects).report_before(source.address, source.modified, report)
