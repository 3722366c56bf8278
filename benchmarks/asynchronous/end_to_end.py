"""From publish to ledger on the local platform: ours, and Powertools' way with the same wiring, in turns.

A platform of our own, whose topic feeds only the route that is being measured: partner, mail and event bus would be
measured else. Each turn begins with a few events that are not counted, so that functions have started.
"""

import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

from benchmarks.asynchronous.accounts import call_durations
from benchmarks.asynchronous.crossing import Books, Crossing, cross, publish_alone
from benchmarks.asynchronous.requests_alone import requests_of_a_call
from benchmarks.asynchronous.routes import Route, like, make_queue, ours
from benchmarks.results import Result, compared, compared_in_turns, counted
from patterns_deploy.folder import LocalFolder
from patterns_local.platform import Platform
from patterns_shared.domain.events import Event
from patterns_shared.testing.order_events import events_of_orders

__all__ = ["measure", "own_platform"]

BENCHMARK = "async-end-to-end"
EVENTS = 10_000
FEW, MANY = 1_000, 50_000
STARTING = 500
"""Events before each turn that are not counted."""
BATCH = 10
"""Messages that the platform hands to a function at once, whatever more the mapping allows."""
AT_LEAST, OF_IDLE = 3.0, 0.8
"""Times Powertools' speed, and that of a function that books nothing."""
GROWTH = 1.25
"""Times the cost of an event that one of very many may have: noise, and nothing that grows."""
_seeds = count(1)


@dataclass(slots=True)
class _Subject:
    """A route with its books and its crossings.

    Attributes:
        name: what the progress calls it.
        first: seconds until the very first event was booked, by a function that had not been started.
        calls: milliseconds of each call of the function, crossing by crossing.
    """

    name: str
    route: Route
    books: Books = field(default_factory=Books)
    first: float = 0.0
    crossings: list[Crossing] = field(default_factory=list)
    calls: list[list[float]] = field(default_factory=list)

    def start(self) -> None:
        """Let the first event cross."""
        self.first = self.cross(1).seconds

    def cross(self, events: int) -> Crossing:
        """Let so many events cross, and pass the figures on."""
        crossing = cross(self.route, _events(events), self.books)
        print(f"  {self.name}: {events:,} events in {crossing.seconds:.1f} s", file=sys.stderr, flush=True)
        return crossing

    def take_turn(self) -> None:
        """Let the events cross that count."""
        self.cross(STARTING)
        crossing = self.cross(EVENTS)
        self.crossings.append(crossing)
        self.calls.append(call_durations(self.route, since=crossing.began))

    @property
    def speeds(self) -> list[float]:
        """Events a second, crossing by crossing."""
        return [crossing.speed for crossing in self.crossings]

    def per_event(self, seconds: Callable[[Crossing], float]) -> float:
        """Return the median of something's milliseconds an event."""
        return statistics.median(seconds(crossing) * 1000 / crossing.events for crossing in self.crossings)


def measure(rounds: int) -> list[Result]:
    """Let ours, Powertools' and an idle function take turns; then fewer and more events cross, by ours alone."""
    with own_platform() as platform:
        model = ours(platform)
        mine = _Subject("ours", model)
        powertools = _Subject("Powertools", like(model, "powertools", "ledger_powertools", libraries=True))
        idle = _Subject("idle", like(model, "idle", "ledger_idle", libraries=False))
        subjects = (mine, powertools, idle)
        for subject in subjects:
            subject.start()
        for _ in range(rounds):
            for subject in subjects:
                subject.take_turn()
        few = statistics.median(mine.cross(FEW).speed for _ in range(rounds))
        many = mine.cross(MANY)
        return [*_speeds(mine, powertools, idle), *_growth(mine, few, many), *_parts(mine, powertools, model)]


@contextmanager
def own_platform() -> Iterator[Platform]:
    """Start a platform with the pattern, separate from the user's own, and end it."""
    with (
        tempfile.TemporaryDirectory(prefix="patterns-bench-") as folder,
        Platform.start(["async"], folder=LocalFolder(Path(folder))) as platform,
    ):
        yield platform


def _speeds(mine: _Subject, powertools: _Subject, idle: _Subject) -> Iterator[Result]:
    name = f"{EVENTS:,} events, from publish to ledger: Powertools BatchProcessor"
    yield compared_in_turns(BENCHMARK, name, mine.speeds, powertools.speeds, "events/s", at_least=AT_LEAST)
    name = f"{EVENTS:,} events: a function that books nothing"
    yield compared_in_turns(BENCHMARK, name, mine.speeds, idle.speeds, "events/s", at_least=OF_IDLE)


def _growth(mine: _Subject, few: float, many: Crossing) -> Iterator[Result]:
    for events, speed in ((FEW, few), (EVENTS, statistics.median(mine.speeds)), (MANY, many.speed)):
        yield counted(BENCHMARK, f"{events:,} events", speed, "events/s")
    growth = many.spent.all / many.events * 1000 / mine.per_event(lambda crossing: crossing.spent.all)
    name = f"processor time of an event, at {MANY:,} relative to {EVENTS:,}"
    yield counted(BENCHMARK, name, growth, "times", at_most=GROWTH)


def _parts(mine: _Subject, powertools: _Subject, model: Route) -> Iterator[Result]:
    """Where the time of the crossings of ``EVENTS`` went."""

    def row(name: str, figure: Callable[[_Subject], float], unit: str) -> Result:
        return compared(BENCHMARK, name, figure(mine), figure(powertools), unit)

    yield row("processor time of the functions", lambda x: x.per_event(lambda c: c.spent.all_functions), "ms/event")
    yield row("processor time of the emulator", lambda x: x.per_event(lambda c: c.spent.emulator), "ms/event")
    yield row(
        "processor time of publishing and looking", lambda x: x.per_event(lambda c: c.spent.publishers), "ms/event"
    )
    yield row("calls of the function", lambda x: statistics.median(map(len, x.calls)), "calls")
    yield row("one call", lambda x: statistics.median(call for calls in x.calls for call in calls), "ms")
    alone = requests_of_a_call(model, _events(BATCH * 30), size=BATCH)
    yield compared(BENCHMARK, f"DynamoDB's part of a call with {BATCH} messages, when nothing else runs", *alone, "ms")
    yield row("the first event, by a function that has to be started", lambda x: x.first, "s")
    spare = replace(model, queue_url=make_queue(model, "spare"), function="", table="")
    publishing = publish_alone(spare, _events(FEW))
    yield counted(BENCHMARK, "publishing alone, to a queue without a consumer", publishing, "events/s")


def _events(number: int) -> Sequence[Event]:
    """Return so many new events."""
    return events_of_orders(seed=next(_seeds), orders=number)[:number]
