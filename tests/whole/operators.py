"""What operators do to the running shop, and what strangers do to it."""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, ClassVar, cast

from aws_lambda_powertools import Logger
from tests.whole.promises import Promises
from tests.whole.world import SOURCE, World

from patterns_k8s.worker.backfill import backfill
from patterns_k8s.worker.placed_orders import PlacedOrder
from patterns_shared.adapters.event_messages import event_to_body
from patterns_shared.adapters.order_item_events import cancelled_event, placed_event
from patterns_shared.adapters.sns import SnsPublisher, attributes_of
from patterns_shared.domain.errors import TemporarilyUnavailable
from patterns_shared.domain.event_codec import decode_event, encode_event
from patterns_shared.domain.events import Event, EventType
from patterns_shared.domain.orders import ERASED_CONTACT, OrderLine, OrderStatus

__all__ = ["Operators"]

_LOGGER = Logger(service="whole", level=logging.CRITICAL)
_MOST_FORGED = 2
"""Forgeries in a schedule: five that the partner refuses in a row would open its circuit, and rightly."""


class Operators:
    """Chores and poison, each by a number that picks what it is about."""

    CHORES: ClassVar = [
        "deliver_again",
        "replay",
        "relay_from_table",
        "fill_in",
        "redrive",
        "erase",
        "publish_no_json",
        "publish_placed_on_topic",
        "publish_no_event",
        "publish_under_other_type",
        "forge",
    ]

    def __init__(self, world: World, promises: Promises) -> None:
        """Take the shop, and where poison is noted."""
        self._world = world
        self._promises = promises

    def deliver_again(self, number: int) -> None:
        """Each queue gets one of its messages once more: topic, bus and queues deliver at least once."""
        for name in self._world.turns:
            queue = self._world.queues.get(name)
            if queue is not None and queue.sent:
                queue.put(queue.sent[number % len(queue.sent)])

    def replay(self, number: int) -> None:
        """``patterns replay``: the bus delivers an event of its archive again."""
        archive = self._world.bus.archive
        self._world.bus.deliver(archive[number % len(archive)])

    def relay_from_table(self, number: int) -> None:
        """``patterns relay --from-table``: the events of an order are made again of its item."""
        items = list(self._world.table.items.values())
        item = items[number % len(items)]
        if item["contact_email"]["S"] == ERASED_CONTACT:
            return  # the command says that its events cannot be made again
        events = [placed_event(item)]
        if item["status"]["S"] == OrderStatus.CANCELLED:
            events.append(cancelled_event(item))
        self._try(lambda: self._world.publisher().publish(events))

    def fill_in(self, _: int) -> None:
        """The backfill of the Kubernetes pattern: outcomes for all orders that are still PLACED."""
        placed = [
            PlacedOrder(key, placed_event(item))
            for key, item in self._world.table.items.items()
            if item["status"]["S"] == OrderStatus.PLACED
        ]
        publisher = SnsPublisher(cast("Any", self._world.topic), "arn:topic", sleep=self._world.sleep)
        self._try(lambda: backfill(placed, publisher, logger=_LOGGER))

    def redrive(self, number: int) -> None:
        """``patterns redrive``: the messages of a dead-letter queue are put back as they are."""
        sources = [queue for queue in self._world.queues.values() if queue.dead_letters is not None]
        sources[number % len(sources)].redrive()

    def erase(self, number: int) -> None:
        """``patterns erase-customer``: the address of a closed order goes, and nothing else of it changes."""
        orders = [order for order in self._world.table.all.values() if order.status is not OrderStatus.PLACED]
        if orders:
            order = orders[number % len(orders)]
            self._try(lambda: self._world.table.erase_contact(order.order_id, customer_id=order.customer_id))

    def publish_no_json(self, number: int) -> None:
        """Text on the topic matches no filter, so that the ledger alone has it to set aside."""
        body = f"not JSON {number}"
        self._world.topic.deliver(body, {})
        self._promises.poison.add(("ledger-dead-letters", body))

    def publish_placed_on_topic(self, number: int) -> None:
        """An OrderPlaced has no business on the topic; its attributes may say what they like."""
        event = self._event(number, {EventType.ORDER_PLACED})
        if event is not None:
            body = event_to_body(event)
            self._world.topic.deliver(body, attributes_of(event))
            self._promises.poison.add(("ledger-dead-letters", body))

    def publish_no_event(self, number: int) -> None:
        """An entry on the bus whose detail is no event goes by its detail type."""
        document = {"id": f"no event {number}"}
        self._put("OrderPlaced", document)
        self._promises.poison.add(("fulfilment-dead-letters", self._world.queues["fulfilment"].sent[-1]))

    def publish_under_other_type(self, number: int) -> None:
        """An outcome under the detail type of a placing goes to both queues: one takes it, the other sets it aside."""
        event = self._event(number, {EventType.ORDER_FULFILLED, EventType.ORDER_REJECTED})
        if event is not None:
            self._put("OrderPlaced", encode_event(event))
            self._promises.poison.add(("fulfilment-dead-letters", self._world.queues["fulfilment"].sent[-1]))

    def forge(self, number: int) -> None:
        """Another event under the id of one that all receivers know is a dead letter of each that remembers ids."""
        event = self._event(number, {EventType.ORDER_FULFILLED})
        world = self._world
        if event is None or len(self._promises.forged | {event.id}) > _MOST_FORGED:
            return
        if not (event.id in world.ledger.entries and event.id in world.partner.done):
            return
        if (event.order_id, event.id) not in world.claims.claimed_until:
            return
        line = OrderLine("GIFT-BOX-S", 1 + number, 350)
        forged = replace(event, data=replace(event.data, lines=(line,), total=line.amount))
        body = event_to_body(forged)
        world.topic.deliver(body, attributes_of(forged))
        self._promises.forged.add(event.id)
        self._promises.poison |= {(f"{name}-dead-letters", body) for name in ("ledger", "partner", "notify")}

    def _event(self, number: int, types: set[EventType]) -> Event | None:
        """Return an event that was published honestly, None while there is none of these types."""
        documents = [next(iter(contents.values())) for contents in self._world.events.values()]
        events = [document for document in documents if document.get("type") in types]
        return decode_event(events[number % len(events)]) if events else None

    def _put(self, detail_type: str, detail: Mapping[str, Any]) -> None:
        self._world.bus.deliver({"Source": SOURCE, "DetailType": detail_type, "Detail": json.dumps(detail)})

    def _try(self, chore: Callable[[], object]) -> None:
        """Do it once; what the operator is told has failed is theirs to repeat."""
        try:
            chore()
        except TemporarilyUnavailable:
            return
