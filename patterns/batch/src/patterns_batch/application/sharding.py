"""Working off one shard: chunk by chunk into sums, which are put aside, and then named by one final object."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from patterns_batch.application.partials import PartDone, done_before, upload_partial
from patterns_batch.application.pointers import NamedFile, fetch, read_pointer, upload, write_pointer
from patterns_batch.application.ports import Objects, Pseudonyms, Stopping
from patterns_batch.application.reject_lines import reject_lines
from patterns_batch.application.run_keys import RunKeys
from patterns_batch.application.sources import Lines, Sources, readable
from patterns_batch.application.workplace import Workplace, workplace
from patterns_batch.engine import customers, files
from patterns_batch.engine.lines import create_view, order_start
from patterns_batch.engine.terms import Terms
from patterns_batch.engine.totals import Totals
from patterns_batch.errors import BadInput, Stopped
from patterns_batch.manifest import FilesSource, Manifest, Shard
from patterns_batch.settings import Settings

__all__ = ["Sharder", "terms_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharder:
    """Works off shards."""

    settings: Settings
    objects: Objects
    sources: Sources
    pseudonyms: Pseudonyms
    stopping: Stopping
    clock: Callable[[], float] = field(default=time.monotonic)

    def work(self, manifest: Manifest, number: int) -> PartDone:
        """Work off the shard, from where an earlier try stopped.

        Raises:
            BadInput: there is no such shard, its input cannot be read, or the disk is full.
            Stopped: the container is being stopped; the next try goes on from here.
        """
        if number >= len(manifest.shards):
            raise BadInput(f"--shard {number}: run {manifest.run} has shards 0 to {len(manifest.shards) - 1}")
        keys = RunKeys(manifest.run)
        if done := done_before(self.objects, keys.partial(number)):
            return done
        with workplace(self.settings, manifest.disk_gib) as place:
            opened = self.sources.open(place, manifest, manifest.shards[number])
            terms = terms_of(manifest, self.pseudonyms)
            work = _Work(self, place, manifest, manifest.shards[number], Totals(place.database, terms))
            work.run(opened)
            work.finish(terms)
            return PartDone(work.totals.read, work.totals.bad, fresh=True)


def terms_of(manifest: Manifest, pseudonyms: Pseudonyms) -> Terms:
    """Return how this run counts."""
    return Terms(
        slot_seconds=manifest.slot_seconds,
        before=manifest.before,
        reported=manifest.days[0] if manifest.days else None,
        key=pseudonyms.key(manifest.pseudonym_version),
        rejects_listed=manifest.rejects_listed,
        returns=manifest.returns == "apart",
    )


@dataclass(slots=True)
class _Work:
    """One try at one shard."""

    step: Sharder
    place: Workplace
    manifest: Manifest
    shard: Shard
    totals: Totals
    ids: dict[str, NamedFile] = field(default_factory=dict)
    kept_at: float = 0.0

    def run(self, opened: Sequence[Lines]) -> None:
        """Add all chunks that no earlier try has added: each of one file."""
        row, self.kept_at = self._resume(), self.step.clock()
        for lines in opened:
            if row < lines.rows[1]:
                create_view(self.place.database, [lines.relation])
                self._run_part(lines, max(row, lines.rows[0]))
        create_view(self.place.database, [lines.relation for lines in opened])

    def _run_part(self, lines: Lines, row: int) -> None:
        end = lines.rows[1]
        while row < end:
            due = self.step.clock() - self.kept_at >= self.step.settings.checkpoint_seconds
            if self.step.stopping() or (due and self.totals.read):
                self._keep(row)
                self.kept_at = self.step.clock()
            if self.step.stopping():
                done = row - lines.rows[0] + lines.first
                raise Stopped(f"stopped after row {done}; the next try goes on from there")
            with readable(lines, row):
                chunk_end = order_start(self.place.database, min(row + self.manifest.chunk_lines, end), end)
                self._add(row, chunk_end)
            row = chunk_end

    def _add(self, begin: int, end: int) -> None:
        if not isinstance(self.manifest.source, FilesSource):
            self.totals.add(begin, end)  # the table's key is the order's id: none can be there twice
            return
        name = f"ids/{begin:019}.parquet"
        path = self.place.made("ids") / Path(name).name
        self.totals.add(begin, end, path)
        self.ids[name] = upload(self.step.objects, self._key(name), path)
        path.unlink()

    def finish(self, terms: Terms) -> None:
        """Put the partial aside, then the object that names it."""
        database, top = self.place.database, self.manifest.top_customers
        customers.create_names(database)
        chosen = customers.candidates(database, self.totals, top=top, shards=len(self.manifest.shards))
        customers.find_names(database, chosen, terms.key)
        named = upload_partial(self.step.objects, self.place, self.totals, self._key)
        keys, number = RunKeys(self.manifest.run), self.shard.number
        self.step.objects.write(keys.rejects(number), reject_lines(database, self.manifest))
        facts = {"shard": number, "read": self.totals.read, "bad": self.totals.bad}
        write_pointer(self.step.objects, keys.partial(number), {**named, **self.ids}, once=True, **facts)

    def _resume(self) -> int:
        """Take over what an earlier try kept, and return the place to go on from."""
        kept = read_pointer(self.step.objects, RunKeys(self.manifest.run).checkpoint(self.shard.number))
        if not kept:
            return 0
        named, facts = kept
        self.ids = {name: file for name, file in named.items() if name not in files.FILES}
        folder = self.place.made("checkpoint")
        fetch(self.step.objects, named, folder, files.FILES)
        files.load(self.place.database, self.totals, folder)
        return int(facts["row"])

    def _keep(self, row: int) -> None:
        folder = self.place.made("checkpoint")
        files.save(self.place.database, self.totals, folder)
        named = {
            name: upload(self.step.objects, self._key(f"checkpoint-{row:019}/{name}"), folder / name)
            for name in files.FILES
        }
        key = RunKeys(self.manifest.run).checkpoint(self.shard.number)
        write_pointer(self.step.objects, key, {**named, **self.ids}, once=False, row=row)

    def _key(self, name: str) -> str:
        return RunKeys(self.manifest.run).shard_file(self.shard.number, name)
