"""Publishing a stream of events by several workers, with constant memory, and telling what became of each line."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from botocore.exceptions import BotoCoreError, ClientError

from patterns_cli.publishing.event_lines import EventLine
from patterns_cli.queues.interrupts import Interrupts
from patterns_cli.text_lines import BadLine
from patterns_shared.domain.errors import TemporarilyUnavailable
from patterns_shared.ports import EventPublisher, PublishFailure

__all__ = ["WORKERS", "Publication", "Tally"]

WORKERS = 4
"""Calls at once. A standard topic promises no order, so that nothing is lost by it."""

_GROUP = 10
_AHEAD = 2
_GIVE_UP = 5


@dataclass(slots=True)
class Tally:
    """What became of the lines.

    Attributes:
        published: events that the topic has.
        bad: lines that are no event.
        failed: events that the topic does not have, or perhaps not.
        through: up to this line everything was tried.
        stopped: why it ended early, empty when it came to its end.
        interrupted: whether somebody wanted it so.
    """

    published: int = 0
    bad: int = 0
    failed: int = 0
    through: int = 0
    stopped: str = ""
    interrupted: bool = False

    @property
    def complete(self) -> bool:
        """Whether every line was published."""
        return not (self.bad or self.failed or self.stopped or self.interrupted)

    def lines(self) -> list[str]:
        """Return what a person should read about it, the counts last."""
        told = [f"stopped early: {self.stopped}"] if self.stopped else []
        if self.stopped or self.interrupted:
            told.append(f"lines up to {self.through} were tried; go on with line {self.through + 1}")
        return [*told, f"{self.published} published, {self.bad} bad lines, {self.failed} not published"]


@dataclass(slots=True)
class Publication:
    """Publishes events in groups, some groups at once; what became of them is told in their order.

    Attributes:
        publisher: takes a group; called by several threads.
        interrupts: who may ask for an early end.
        say: is told of each line that was not published, never its content.
        progress: is told how many events were published.
        workers: how many groups at once.
    """

    publisher: EventPublisher
    interrupts: Interrupts
    say: Callable[[str], None]
    progress: Callable[[int], None]
    workers: int = WORKERS
    _under_way: deque[tuple[Sequence[EventLine], "Future[Sequence[PublishFailure]]"]] = field(default_factory=deque)
    _in_vain: int = 0

    def run(self, lines: Iterator[EventLine | BadLine]) -> Tally:
        """Publish until the lines end, somebody interrupts, or nothing gets through any more."""
        tally = Tally()
        with ThreadPoolExecutor(self.workers) as pool:
            for group in self._groups(lines, tally):
                self._under_way.append((group, pool.submit(self.publisher.publish, [line.event for line in group])))
                if len(self._under_way) >= _AHEAD * self.workers:
                    self._settle(tally)
                if tally.stopped:
                    break
            while self._under_way:
                self._settle(tally)
        return tally

    def _groups(self, lines: Iterator[EventLine | BadLine], tally: Tally) -> Iterator[list[EventLine]]:
        """Yield groups of good lines; tell of the bad ones. No id is twice in a group: a failure names nothing else."""
        group: dict[str, EventLine] = {}
        while line := self._next(lines, tally):
            if isinstance(line, BadLine):
                tally.bad += 1
                self.say(str(line))
                continue
            if len(group) == _GROUP or line.event.id in group:
                yield list(group.values())
                group = {}
            group[line.event.id] = line
        if group and not tally.interrupted:
            yield list(group.values())

    def _next(self, lines: Iterator[EventLine | BadLine], tally: Tally) -> EventLine | BadLine | None:
        try:
            with self.interrupts.harmless():
                return next(lines, None)
        except KeyboardInterrupt:
            tally.interrupted = True
            return None

    def _settle(self, tally: Tally) -> None:
        """Wait for the oldest group and tell what became of it."""
        group, publishing = self._under_way.popleft()
        try:
            failures = publishing.result()
        except TemporarilyUnavailable as error:
            failures = [PublishFailure(line.event.id, f"may not have arrived: {error}") for line in group]
        except (BotoCoreError, ClientError) as error:
            # Not a matter of time: the topic is gone, or not ours.
            tally.stopped = " ".join(str(error).split())
            failures = [PublishFailure(line.event.id, "the topic takes nothing from us") for line in group]
        numbers = {line.event.id: line.number for line in group}
        for failure in failures:
            self.say(f"line {numbers[failure.event_id]}: event {failure.event_id} was not published: {failure.reason}")
        tally.failed += len(failures)
        tally.published += len(group) - len(failures)
        tally.through = group[-1].number
        self.progress(tally.published)
        self._in_vain = 0 if len(failures) < len(group) else self._in_vain + 1
        if self._in_vain == _GIVE_UP and not tally.stopped:
            tally.stopped = "nothing gets through any more"
