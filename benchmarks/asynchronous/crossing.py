"""One crossing: events are published, and it ends when the ledger holds exactly them."""

import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import TypeAlias

from benchmarks.answers import WrongAnswer
from benchmarks.asynchronous.accounts import Spent, spent
from benchmarks.asynchronous.routes import Route, subscribed
from patterns_async.application.books import entry_of
from patterns_shared.adapters.sns import SnsPublisher
from patterns_shared.domain.events import Event

__all__ = ["Books", "Crossing", "cross", "publish_alone"]

PUBLISHERS = 4
AHEAD = 1_000
"""Messages that may wait in the queue before publishers wait, too.

The platform looks at every message of a queue whenever it receives some, which AWS does not: a long queue would be
measured, and a slow function's above all.
"""
_PART = 50
"""Events that a publisher hands over at once, in calls of ten."""
_LOOK = 0.05
"""Seconds between two looks at queue and table."""
PATIENCE = 60.0
"""Seconds that a crossing may take, and one for each ten events more; after that the route is taken for stuck."""

_Parts: TypeAlias = "list[Future[None]]"


@dataclass(frozen=True, slots=True)
class Crossing:
    """What a crossing took.

    Attributes:
        events: how many.
        seconds: from the first publish until the ledger held them all.
        began: when, in milliseconds since 1970.
        spent: processor time of everybody meanwhile.
    """

    events: int
    seconds: float
    began: int
    spent: Spent

    @property
    def speed(self) -> float:
        """Events a second."""
        return self.events / self.seconds


@dataclass(slots=True)
class Books:
    """What a route's ledger must hold by now: amounts by event id."""

    amounts: dict[str, int] = field(default_factory=dict)

    def expect(self, events: Sequence[Event]) -> None:
        """Expect these events, too."""
        self.amounts |= {event.id: entry_of(event).amount for event in events}

    def compare(self, found: Mapping[str, int]) -> None:
        """Raise WrongAnswer unless these are exactly the amounts that there must be."""
        if found != self.amounts:
            held = f"{len(found)} entries that come to {sum(found.values())}"
            wanted = f"{len(self.amounts)} that come to {sum(self.amounts.values())}"
            raise WrongAnswer(f"the ledger holds {held}, not {wanted}")


def cross(route: Route, events: Sequence[Event], books: Books) -> Crossing:
    """Publish the events by several publishers at once, wait for the last entry, and compare the books.

    Raises:
        WrongAnswer: the events do not arrive, or the books are not exact.
    """
    books.expect(events)
    gate = threading.Event()
    gate.set()
    with subscribed(route), ThreadPoolExecutor(PUBLISHERS) as publishers:
        before, began, since = spent(route.platform), time.monotonic(), int(time.time() * 1000)
        parts = _publish(publishers, route, events, gate)
        try:
            _wait(route, parts, gate, books, seconds=PATIENCE + len(events) / 10)
        finally:
            gate.set()
            publishers.shutdown(cancel_futures=True)
        seconds, after = time.monotonic() - began, spent(route.platform)
    if route.table:
        books.compare(route.amounts())
    return Crossing(len(events), seconds, since, after.since(before))


def publish_alone(route: Route, events: Sequence[Event]) -> float:
    """Return the events a second that are published to a route without a consumer.

    Raises:
        WrongAnswer: not all of them are in its queue.
    """
    gate = threading.Event()
    gate.set()
    with subscribed(route), ThreadPoolExecutor(PUBLISHERS) as publishers:
        began = time.monotonic()
        _check(_publish(publishers, route, events, gate), seconds=None)
        speed = len(events) / (time.monotonic() - began)
    if route.waiting() != len(events):
        raise WrongAnswer(f"{len(events)} events were published, {route.waiting()} are in the queue")
    return speed


def _publish(publishers: ThreadPoolExecutor, route: Route, events: Sequence[Event], gate: threading.Event) -> _Parts:
    """Begin to publish; each part waits for the gate to be open."""
    publisher = SnsPublisher(route.platform.client("sns"), route.topic_arn)

    def publish(part: Sequence[Event]) -> None:
        gate.wait()
        failures = publisher.publish(part)
        if failures:
            raise WrongAnswer(f"{len(failures)} events were not published: {failures[0].reason}")

    return [publishers.submit(publish, events[start : start + _PART]) for start in range(0, len(events), _PART)]


def _check(parts: _Parts, *, seconds: float | None) -> bool:
    """Raise what a publisher raised; return whether all are done after so many seconds."""
    done, others = wait(parts, timeout=seconds)
    for part in done:
        part.result()
    return not others


def _wait(route: Route, parts: _Parts, gate: threading.Event, books: Books, *, seconds: float) -> None:
    """Hold publishers back while too much waits, until all is booked."""
    deadline = time.monotonic() + seconds
    while True:
        published, waiting = _check(parts, seconds=0), route.waiting()
        all_booked = route.entries() >= len(books.amounts) if route.table else published and not waiting
        if all_booked:
            return
        if time.monotonic() > deadline:
            raise WrongAnswer(f"{route.function} did not book {len(books.amounts)} events within {seconds:.0f} s")
        (gate.set if waiting <= AHEAD else gate.clear)()
        time.sleep(_LOOK)
