"""Putting dead letters back by SQS's own move: a task that SQS runs by itself, once it is started.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
The destination is always named: a message that its consumer put into the dead-letter queue has no original source that
SQS could know. Attributes stay as they are, also those that tell of the failure.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from patterns_cli.queues.interrupts import Interrupts
from patterns_cli.queues.outcome import INTERRUPTED, Outcome
from patterns_cli.queues.queue import Queue
from patterns_deploy.place import AwsClient
from patterns_shared.adapters.client_errors import error_code

__all__ = ["MAX_RATE", "MoveTask", "NoMoveTasks", "expressible"]

MAX_RATE = 500
"""Messages per second, the most that a task can be told."""

_NO_SUCH_ACTION = frozenset({"InvalidAction", "UnknownOperationException"})
_FIRST_LOOK = 1.0
_LONGEST_LOOK = 10.0
_UNSEEN_LOOKS = 30
_ROUNDS = 2
_ROUGHLY = 1000


class NoMoveTasks(Exception):
    """This place has no such API; the local platform has not."""


def expressible(rate: float | None) -> bool:
    """Whether a task can be told this rate."""
    return rate is None or (rate.is_integer() and rate <= MAX_RATE)


@dataclass(slots=True)
class MoveTask:
    """Starts a task and follows it to its end; an interrupt cancels it, and what was moved stays moved."""

    sqs: AwsClient
    letters: Queue
    destination: Queue
    rate: float | None
    interrupts: Interrupts
    progress: Callable[[int], None]

    def run(self, outcome: Outcome) -> None:
        """Move all messages, and count them as SQS does: roughly, while it runs.

        Raises:
            NoMoveTasks: nothing was started.
        """
        try:
            before = self._newest()
            if before and before["Status"] == "RUNNING":
                moved, handle = before.get("ApproximateNumberOfMessagesMoved", 0), before["TaskHandle"]
                outcome.stopped = f"a move is running already ({moved} moved so far, task handle {handle})"
                return
            handle = self._start()
        except ClientError as error:
            if error_code(error) in _NO_SUCH_ACTION:
                raise NoMoveTasks from error
            outcome.stopped = _one_line(error)
            return
        try:
            self._follow(handle, before, outcome)
        except (BotoCoreError, ClientError) as error:
            outcome.stopped = f"cannot see how the move goes on, and SQS continues it: {_one_line(error)}"
            outcome.notes.append(f"to cancel it: aws sqs cancel-message-move-task --task-handle {handle}")

    def _newest(self) -> dict[str, Any] | None:
        tasks = self.sqs.list_message_move_tasks(SourceArn=self.letters.arn, MaxResults=1).get("Results", ())
        return tasks[0] if tasks else None

    def _start(self) -> str:
        rate = {} if self.rate is None else {"MaxNumberOfMessagesPerSecond": int(self.rate)}
        started = self.sqs.start_message_move_task(
            SourceArn=self.letters.arn, DestinationArn=self.destination.arn, **rate
        )
        return str(started["TaskHandle"])

    def _follow(self, handle: str, before: dict[str, Any] | None, outcome: Outcome) -> None:
        """Look until the task has ended: it is the newest, once that is another than ``before``."""
        look, unseen = _FIRST_LOOK, 0
        while not self.interrupts.requested:
            self.interrupts.pause(look)
            look = min(look * 1.5, _LONGEST_LOOK)
            task = self._newest()
            if task is None or (before and task["StartedTimestamp"] == before["StartedTimestamp"]):
                unseen += 1
                if unseen == _UNSEEN_LOOKS:
                    outcome.stopped = "SQS does not list the move that it has started; look later"
                    return
                continue
            outcome.moved = int(task.get("ApproximateNumberOfMessagesMoved") or 0)
            # At least as many as there were: whether SQS counts the hidden ones here is not documented.
            outcome.found = max(outcome.found, int(task.get("ApproximateNumberOfMessagesToMove") or 0))
            outcome.due = outcome.found
            self.progress(outcome.moved)
            if _ended(task, outcome):
                return
            if outcome.moved > _ROUNDS * outcome.found + _ROUGHLY:
                self._cancel(handle, outcome)
                outcome.stopped = "its consumer fails them again and they come round; fix the cause first"
                return
        self._cancel(handle, outcome)
        outcome.stopped = INTERRUPTED

    def _cancel(self, handle: str, outcome: Outcome) -> None:
        try:
            cancelled = self.sqs.cancel_message_move_task(TaskHandle=handle)
        except self.sqs.exceptions.ResourceNotFoundException:
            return  # it has just ended by itself
        outcome.moved = max(outcome.moved, int(cancelled.get("ApproximateNumberOfMessagesMoved") or 0))


def _ended(task: dict[str, Any], outcome: Outcome) -> bool:
    """Whether the task is over; a bad end is noted."""
    status = task["Status"]
    if status == "FAILED":
        outcome.stopped = f"SQS gave up: {task.get('FailureReason') or 'it does not say why'}"
    elif status == "CANCELLED":
        outcome.stopped = "the move was cancelled"
    return status in {"COMPLETED", "FAILED", "CANCELLED"}


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
