"""`patterns relay`: events that are missing on the bus, made again from the orders table."""

import sys
from collections.abc import Iterable, Sequence

from botocore.exceptions import BotoCoreError, ClientError

from patterns_cli.commands.confirming import Agree, nobody_asks, place_to_change
from patterns_cli.commands.failures import FAILED, CommandError, WrongUse
from patterns_cli.publishing.table_events import OrderEvents, RelayTally, events_of_orders, put_events
from patterns_deploy.outputs import read_outputs
from patterns_deploy.place import Place
from patterns_infra.settings import Target
from patterns_shared.adapters.eventbridge import EventBridgePublisher
from patterns_shared.domain.errors import TemporarilyUnavailable

__all__ = ["order_ids_of", "relay", "relay_at"]

_LONGEST_ID = 1024


def relay(
    orders: Sequence[str],
    target: Target,
    stage: str | None,
    region: str | None,
    *,
    from_table: bool,
    dry_run: bool,
    yes: bool,
) -> None:
    """Put orders' events on the bus, on AWS after asking; exits non-zero when one that was asked for is not there."""
    if not from_table:
        raise WrongUse("say --from-table: events are made again from the orders in the table")
    order_ids = order_ids_of(orders, sys.stdin)
    place, agree = place_to_change("put events on the bus of", target, stage, region, yes=yes)
    relay_at(place, order_ids, dry_run=dry_run, agree=agree)


def order_ids_of(given: Iterable[str], stdin: Iterable[str]) -> list[str]:
    """Return the ids, each once, in their order; ``-`` stands for those on standard input.

    Raises:
        WrongUse: one cannot be an order's id, or there is none.
    """
    words = [
        word for text in given for word in ((w for line in stdin for w in line.split()) if text == "-" else [text])
    ]
    for word in words:
        if not word.isprintable() or not 0 < len(word) <= _LONGEST_ID:
            raise WrongUse(f"{word[:50]!r} is no order's id")
    if not words:
        raise WrongUse("no order was named")
    return list(dict.fromkeys(words))


def relay_at(place: Place, order_ids: Sequence[str], *, dry_run: bool = False, agree: Agree = nobody_asks) -> None:
    """Put the events of these orders on a place's bus.

    Raises:
        CommandError: web_api is not deployed, or the table cannot be read; nothing was put on the bus.
        SystemExit: an event was not put there that had been asked for; it has been said which, and why.
    """
    table = read_outputs(place).get("web_api", {}).get("orders_table")
    if not table:
        raise CommandError(f"web_api is not deployed to {place.target} stage {place.stage}, so there are no orders")
    try:
        found = list(events_of_orders(place.client("dynamodb"), table, order_ids))
    except (TemporarilyUnavailable, BotoCoreError, ClientError) as error:
        raise CommandError(f"the table {table} cannot be read: {' '.join(str(error).split())}") from error
    problems = [f"{order.order_id}: {problem}" for order in found for problem in order.problems]
    _say(problems)
    tally = RelayTally()
    if dry_run:
        _say(_shown(found))
        _say(["dry run, nothing was put on the bus"])
    elif any(order.events for order in found):
        _put(place, found, tally, agree)
    made = sum(len(order.events) for order in found)
    counts = f"{tally.relayed} put on the bus, {len(problems)} not made, {tally.refused + tally.unsent} not taken"
    _say([f"{len(order_ids)} orders, {made} events: {counts}"])
    if problems or tally.refused or tally.unsent:
        sys.exit(FAILED)


def _put(place: Place, found: Sequence[OrderEvents], tally: RelayTally, agree: Agree) -> None:
    # As the relay function names itself: rules of the bus look at the source.
    source = f"patterns.{place.stage}"
    events = [event for order in found for event in order.events]
    with_events = sum(bool(order.events) for order in found)
    agree({"events": f"{len(events)} of {with_events} orders", "bus": f"default, as {source}"})
    try:
        for line in put_events(EventBridgePublisher(place.client("events"), source), events, tally):
            _say([line])
    except (BotoCoreError, ClientError) as error:
        tally.stopped, tally.unsent = " ".join(str(error).split()), len(events) - tally.relayed - tally.refused
    if tally.stopped:
        _say([f"stopped early: {tally.stopped}; run it again: consumers take events that were there for duplicates"])


def _shown(found: Sequence[OrderEvents]) -> list[str]:
    return [
        f"{event.order_id}: {event.type} of version {event.order_version}, event id {event.id}"
        for order in found
        for event in order.events
    ]


def _say(lines: Iterable[str]) -> None:
    sys.stderr.writelines(f"{line}\n" for line in lines)
