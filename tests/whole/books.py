"""The books of the whole: what table, ledger, partner, mail and operators have of each order must agree."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from tests.whole.ports import PartnerMode, about
from tests.whole.promises import Promises
from tests.whole.world import World

from patterns_async.application.books import Entry, balance
from patterns_async.application.mail import mail_about
from patterns_shared.adapters.event_messages import identify
from patterns_shared.domain.events import EventType
from patterns_shared.domain.fulfilment import decide
from patterns_shared.domain.orders import Order, OrderStatus
from patterns_shared.testing import make_event

__all__ = ["differences", "drain"]

_ROUNDS = 400
"""Rounds in which everything must be done: each takes what can be received, then lets time pass up to the next."""
_SUBJECTS = {type_: mail_about(make_event(type_)).subject for type_ in EventType if type_ is not EventType.ORDER_PLACED}
_CANCELLED = EventType.ORDER_CANCELLED


def drain(world: World) -> None:
    """Let everything run until nothing is left to do, without faults.

    What a partner refused that refused everything is a dead letter; an operator puts it back.
    """
    world.faults.stop()
    world.partner.mode = PartnerMode.UP
    world.queues["partner"].redrive()
    world.client.deletes = True
    for _ in range(_ROUNDS):
        for name in world.turns:
            world.turn(name)
        waiting = [queue.next_visible() for queue in world.queues.values() if queue.dead_letters is not None]
        times = [time for time in waiting if time is not None]
        if not times and all(shard.is_drained for shard in world.table.shards):
            return
        world.sleep(max(0.0, min(times, default=0.0) - world.client.now))
    raise AssertionError(f"not drained after {_ROUNDS} rounds; there is still work for {world.ready()}")


def differences(world: World, promises: Promises) -> list[str]:
    """Return in what the books differ, in sentences; none when all is well."""
    return [
        *_of_promises(world, promises),
        *_of_events(world, promises),
        *_of_orders(world),
        *_of_dead_letters(world, promises),
    ]


def _of_promises(world: World, promises: Promises) -> Iterator[str]:
    for (customer, key), order_id in promises.accepted.items():
        if order_id not in world.table.all:
            yield f"order {order_id} was accepted ({customer}, {key}) and is not in the table"
    for order_id in promises.cancelled:
        if world.table.all[order_id].status is not OrderStatus.CANCELLED:
            yield f"order {order_id} was confirmed as cancelled and is {world.table.all[order_id].status}"


def _of_events(world: World, promises: Promises) -> Iterator[str]:
    for event_id, contents in world.events.items():
        if len(contents) > 1 and event_id not in promises.forged:
            yield f"event {event_id} was published with {len(contents)} contents: {list(contents.values())}"
    for key, body in world.partner.refused:
        if key not in promises.forged:
            yield f"the partner got key {key} with another body: {body!r}"


def _of_orders(world: World) -> Iterator[str]:
    entries: dict[str, list[Entry]] = defaultdict(list)
    for entry in world.ledger.entries.values():
        entries[entry.order_id].append(entry)
    mails, told = Counter(map(about, world.mailer.mails)), Counter(world.partner.told())
    noticed = Counter(notice.text.split()[1] for notice in world.notices.notices)
    for order in world.table.all.values():
        outcome = _outcome(order)
        cancelled = order.status is OrderStatus.CANCELLED
        if order.status is OrderStatus.PLACED or (not cancelled and outcome is not _OUTCOME_OF[order.status]):
            yield f"order {order.order_id} ends as {order.status}; the rules say {outcome}"
        booked = Counter(entry.type for entry in entries.pop(order.order_id, []))
        yield from _of_ledger(world, order, booked)
        partner = {type_ for id_, type_ in told if id_ == order.order_id}
        due = {outcome, *([_CANCELLED] if cancelled else [])} - {EventType.ORDER_REJECTED}
        if partner != due or any(told[order.order_id, type_] > 1 for type_ in due):
            yield f"the partner knows {sorted(partner)} of order {order.order_id}, and should know {sorted(due)}"
        yield from _of_mails(world, order, outcome, mails)
        if (outcome is EventType.ORDER_REJECTED) is not (noticed[order.order_id] > 0):
            yield f"operators read {noticed[order.order_id]} notices of order {order.order_id}, which is {outcome}"
    if strange := set(entries) | {id_ for id_, _ in told if id_ not in world.table.all}:
        yield f"ledger or partner know orders that are not in the table: {sorted(strange)}"


_OUTCOME_OF = {OrderStatus.FULFILLED: EventType.ORDER_FULFILLED, OrderStatus.REJECTED: EventType.ORDER_REJECTED}


def _outcome(order: Order) -> EventType:
    decision = decide(quantities=(line.quantity for line in order.lines), total=order.total)
    return EventType.ORDER_FULFILLED if decision.fulfilled else EventType.ORDER_REJECTED


def _of_ledger(world: World, order: Order, booked: "Counter[EventType]") -> Iterator[str]:
    due = Counter([_outcome(order), *([_CANCELLED] if order.status is OrderStatus.CANCELLED else [])])
    if booked != due:
        yield f"the ledger has {dict(booked)} of order {order.order_id}, and should have {dict(due)}"
    comes_to = balance(entry for entry in world.ledger.entries.values() if entry.order_id == order.order_id)
    sold = order.total if order.status is OrderStatus.FULFILLED else 0
    if comes_to != sold:
        yield f"order {order.order_id} comes to {comes_to} in the ledger, and to {sold} in the table"


def _of_mails(world: World, order: Order, outcome: EventType, mails: "Counter[tuple[str, str]]") -> Iterator[str]:
    """An outcome that comes after the cancellation is not written about."""
    cancelled = order.status is OrderStatus.CANCELLED
    for type_, subject in _SUBJECTS.items():
        least = int(type_ is _CANCELLED if cancelled else type_ is outcome)
        may = type_ is outcome or (cancelled and type_ is _CANCELLED)
        most = world.mails_again[order.order_id, subject] + 1 if may else 0
        sent = mails[order.order_id, subject]
        if not least <= sent <= most:
            yield f"{sent} mails {subject!r} about order {order.order_id}, which is {order.status}: {least} to {most}"


def _of_dead_letters(world: World, promises: Promises) -> Iterator[str]:
    found = set(world.dead_letters())
    for queue, body in found - promises.poison:
        # These receivers remember no ids: they tell a forgery from the event only where both are in one batch, and
        # which of the two they then take is the one that is first in it.
        forgetful = queue in {"outcome-dead-letters", "operators-dead-letters"}
        if not (forgetful and identify(body).get("event_id") in promises.forged):
            yield f"{queue} has a dead letter that was not planned: {body}"
    for queue, body in promises.poison - found:
        yield f"{queue} lacks the dead letter that was planned: {body}"
