"""``python -m patterns_batch``: parses, calls one step, and turns its outcome into an exit code.

0 done, 2 bad input (no retry helps), 75 try again, anything else a bug.
"""

import os
from argparse import Namespace
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from patterns_batch.application.merging import Merged
from patterns_batch.application.report_names import parse_address, parse_content, parse_date
from patterns_batch.application.run_keys import RunKeys
from patterns_batch.bootstrap import Steps, bootstrap
from patterns_batch.entrypoints.arguments import parse
from patterns_batch.entrypoints.health import check_health
from patterns_batch.entrypoints.reporting import Report, fail_plainly
from patterns_batch.entrypoints.stop import StopRequest
from patterns_batch.errors import BadInput, BatchError
from patterns_batch.manifest import Manifest
from patterns_shared.domain.errors import TemporarilyUnavailable

__all__ = ["main", "run_step"]

_BUG, _TRY_AGAIN = 1, 75


def main(arguments: list[str] | None = None) -> int:
    """Do one step, and return the exit code."""
    chosen = parse(arguments)
    stopping = StopRequest()
    stopping.listen()
    known = {name: value for name, value in vars(chosen).items() if name in {"step", "run", "shard", "group"}}
    try:
        if chosen.step == "health":
            return check_health(os.environ)
        steps = bootstrap(os.environ, stopping)
    except BatchError as error:
        fail_plainly(str(error), error.exit_code, known)
        return error.exit_code
    return run_step(steps, chosen, Report(steps.settings.stage, known))


def run_step(steps: Steps, chosen: Namespace, report: Report) -> int:
    """Do the step, tell of it, and return the exit code."""
    try:
        _STEPS[chosen.step](steps, chosen, report)
        steps.usage.leave(steps.objects, chosen.run, chosen.step)
    except BatchError as error:
        return _failed(report, steps, str(error), error.exit_code)
    except TemporarilyUnavailable as error:
        return _failed(report, steps, str(error), _TRY_AGAIN)
    except Exception as error:  # noqa: BLE001 - the last place that can say what happened
        return _failed(report, steps, f"{type(error).__name__}: {error}", _BUG, error)
    return 0


def _failed(report: Report, steps: Steps, reason: str, code: int, error: BaseException | None = None) -> int:
    try:
        report.failed(reason, code, steps.objects, error)
        steps.usage.leave(steps.objects, report.known["run"], report.known["step"])
    except Exception as lost:  # noqa: BLE001 - the reason is on the log already; the exit code must get through
        fail_plainly(f"the reason could not be kept: {lost}", code, report.known)
    return code


def _plan(steps: Steps, chosen: Namespace, report: Report) -> None:
    content = parse_content(chosen.content)
    if chosen.date is not None:
        if content:
            raise BadInput("--content is of a file: give it with --input, not with --date")
        manifest = steps.planner.plan_date(chosen.run, parse_date(chosen.date), chosen.export)
    elif chosen.export:
        raise BadInput("--export is of the orders table: give it with --date, not with --input")
    else:
        manifest = steps.planner.plan_input(chosen.run, *parse_address(chosen.input), content)
    report.done({"Shards": len(manifest.shards)}, report=manifest.report)


def _shard(steps: Steps, chosen: Namespace, report: Report) -> None:
    done = steps.sharder.work(_manifest(steps, chosen.run), chosen.shard)
    report.done({"RowsRead": done.read, "RowsRejected": done.bad}, fresh=done.fresh)


def _combine(steps: Steps, chosen: Namespace, report: Report) -> None:
    done = steps.combiner.work(_manifest(steps, chosen.run), chosen.group)
    report.done({"RowsRead": done.read, "RowsRejected": done.bad}, fresh=done.fresh)


def _merge(steps: Steps, chosen: Namespace, report: Report) -> None:
    report.done(_counts(steps.merger.merge(_manifest(steps, chosen.run))))


def _publish(steps: Steps, chosen: Namespace, report: Report) -> None:
    manifest = _manifest(steps, chosen.run)
    published = steps.publisher.publish(manifest)
    report.done(_of_yesterday(steps, manifest), published=published)


def _report(steps: Steps, chosen: Namespace, report: Report) -> None:
    manifest = _manifest(steps, chosen.run)
    merged = steps.merger.merge(manifest)
    published = steps.publisher.publish(manifest)
    report.done({**_counts(merged), **_of_yesterday(steps, manifest)}, published=published)


def _counts(merged: Merged) -> dict[str, int]:
    return {
        "RowsRead": merged.read,
        "RowsRejected": merged.bad,
        "Orders": merged.orders,
        "EmptyReports": int(merged.empty),
        "MissedOrders": int(merged.missed),
    }


def _of_yesterday(steps: Steps, manifest: Manifest) -> dict[str, int]:
    """Count the report that a night owes: neither a file's nor an older day's stands in for it."""
    today = steps.planner.now().astimezone(ZoneInfo(manifest.time_zone)).date()
    return {"ReportsOfYesterday": int(manifest.date == today - timedelta(days=1))}


_STEPS: Mapping[str, Callable[[Steps, Namespace, Report], None]] = {
    "plan": _plan,
    "shard": _shard,
    "combine": _combine,
    "merge": _merge,
    "publish": _publish,
    "report": _report,
}


def _manifest(steps: Steps, run: str) -> Manifest:
    """Return the run's manifest; another version of the code may count otherwise, and must not go on with it."""
    text: Any = steps.objects.read(RunKeys(run).manifest)
    if text is None:
        raise BadInput(f"run {run} is not planned: there is no {RunKeys(run).manifest}")
    manifest = Manifest.decode(text)
    if manifest.program != steps.settings.version:
        raise BadInput(
            f"run {run} was planned by version {manifest.program} and this is {steps.settings.version}: "
            "start another run"
        )
    return manifest
