"""Publishing a stream of events: what becomes of each line, and how much is held at once."""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import pytest
from botocore.exceptions import ClientError

from patterns_cli.publishing.event_lines import EventLine
from patterns_cli.publishing.publication import Publication, Tally
from patterns_cli.queues.interrupts import Interrupts
from patterns_cli.text_lines import BadLine
from patterns_shared.domain.errors import TemporarilyUnavailable
from patterns_shared.domain.events import Event
from patterns_shared.ports import PublishFailure
from patterns_shared.testing import make_event

EVENT = make_event()


class Topic:
    """A publisher that refuses what a test says."""

    def __init__(self, answer: Callable[[Sequence[str]], Sequence[PublishFailure]] = lambda _: ()) -> None:
        """Answer a group's ids so."""
        self.groups: list[list[str]] = []
        self._answer = answer
        self._lock = threading.Lock()

    def publish(self, events: Sequence[Event]) -> Sequence[PublishFailure]:
        """Take a group."""
        ids = [event.id for event in events]
        with self._lock:
            self.groups.append(ids)
        return self._answer(ids)


def lines(*ids: str, first: int = 1) -> Iterator[EventLine | BadLine]:
    """Yield lines of events with these ids; an empty one is a bad line."""
    for number, event_id in enumerate(ids, first):
        yield EventLine(number, replace(EVENT, id=event_id)) if event_id else BadLine(number, "is not JSON")


def run(
    topic: Topic, read: Iterator[EventLine | BadLine], *, workers: int = 4, interrupts: Interrupts | None = None
) -> tuple[Tally, list[str]]:
    """Publish; what became of the lines, and what was said."""
    said: list[str] = []
    tally = Publication(topic, interrupts or Interrupts(), said.append, lambda _: None, workers).run(read)
    return tally, said


@pytest.mark.parametrize("workers", [1, 4])
@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 100, 101, 995])
def test_every_event_once_in_groups_of_ten(count: int, workers: int) -> None:
    """Whoever publishes them; with one worker in their order."""
    topic = Topic()
    ids = [f"e{n}" for n in range(count)]
    tally, said = run(topic, lines(*ids), workers=workers)
    assert (tally, said) == (Tally(published=count, through=count), [])
    assert tally.complete
    taken = [event_id for group in topic.groups for event_id in group]
    assert (taken if workers == 1 else sorted(taken, key=lambda x: int(x[1:]))) == ids
    assert {len(group) for group in topic.groups[:-1]} <= {10} if workers == 1 else True


def test_bad_lines_are_told_and_the_good_ones_go() -> None:
    """Each with its number."""
    tally, said = run(Topic(), lines("a", "", "b", "", "c"))
    assert said == ["line 2: is not JSON", "line 4: is not JSON"]
    assert (tally.published, tally.bad, tally.failed, tally.complete) == (3, 2, 0, False)
    assert tally.lines() == ["3 published, 2 bad lines, 0 not published"]


def test_what_the_topic_refuses_is_told_by_id_and_line() -> None:
    """In the lines' order, though four groups are under way; an event that is there twice is known by its line."""

    def answer(ids: Sequence[str]) -> list[PublishFailure]:
        return [PublishFailure(x, "InvalidParameter", retryable=False) for x in ids if x in {"e5", "e23", "twice"}]

    ids = [f"e{n}" for n in range(40)]
    ids[10], ids[11] = "twice", "twice"
    topic = Topic(answer)
    tally, said = run(topic, lines(*ids, first=100))
    assert said == [
        f"line {number}: event {event_id} was not published: InvalidParameter"
        for number, event_id in ((105, "e5"), (110, "twice"), (111, "twice"), (123, "e23"))
    ]
    assert (tally.published, tally.failed, tally.through, tally.stopped) == (36, 4, 139, "")
    assert all(len(group) == len(set(group)) for group in topic.groups)


def test_a_topic_that_is_away_for_a_moment_costs_one_group() -> None:
    """Nobody knows whether it arrived, and that is said."""

    def answer(ids: Sequence[str]) -> Sequence[PublishFailure]:
        if "e10" in ids:
            raise TemporarilyUnavailable("topic")
        return ()

    tally, said = run(Topic(answer), lines(*(f"e{n}" for n in range(50))))
    assert len(said) == 10
    assert said[0] == "line 11: event e10 was not published: may not have arrived: topic is temporarily unavailable"
    assert (tally.published, tally.failed, tally.stopped) == (40, 10, "")


@pytest.mark.parametrize("wholly", [True, False])
def test_when_nothing_gets_through_it_stops(wholly: bool) -> None:  # noqa: FBT001 - a case
    """After five groups in a row; it says where to go on."""

    def answer(ids: Sequence[str]) -> Sequence[PublishFailure]:
        return [PublishFailure(x, "Throttled") for x in ids[0 if wholly else 1 :]]

    tally, said = run(Topic(answer), lines(*(f"e{n}" for n in range(1000))), workers=1)
    if not wholly:
        assert (tally.published, tally.failed, tally.stopped) == (100, 900, "")
        return
    assert tally.stopped == "nothing gets through any more"
    assert tally.failed == len(said) == tally.through
    assert 50 <= tally.failed <= 70, "what was under way is waited for"
    assert tally.lines()[1] == f"lines up to {tally.through} were tried; go on with line {tally.through + 1}"


def test_a_topic_that_is_not_ours_stops_it_at_once() -> None:
    """In AWS's words."""

    def answer(_: Sequence[str]) -> Sequence[PublishFailure]:
        raise ClientError({"Error": {"Code": "AuthorizationError", "Message": "no"}}, "PublishBatch")

    tally, said = run(Topic(answer), lines(*(f"e{n}" for n in range(1000))), workers=1)
    assert "AuthorizationError" in tally.stopped
    assert 10 <= tally.failed == len(said) <= 30
    assert said[0] == "line 1: event e0 was not published: the topic takes nothing from us"
    assert not tally.complete


def test_a_bug_is_not_hidden() -> None:
    """It is no failure of a line."""

    def answer(_: Sequence[str]) -> Sequence[PublishFailure]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(Topic(answer), lines("a"))


def test_an_interrupt_waits_for_what_is_under_way_and_says_how_far_it_came() -> None:
    """Groups are whole; what was read and not sent is not counted as tried."""
    interrupts = Interrupts()

    def read() -> Iterator[EventLine | BadLine]:
        yield from lines(*(f"e{n}" for n in range(25)))
        interrupts._requested.set()
        yield from lines("never", first=26)

    topic = Topic()
    tally, _ = run(topic, read(), interrupts=interrupts)
    assert (tally.published, tally.through, tally.interrupted, tally.complete) == (20, 20, True, False)
    assert tally.lines() == [
        "lines up to 20 were tried; go on with line 21",
        "20 published, 0 bad lines, 0 not published",
    ]


def test_a_million_lines_are_not_held() -> None:
    """While the topic takes nothing, no more is read than the workers need next."""
    read = 0
    taken = threading.Event()

    def answer(_: Sequence[str]) -> Sequence[PublishFailure]:
        taken.wait(20)
        return ()

    def source() -> Iterator[EventLine | BadLine]:
        nonlocal read
        for line in lines(*(f"e{n}" for n in range(3000))):
            read += 1
            yield line

    tallies: list[Tally] = []
    thread = threading.Thread(target=lambda: tallies.append(run(Topic(answer), source())[0]))
    thread.start()
    before = -1
    while read != before:
        before = read
        thread.join(0.2)
    assert 80 <= read <= 81
    taken.set()
    thread.join()
    assert tallies == [Tally(published=3000, through=3000)]
