"""One redrive from its beginning to its end: by SQS's own move where that can do what is asked, else by copying."""

from collections.abc import Callable
from dataclasses import dataclass

from patterns_cli.queues.copying import Choose, CopyLoop, sent_before_now
from patterns_cli.queues.interrupts import Interrupts
from patterns_cli.queues.mending import MendedLetters
from patterns_cli.queues.move_task import MoveTask, NoMoveTasks, expressible
from patterns_cli.queues.outcome import Outcome
from patterns_cli.queues.pace import Pace
from patterns_cli.queues.peeking import MOST_PEEKED, peek
from patterns_cli.queues.queue import Queue
from patterns_cli.queues.shortfall import explain_shortfall
from patterns_deploy.place import AwsClient

__all__ = ["Redrive", "find_mended"]


def find_mended(sqs: AwsClient, letters: Queue, mended: MendedLetters) -> Outcome:
    """Look which of the repaired messages are there, without moving them."""
    for letter in peek(sqs, letters, most=MOST_PEEKED):
        mended(letter)
    return _told_what_is_missing(Outcome(found=0), mended)


@dataclass(frozen=True, slots=True)
class Redrive:
    """Moves dead letters.

    Attributes:
        sqs: a client.
        letters: the dead-letter queue.
        destination: where its messages go.
        rate: messages per second, as fast as possible without.
        interrupts: requests for an early end.
        progress: called with the number of messages that are done.
        settle_seconds: how long SQS's counts may be wrong here.
    """

    sqs: AwsClient
    letters: Queue
    destination: Queue
    rate: float | None
    interrupts: Interrupts
    progress: Callable[[int], None]
    settle_seconds: float = 0.0

    def move_all(self) -> Outcome:
        """Move everything that is there now."""
        if not expressible(self.rate):
            return self.move_some(None)
        outcome = self._begin(None)
        task = MoveTask(self.sqs, self.letters, self.destination, self.rate, self.interrupts, self.progress)
        try:
            task.run(outcome)
        except NoMoveTasks:
            return self.move_some(None)
        return self._end(outcome)

    def move_some(self, most: int | None) -> Outcome:
        """Move at most so many of those that are there now; SQS's own move takes no number."""
        outcome = self._begin(most)
        self._copy(sent_before_now(self.sqs, self.letters, self.interrupts), outcome, most)
        if outcome.passed_over:
            outcome.notes.append(f"{outcome.passed_over} came while this ran and were left: is the cause fixed?")
        return self._end(outcome)

    def move_mended(self, mended: MendedLetters) -> Outcome:
        """Move exactly the repaired messages."""
        outcome = Outcome(found=0)
        self._copy(mended, outcome, len(mended.by_id))
        return _told_what_is_missing(outcome, mended)

    def _begin(self, most: int | None) -> Outcome:
        found = self.letters.held
        return Outcome(found=found, due=found if most is None else min(found, most))

    def _end(self, outcome: Outcome) -> Outcome:
        if outcome.short:
            explain_shortfall(self.sqs, self.letters, outcome, self.interrupts, settle_seconds=self.settle_seconds)
        outcome.found = max(outcome.found, outcome.tried)
        return outcome

    def _copy(self, choose: Choose, outcome: Outcome, most: int | None) -> None:
        pace = Pace(self.rate, self.interrupts)
        loop = CopyLoop(self.sqs, self.letters, self.destination, choose, pace, self.interrupts, self.progress)
        loop.run(outcome, limit=most)


def _told_what_is_missing(outcome: Outcome, mended: MendedLetters) -> Outcome:
    outcome.found = len(mended.seen)
    missing = mended.missing()
    if missing and outcome.stopped:
        outcome.notes.append(f"{len(missing)} messages of the file were not reached")
    elif missing:
        outcome.notes += [f"line {x.line}: message {x.message_id} is not in the dead-letter queue" for x in missing]
        outcome.missing = len(missing)
    return outcome
