"""`patterns report --from --to` and `--missing`: the reports of many days, one after the other, the earliest first."""

import json
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from patterns_cli.commands.confirming import Agree, nobody_asks, place_to_change
from patterns_cli.commands.failures import CommandError
from patterns_cli.commands.reporting import as_document, follow, shown
from patterns_cli.reporting.deployed import DeployedBatch
from patterns_cli.reporting.errors import ReportFailed
from patterns_cli.reporting.making import Making
from patterns_cli.reporting.wanted_days import WantedDays
from patterns_deploy.folder import LocalFolder
from patterns_deploy.place import Place
from patterns_infra.settings import Target

__all__ = ["DaysOptions", "report_days", "report_days_at"]


@dataclass(frozen=True, slots=True)
class DaysOptions:
    """What the user asked for; ``again``, ``folder`` and ``as_json`` as of one report."""

    wanted: WantedDays
    again: bool = False
    folder: Path | None = None
    as_json: bool = False


def report_days(options: DaysOptions, target: Target, stage: str | None, region: str | None, *, yes: bool) -> None:
    """Make the reports, on AWS after asking."""
    place, agree = place_to_change("make reports in", target, stage, region, yes=yes)
    report_days_at(place, options, agree=agree)


def report_days_at(place: Place, options: DaysOptions, *, agree: Agree = nobody_asks) -> None:
    """Make the reports, each under its claim, so that a day that somebody else makes is followed and not made twice.

    A day that fails does not keep the later ones from their turn.

    Raises:
        ReportingError: nothing can be reported.
        CommandError: days failed, or an execution was lost from sight.
    """
    batch = DeployedBatch.find(place)
    days = options.wanted.of(batch)
    if not days:
        _finish(options, [], "no report is missing")
        return
    agree({"machine": batch.machine, "reports": f"{len(days)}, {days[0]} to {days[-1]}"})
    documents, failed = [], []
    for number, day in enumerate(days, 1):
        sys.stderr.write(f"report {number} of {len(days)}: {day}\n")
        try:
            documents.append(_report(place, batch, options, day))
        except ReportFailed as error:
            sys.stderr.write(f"{day}: {error}\n")
            failed.append(day)
    _finish(options, documents, f"{len(documents)} of {len(days)} reports are there")
    if failed:
        raise CommandError(
            f"no report of {', '.join(map(str, failed))}: the reasons are above; the same command again "
            "tries them again"
        )


def _report(place: Place, batch: DeployedBatch, options: DaysOptions, day: date) -> dict[str, object]:
    given = {"date": day.isoformat(), **({"again": True} if options.again else {})}
    with shown() as progress:
        made = follow(place, Making(batch, progress), given)
    folder = options.folder or (LocalFolder.default().reports if place.target is Target.LOCAL else None)
    saved = made.report.save_page(place.client("s3"), folder) if folder else None
    return as_document(made, saved)


def _finish(options: DaysOptions, documents: list[dict[str, object]], line: str) -> None:
    sys.stderr.write(line + "\n")
    if options.as_json:
        sys.stdout.write(json.dumps(documents, indent=2) + "\n")
