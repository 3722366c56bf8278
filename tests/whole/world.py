"""The four patterns in one process: their own use cases and adapters over tables, queues, topic and bus in memory.

What is wired here is what the members' ``bootstrap`` modules wire. Queues and subscriptions have the figures of
``receivers.json``, the rules those of the stacks.
"""

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import cache
from typing import Any, cast

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import Metrics
from tests.whole.buses import Bus, Rule, Subscription, Topic
from tests.whole.faults import Faults
from tests.whole.orders_table import StreamedOrders
from tests.whole.ports import ExactPartner, FaultyCircuit, FaultyClaims, FaultyLedger, FaultyMailer, FaultyNotices
from tests.whole.queues import Queue, QueueClient
from tests.whole.workers import Function, Worker

from patterns_async.application.books import book
from patterns_async.application.breaker import Breaker
from patterns_async.application.circuit import CircuitPolicy
from patterns_async.application.delivery import Delivery, RetryPolicy
from patterns_async.application.notifications import Notifications
from patterns_async.application.operator_notices import notify_operators
from patterns_async.application.outcomes import forward
from patterns_async.testing import InMemorySuppressions
from patterns_infra.receivers import Receiver as Declared
from patterns_infra.receivers import read_receivers
from patterns_shared.adapters.event_messages import event_from_delivery
from patterns_shared.adapters.event_receiver import HandleEvents, one_at_a_time
from patterns_shared.adapters.eventbridge import EventBridgePublisher
from patterns_shared.testing import FrozenClock, SequentialOrderIds
from patterns_web_api.adapters.dead_letters import RelayDeadLetters
from patterns_web_api.adapters.stream_records import changes_from_records
from patterns_web_api.application.cursors import Cursors
from patterns_web_api.application.orders import Orders
from patterns_web_api.application.outcomes import Outcomes
from patterns_web_api.application.relay import Relay

__all__ = ["SOURCE", "World"]

SOURCE = "patterns.test"
_TIME_OF_BATCH = 60.0
_LOGGER = Logger(service="whole", level=logging.CRITICAL)

receivers: "Callable[[], Mapping[str, Declared]]" = cache(read_receivers)


class _NoMetrics(Metrics):
    """Metrics that are not read."""

    def add_metric(self, *_: Any, **__: Any) -> None:  # noqa: ANN401 - Powertools' own
        """Count nothing."""

    def flush_metrics(self, *_: Any, **__: Any) -> None:  # noqa: ANN401 - as above
        """Write nothing."""


_METRICS = _NoMetrics(namespace="Patterns", service="whole")


class World:
    """The shop, its clock and what may befall it; ``turns`` are what runs by itself, by name."""

    def __init__(self, *, by_attributes: bool = False) -> None:
        """Start with nothing placed; ``by_attributes`` has subscriptions filter by attributes instead of the body."""
        self.clock = FrozenClock()
        self.faults = Faults()
        self.events: dict[str, dict[str, Mapping[str, Any]]] = {}
        self.queues: dict[str, Queue] = {}
        self.client = QueueClient(lambda name: self.queues[name], self.faults, self.clock)
        self.mails_again: Counter[tuple[str, str]] = Counter()
        self.table = StreamedOrders(self.faults, self.clock)
        self.ledger = FaultyLedger(self.faults)
        self.partner = ExactPartner(self.faults)
        self.claims = FaultyClaims(self.faults, self.mails_again)
        self.mailer = FaultyMailer(self.faults, self.mails_again)
        self.notices = FaultyNotices(self.faults)
        self.bus = Bus(self.faults, self._publishes)
        self.topic = Topic(self.faults, self._publishes)
        self.turns: dict[str, Callable[[int], None]] = {}
        self.orders = Orders(
            self.table,
            new_order_id=SequentialOrderIds(),
            now=self.clock,
            cursors=Cursors(lambda: b"a key of the tests"),
        )
        self._web_api()
        self._kubernetes()
        self._async(by_attributes=by_attributes)

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.clock.advance(timedelta(seconds=seconds))

    def turn(self, name: str, *, size: int = 10) -> None:
        """Let one of those that run by themselves take a turn, with up to so many messages."""
        self.turns[name](size)

    def concurrent_turn(self, name: str, *, size: int = 10) -> None:
        """Let another of them take a turn while the first is in the middle of its own, with the same messages."""
        if name in self.queues:
            self.queues[name].show(self.client.now)
        self.turn(name, size=size)

    def ready(self) -> list[str]:
        """Return the names of those for whom there is work now."""
        shards = [f"relay {number}" for number, shard in enumerate(self.table.shards) if not shard.is_drained]
        times = {name: queue.next_visible() for name, queue in self.queues.items() if name in self.turns}
        return shards + [name for name, time in times.items() if time is not None and time <= self.client.now]

    def dead_letters(self) -> list[tuple[str, str]]:
        """Return the queue and the body of each dead letter."""
        return [
            (name, body) for name, queue in self.queues.items() if queue.dead_letters is None for body in queue.bodies
        ]

    def publisher(self) -> EventBridgePublisher:
        """Return a publisher on the bus, as relay and outcome function have it."""
        return EventBridgePublisher(cast("Any", self.bus), SOURCE, sleep=self.sleep)

    def _publishes(self, text: str, document: Mapping[str, Any]) -> None:
        """Keep each content of each event that was ever put on bus or topic: byte for byte, as it was published."""
        self.events.setdefault(str(document.get("id")), {})[text] = document

    def _web_api(self) -> None:
        letters = RelayDeadLetters(cast("Any", self.client), self._dead_letters("relay-dead-letters").name)
        relay = Relay(self.publisher(), letters, logger=_LOGGER, metrics=_METRICS)
        for number, shard in enumerate(self.table.shards):
            self.turns[f"relay {number}"] = lambda size, shard=shard: shard.consume(  # type: ignore[misc]
                lambda records: relay.relay(changes_from_records(records)), size
            )
        inbox = self._queue("inbox", visibility=180, max_receives=300)
        self.bus.rules.append(Rule(frozenset({"OrderFulfilled", "OrderRejected"}), inbox))
        outcomes = one_at_a_time(Outcomes(self.table).record)
        self._function(inbox, outcomes, read=event_from_delivery)

    def _kubernetes(self) -> None:
        fulfilment = self._queue("fulfilment", visibility=60, max_receives=300)
        self.bus.rules.append(Rule(frozenset({"OrderPlaced", "OrderCancelled"}), fulfilment))
        self.worker = Worker(fulfilment, client=self.client, topic=self.topic, sleep=self.sleep, logger=_LOGGER)
        self.turns["fulfilment"] = self.worker.turn

    def _async(self, *, by_attributes: bool) -> None:
        delivery = Delivery(
            self.partner,
            Breaker(FaultyCircuit(self.faults), CircuitPolicy(), now=lambda: self.client.now, spread=lambda _: 0.0),
            RetryPolicy(),
            sleep=self.sleep,
            jitter=lambda most: most,
        )
        notifications = Notifications(self.claims, self.mailer, InMemorySuppressions(), now=self.clock)
        publisher = self.publisher()
        started = [0.0]

        def deliver(events: Sequence[Any]) -> Mapping[str, str | Exception]:
            started[0] = self.client.now
            left = lambda: _TIME_OF_BATCH - (self.client.now - started[0])  # noqa: E731
            return one_at_a_time(lambda event: delivery.deliver(event, left))(events)

        handlers: dict[str, HandleEvents] = {
            "ledger": lambda events: book(events, self.ledger),
            "partner": deliver,
            "notify": one_at_a_time(notifications.notify),
            "outcome": lambda events: forward(events, publisher),
            "operators": one_at_a_time(lambda event: notify_operators(event, self.notices)),
        }
        for name, declared in receivers().items():
            shape = declared.queue
            queue = self._queue(name, visibility=shape.visibility_timeout_seconds, max_receives=shape.max_receive_count)
            self.topic.subscriptions.append(Subscription(declared.filter_policy, queue, by_attributes=by_attributes))
            self._function(queue, handlers[name], most=declared.batch.size)

    def _function(self, queue: Queue, handle: HandleEvents, **wiring: Any) -> None:  # noqa: ANN401 - Function's own
        self.turns[queue.name] = Function(queue, handle, client=self.client, logger=_LOGGER, **wiring).turn

    def _queue(self, name: str, *, visibility: int, max_receives: int) -> Queue:
        queue = Queue(name, visibility, max_receives, self._dead_letters(f"{name}-dead-letters"))
        self.queues[name] = queue
        return queue

    def _dead_letters(self, name: str) -> Queue:
        self.queues[name] = Queue(name)
        return self.queues[name]
