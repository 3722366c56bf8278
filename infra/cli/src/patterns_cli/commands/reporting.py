"""`patterns report`: a sales report by hand, followed live."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from patterns_cli.commands.confirming import Agree, nobody_asks, place_to_change
from patterns_cli.commands.failures import INTERRUPTED, CommandError
from patterns_cli.reporting.deployed import DeployedBatch
from patterns_cli.reporting.making import Made, Making
from patterns_cli.reporting.step_lines import StepLines
from patterns_cli.reporting.upload import content_of, put_into_inbox
from patterns_cli.reporting.wanted import Wanted
from patterns_deploy.folder import LocalFolder
from patterns_deploy.place import Place
from patterns_deploy.progress import PlainProgress, Progress, progress_for
from patterns_infra.settings import Target

__all__ = ["ReportOrder", "as_document", "follow", "report", "report_at", "shown"]


@dataclass(frozen=True, slots=True)
class ReportOrder:
    """What the user asked for.

    Attributes:
        wanted: what to report on.
        again: also when the report is there.
        folder: where to save the page; the local platform has a folder for it.
        as_json: tell a program.
    """

    wanted: Wanted
    again: bool = False
    folder: Path | None = None
    as_json: bool = False


def report(order: ReportOrder, target: Target, stage: str | None, region: str | None, *, yes: bool) -> None:
    """Make a report, on AWS after asking."""
    place, agree = place_to_change("make a report in", target, stage, region, yes=yes)
    report_at(place, order, agree=agree)


def report_at(place: Place, order: ReportOrder, *, agree: Agree = nobody_asks) -> None:
    """Make a report in a place, and say where it is.

    Raises:
        ReportingError: there is no report, and why.
        CommandError: the execution was lost from sight.
        SystemExit: somebody interrupted it; the execution goes on, and it has been said how to follow it.
    """
    batch = DeployedBatch.find(place)
    order.wanted.check(batch)
    agree({"machine": batch.machine, "report": _named(order.wanted)})
    with shown() as progress:
        given = _input_of(batch, order, progress)
        made = follow(place, Making(batch, progress), given)
    folder = order.folder or (LocalFolder.default().reports if place.target is Target.LOCAL else None)
    saved = made.report.save_page(place.client("s3"), folder) if folder else None
    _tell(made, saved, as_json=order.as_json)


@contextmanager
def shown() -> Iterator[Progress]:
    """Show what happens: bars on a terminal, lines elsewhere."""
    with progress_for(sys.stderr) as progress:
        yield StepLines(progress.say) if isinstance(progress, PlainProgress) else progress


def _named(wanted: Wanted) -> str:
    return str(wanted.day or wanted.path or wanted.several or wanted.address)


def _input_of(batch: DeployedBatch, order: ReportOrder, progress: Progress) -> dict[str, object]:
    """Return the state machine's input; a file of this machine is uploaded for it."""
    wanted, again = order.wanted, {"again": True} if order.again else {}
    if wanted.day:
        return {"date": wanted.day.isoformat(), **again}
    s3, address = batch.place.client("s3"), wanted.address
    if wanted.path:
        address = put_into_inbox(s3, batch.inbox, wanted.path)
        progress.say(f"{wanted.path} is {address}")
    elif wanted.several:
        address = wanted.several.put(batch, progress.say)
    return {"input": address, **content_of(s3, address), **again}


def follow(place: Place, making: Making, given: dict[str, object]) -> Made:
    """Make one report, and follow it; Ctrl-C leaves the execution to itself, and says how it is stopped."""
    try:
        return making.make(given)
    except KeyboardInterrupt:
        if making.execution is None:
            raise
        line = "interrupted; the execution goes on, and the same command again follows it; this would stop it:"
        sys.stderr.write(f"patterns: {line}\n  {_stop(place, making)}\n")
        sys.exit(INTERRUPTED)
    except (BotoCoreError, ClientError) as error:
        if making.execution is None:
            raise
        why = " ".join(str(error).split())
        raise CommandError(
            f"lost sight of execution {making.execution.name}, which goes on; the same command again follows it: {why}"
        ) from error


def _stop(place: Place, making: Making) -> str:
    assert making.execution  # noqa: S101 - for the type checker
    where = f" --region {place.region}" if place.target is Target.AWS else ""
    return f"aws stepfunctions stop-execution{where} --execution-arn {making.execution.arn}"


def as_document(made: Made, saved: Path | None) -> dict[str, object]:
    """Return what a program is told of a report."""
    found = made.report
    return {
        "report": found.name,
        "made_before": made.before,
        "execution": made.execution,
        "pointer": found.pointer,
        "files": dict(found.files),
        "rows": dict(found.rows),
        "saved": str(saved) if saved else None,
    }


def _tell(made: Made, saved: Path | None, *, as_json: bool) -> None:
    found = made.report
    if as_json:
        sys.stdout.write(json.dumps(as_document(made, saved), indent=2) + "\n")
        return
    if made.before:
        sys.stderr.write("the report was there before; --again makes it once more\n")
    sys.stderr.write(f"{found.rows['read']} rows read, {found.rows['rejected']} rejected\n")
    sys.stderr.write(f"report  {found.pointer}\npage    {found.page}\n")
    if saved:
        sys.stderr.write(f"open    {saved}\n")
