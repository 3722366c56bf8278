"""`patterns replay`: archived events to their consumers again."""

import json
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from patterns_cli.commands.confirming import Agree, nobody_asks, place_to_change
from patterns_cli.commands.failures import FAILED, CommandError, WrongUse
from patterns_cli.queues.interrupts import Interrupts
from patterns_cli.replaying.replay import ARCHIVING_DELAY, NoArchive, NoConsumer, Replay, find_archive, find_consumers
from patterns_cli.replaying.time_range import RangeRefused, TimeRange, read_instant, text_of
from patterns_deploy.place import Place
from patterns_deploy.progress import progress_for
from patterns_infra.settings import Target

__all__ = ["ReplayOptions", "replay", "replay_at"]

_STEPS = 100


@dataclass(frozen=True, slots=True)
class ReplayOptions:
    """What the user asked for; ``start`` and ``end`` as they were written, ``end`` is now where it is missing."""

    start: str
    end: str | None = None
    dry_run: bool = False
    as_json: bool = False

    def range_until(self, now: datetime) -> TimeRange:
        """Return the range.

        Raises:
            WrongUse: an option is no time.
        """
        try:
            start = read_instant("--from", self.start)
            return TimeRange(start, read_instant("--to", self.end) if self.end else now)
        except RangeRefused as refused:
            raise WrongUse(str(refused)) from refused


def replay(options: ReplayOptions, target: Target, stage: str | None, region: str | None, *, yes: bool) -> None:
    """Replay, on AWS after asking; exits non-zero when it did not come to its end."""
    options.range_until(datetime.now(UTC))
    place, agree = place_to_change("replay events in", target, stage, region, yes=yes)
    replay_at(place, options, agree=agree)


def replay_at(place: Place, options: ReplayOptions, *, agree: Agree = nobody_asks) -> None:
    """Replay in a place.

    Raises:
        WrongUse: the range is none, or none of the archive's.
        CommandError: there is no archive, or no consumer.
        KeyboardInterrupt: it was interrupted; what was replayed by then has arrived.
        SystemExit: it did not come to its end.
    """
    now = datetime.now(UTC)
    wanted = options.range_until(now)
    try:
        archive = find_archive(place)
        wanted.check(now=now, began=archive.began, retention_days=archive.retention_days)
        consumers = find_consumers(place, archive)
    except (NoArchive, NoConsumer) as missing:
        raise CommandError(str(missing)) from missing
    except RangeRefused as refused:
        raise WrongUse(str(refused)) from refused
    what = {
        "events": f"of {text_of(wanted.start)} to {text_of(wanted.end)}, out of {archive.events} archived",
        "to": ", ".join(sorted(consumers)),
    }
    if place.target is Target.AWS and wanted.end > now - ARCHIVING_DELAY:
        sys.stderr.write("note: events of the last ten minutes may not be in the archive yet\n")
    document = {
        "archive": archive.name,
        "from": text_of(wanted.start),
        "to": text_of(wanted.end),
        "archived_events": archive.events,
        "consumers": sorted(consumers),
    }
    if options.dry_run:
        sys.stderr.write(f"dry run, nothing was replayed; without --dry-run: {what['events']}, to {what['to']}\n")
        _show({**document, "replay": None, "state": "DRY_RUN"}, options)
        return
    agree(what)
    run = Replay(
        place.client("events"), archive, wanted, consumers, name=f"patterns-{place.stage}-{now:%Y%m%dT%H%M%S%f}"[:64]
    )
    state, reason, interrupted = _carry_out(run)
    _show({**document, "replay": run.name, "state": state}, options)
    if interrupted:
        raise KeyboardInterrupt
    if state != "COMPLETED":
        sys.stderr.write(f"{run.name} is {state}{f': {reason}' if reason else ''}; what it replayed has arrived\n")
        sys.exit(FAILED)
    sys.stderr.write(f"{run.name} is completed; how its consumers get on: patterns status\n")


def _carry_out(run: Replay) -> tuple[str, str, bool]:
    """Start it and follow it, showing how far it is."""
    step, began = "replay", time.perf_counter()
    with Interrupts() as interrupts, progress_for(sys.stderr) as report:
        report.begin(step, _STEPS)
        run.start()
        state, reason = run.wait(interrupts, lambda share: report.advance(step, round(share * _STEPS), "% of the time"))
        if state == "COMPLETED":
            report.end(step, time.perf_counter() - began, "")
        else:
            report.fail(step)
        return state, reason, interrupts.requested and state == "CANCELLED"


def _show(document: dict[str, object], options: ReplayOptions) -> None:
    if options.as_json:
        sys.stdout.write(json.dumps(document, indent=2) + "\n")
