"""Outcomes for orders that were never decided: their events were lost, or came while there was no fulfilment.

An order that is still PLACED has no outcome, or one that is on its way. Both get the answer of the worker to their
OrderPlaced, which follows from the order: the same event, so that consumers know one that is on its way by its id.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice

from aws_lambda_powertools import Logger

from patterns_k8s.worker.decisions import answer_to
from patterns_k8s.worker.placed_orders import PlacedOrder
from patterns_shared.domain.errors import MalformedOrder
from patterns_shared.domain.events import Event
from patterns_shared.observability.trace_ids import trace_id_of
from patterns_shared.ports import EventPublisher

__all__ = ["Backfilled", "InvalidRange", "backfill", "day_range"]

_TOGETHER = 100
"""Orders in memory at once."""


class InvalidRange(ValueError):
    """A range of days that cannot be filled; says why."""


@dataclass(frozen=True, slots=True)
class Backfilled:
    """How many orders were decided, could not be read, and were refused by the topic for good."""

    decided: int = 0
    malformed: int = 0
    refused: int = 0
    unsent: int = 0


def day_range(first: str, last: str, *, today: date) -> tuple[date, date]:
    """Return the days.

    Raises:
        InvalidRange: naming what is wrong.
    """
    days = [_day(name, text) for name, text in (("FROM", first), ("TO", last))]
    if days[0] > days[1]:
        raise InvalidRange(f"FROM: {first} is after TO: {last}")
    if days[1] > today:
        raise InvalidRange(f"TO: {last} is in the future")
    return days[0], days[1]


def backfill(orders: Iterable[PlacedOrder], publisher: EventPublisher, *, logger: Logger) -> Backfilled:
    """Publish the outcomes of the orders; what cannot be published now leaves the rest unread and is counted unsent.

    Raises:
        TemporarilyUnavailable: table or topic; the same run again publishes the same events.
    """
    done = Backfilled()
    for batch in _batches(orders):
        answers = list(_answers(batch, logger))
        malformed = len(batch) - len(answers)
        failures = publisher.publish(answers)
        refused = [failure for failure in failures if not failure.retryable]
        for failure in failures:
            logger.error("not_published", extra={"event_id": failure.event_id, "reason": failure.reason})
        done = replace(
            done,
            decided=done.decided + len(answers) - len(failures),
            malformed=done.malformed + malformed,
            refused=done.refused + len(refused),
            unsent=len(failures) - len(refused),
        )
        if done.unsent:
            break
    return done


def _answers(batch: Iterable[PlacedOrder], logger: Logger) -> Iterator[Event]:
    for placed in batch:
        if isinstance(placed.event, MalformedOrder):
            logger.error("malformed_order", extra={"key": placed.key, "reason": str(placed.event)})
            continue
        event = answer_to(placed.event)
        keys = {"event_id": event.id, "event_type": event.type.value, "order_id": event.order_id}
        logger.info("backfilled", extra={**keys, "trace_id": trace_id_of(event.traceparent)})
        yield event


def _batches(orders: Iterable[PlacedOrder]) -> Iterator[list[PlacedOrder]]:
    rest = iter(orders)
    while batch := list(islice(rest, _TOGETHER)):
        yield batch


def _day(name: str, text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise InvalidRange(f"{name}: {text!r} is not a day such as 2026-11-25")
    return day
