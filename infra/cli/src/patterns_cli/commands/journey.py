"""`patterns journey`: every step of one order across all patterns, with times."""

import json
import re
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from patterns_cli.commands.failures import FAILED, CommandError, WrongUse
from patterns_cli.commands.looking import place_of
from patterns_cli.journeys.insights import LogsUnreadable
from patterns_cli.journeys.journey import Journey, OrderUnknown, read_journey
from patterns_cli.journeys.otlp import journey_to_otlp
from patterns_cli.journeys.timeline import timeline
from patterns_cli.replaying.time_range import RangeRefused, read_instant
from patterns_deploy.place import Place
from patterns_infra.settings import Target

__all__ = ["JourneyOptions", "journey", "journey_at"]

_ORDER_ID = re.compile(r"[\x21-\x7e]{1,255}")


@dataclass(frozen=True, slots=True)
class JourneyOptions:
    """What the user asked for; ``start`` as it was written, None for the time that the order's id tells."""

    order_id: str
    start: str | None = None
    limit: int = 1_000
    as_json: bool = False
    as_otlp: bool = False


def journey(options: JourneyOptions, target: Target, stage: str | None, region: str | None) -> None:
    """Show an order's journey.

    Raises: as `journey_at`, and as `place_of`.
    """
    _check(options)
    journey_at(place_of(target, stage, region), options)


def journey_at(place: Place, options: JourneyOptions) -> None:
    """Show a journey in a place.

    Raises:
        WrongUse: an option cannot be.
        CommandError: there is no such order, or the logs cannot be read.
        SystemExit: there is no step yet.
    """
    start = _check(options)
    try:
        found = read_journey(place, options.order_id, start=start, limit=options.limit, now=datetime.now(UTC))
    except (OrderUnknown, LogsUnreadable) as error:
        raise CommandError(str(error)) from error
    except (BotoCoreError, ClientError) as error:
        raise CommandError(f"the logs cannot be read: {' '.join(str(error).split())}") from error
    if options.as_json:
        sys.stdout.write(json.dumps(_document(found, place), indent=2) + "\n")
    elif options.as_otlp:
        sys.stdout.write(json.dumps(journey_to_otlp(found, stage=place.stage)) + "\n")
    else:
        sys.stderr.writelines(f"{line}\n" for line in timeline(found))
    sys.stderr.writelines(f"note: {note}\n" for note in found.notes)
    if not found.steps:
        sys.exit(FAILED)


def _check(options: JourneyOptions) -> datetime | None:
    if not _ORDER_ID.fullmatch(options.order_id):
        raise WrongUse(f"{options.order_id[:50]!r} is no order's id")
    if options.as_json and options.as_otlp:
        raise WrongUse("choose one of --json and --otlp")
    try:
        return read_instant("--from", options.start) if options.start else None
    except RangeRefused as refused:
        raise WrongUse(str(refused)) from refused


def _document(found: Journey, place: Place) -> dict[str, Any]:
    return {
        "order_id": found.order_id,
        "stage": place.stage,
        "status": found.status,
        "traces": found.traces,
        "steps": [
            {
                "at": step.at.isoformat(timespec="milliseconds"),
                "milliseconds": step.took.total_seconds() * 1000,
                **{name: getattr(step, name) for name in ("pattern", "program", "what", "level")},
                **{name: getattr(step, name) or None for name in ("trace_id", "event_id", "event_type", "reason")},
                "log": step.source,
            }
            for step in found.steps
        ],
        "notes": list(found.notes),
    }
