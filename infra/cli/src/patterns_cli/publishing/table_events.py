"""Events of orders, made again from the orders table: those that the relay function makes of the table's stream.

Both make them by the same code from the same item, byte for byte, so that an event that was on the bus before is a
duplicate to its consumers and no conflict.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from patterns_deploy.place import AwsClient
from patterns_shared.adapters.client_errors import transient_as_unavailable
from patterns_shared.adapters.order_item_events import cancelled_event, placed_event
from patterns_shared.adapters.order_items import Item, order_from_item, order_key, text_of
from patterns_shared.domain.errors import ShopError, TemporarilyUnavailable
from patterns_shared.domain.events import Event, EventType
from patterns_shared.domain.orders import OrderStatus
from patterns_shared.ports import EventPublisher

__all__ = ["OrderEvents", "RelayTally", "events_of_orders", "put_events"]

_GROUP = 100
_NO_TRACE = (
    "it moved before moves kept the trace of the placing, so its OrderPlaced cannot be made as it was; consumers would "
    "take another one for a conflict"
)


@dataclass(frozen=True, slots=True)
class OrderEvents:
    """What the table can tell of one order.

    Attributes:
        order_id: as it was asked for.
        events: in the order of its versions.
        problems: what cannot be made, and why; a line each.
    """

    order_id: str
    events: tuple[Event, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(slots=True)
class RelayTally:
    """Counts of events; ``stopped`` is why it ended early, empty when it came to its end."""

    relayed: int = 0
    refused: int = 0
    unsent: int = 0
    stopped: str = ""


def events_of_orders(dynamodb: AwsClient, table: str, order_ids: Iterable[str]) -> Iterator[OrderEvents]:
    """Read each order, strongly consistent, and yield its events.

    Raises:
        TemporarilyUnavailable: the table is throttled or down.
    """
    for order_id in order_ids:
        with transient_as_unavailable("orders table"):
            answer = dynamodb.get_item(TableName=table, Key=order_key(order_id), ConsistentRead=True)
        item = answer.get("Item")
        yield _events_of(order_id, item) if item else OrderEvents(order_id, problems=("there is no such order",))


def _events_of(order_id: str, item: Item) -> OrderEvents:
    """Return OrderPlaced, and OrderCancelled of a cancelled order. Other moves are no events of the table's."""
    events: list[Event] = []
    problems: list[str] = []
    try:
        status = order_from_item(item).status
        if status is OrderStatus.PLACED or text_of(item, "placed_traceparent") is not None:
            events.append(placed_event(item))
        else:
            problems.append(f"{EventType.ORDER_PLACED}: {_NO_TRACE}")
        if status is OrderStatus.CANCELLED:
            events.append(cancelled_event(item))
    except ShopError as error:
        problems.append(f"cannot be read: {error}")
    return OrderEvents(order_id, tuple(events), tuple(problems))


def put_events(publisher: EventPublisher, events: Sequence[Event], tally: RelayTally) -> Iterator[str]:
    """Put the events on the bus in groups and yield a line for each that the bus did not take.

    What follows an event that could not be delivered is not sent: an order's events keep their order.
    """
    for start in range(0, len(events), _GROUP):
        group = events[start : start + _GROUP]
        try:
            failures = {failure.event_id: failure for failure in publisher.publish(group)}
        except TemporarilyUnavailable as error:
            tally.stopped, tally.unsent = str(error), len(events) - start
            return
        for event in group:
            failure = failures.get(event.id)
            if failure:
                yield f"{event.order_id}: {event.type} {event.id}: {failure.reason}"
        refused = sum(not failure.retryable for failure in failures.values())
        tally.relayed += len(group) - len(failures)
        tally.refused += refused
        if len(failures) > refused:
            tally.stopped = "the event bus did not take an event"
            tally.unsent = len(failures) - refused + len(events) - start - len(group)
            return
