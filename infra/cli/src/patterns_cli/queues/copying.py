"""Putting dead letters back by copying, where SQS's own move cannot do it or is not there.

A message is deleted only after SQS has acknowledged its copy: whatever happens in between, it may be there twice, and
is never lost. What ends it, is up to whoever chooses the messages; `sent_before_now` is the usual choice.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from botocore.exceptions import BotoCoreError, ClientError

from patterns_cli.queues.hand import MOST_IN_HAND, Hand
from patterns_cli.queues.interrupts import Interrupts
from patterns_cli.queues.letter import Letter
from patterns_cli.queues.outcome import INTERRUPTED, Outcome
from patterns_cli.queues.pace import Pace
from patterns_cli.queues.queue import Queue
from patterns_cli.queues.sending import Copy, send_copies
from patterns_deploy.place import AwsClient

__all__ = ["Choose", "CopyLoop", "sent_before_now"]

Choose = Callable[[Letter], Copy | None]
"""Returns what is sent in place of a letter, None for one that stays."""

_VISIBILITY_SECONDS = 120
"""A group is in hand for three calls. What is in hand when this process is killed stays hidden for as long as this."""
_GROUP = 10


def sent_before_now(sqs: AwsClient, queue: Queue, interrupts: Interrupts) -> Choose:
    """Return the choice of messages that are there now, and of none that come later; takes up to a second.

    A message that its consumer fails again comes back as a dead letter while the run is still going. It was sent after
    the run began, whoever put it back: SQS keeps the time at which the copy was sent, and a consumer sends anew. So
    each message is moved once, and those that were sent before come to an end.

    The time is that of SQS, whose answers tell it in whole seconds. When this returns, the next second has begun there.
    """
    answer = sqs.get_queue_attributes(QueueUrl=queue.url, AttributeNames=["QueueArn"])
    told = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
    now = parsedate_to_datetime(told) if told else datetime.now(UTC).replace(microsecond=0)
    cut = now + timedelta(seconds=1)
    interrupts.pause(1)

    def choose(letter: Letter) -> Copy | None:
        return Copy(letter.body, letter.carried_attributes()) if letter.sent_at < cut else None

    return choose


@dataclass(slots=True)
class CopyLoop:
    """Takes letters in groups, sends the copies of those that are chosen, and deletes what was acknowledged.

    Letters that are not chosen, or not taken by the destination, are kept in hand until the end, so that they are not
    received again and again, and then given back. At most ``most_in_hand`` of them are: then the run stops.
    """

    sqs: AwsClient
    letters: Queue
    destination: Queue
    choose: Choose
    pace: Pace
    interrupts: Interrupts
    progress: Callable[[int], None]
    most_in_hand: int = MOST_IN_HAND

    def run(self, outcome: Outcome, *, limit: int | None = None) -> None:
        """Move up to ``limit`` messages, all by default, and count them; those that fail count against the limit."""
        try:
            with Hand(self.sqs, self.letters.url, visibility=_VISIBILITY_SECONDS, most=self.most_in_hand) as hand:
                self._run(hand, outcome, limit)
        except (BotoCoreError, ClientError) as error:
            outcome.stopped = " ".join(str(error).split())

    def _run(self, hand: Hand, outcome: Outcome, limit: int | None) -> None:
        while (due := _GROUP if limit is None else min(_GROUP, limit - outcome.tried)) > 0:
            group = self.pace.wait(due)
            if self.interrupts.requested:
                outcome.stopped = INTERRUPTED
                return
            letters = hand.take(group)
            if not letters:
                break
            self._move(hand, letters, outcome)
            self.progress(outcome.tried)
        if hand.full:
            outcome.stopped = f"{len(hand)} messages that are not to be moved are in the way"

    def _move(self, hand: Hand, letters: list[Letter], outcome: Outcome) -> None:
        copies = {letter.id: copy for letter in letters if (copy := self.choose(letter))}
        outcome.passed_over += len(letters) - len(copies)
        if not copies:
            return
        refused = send_copies(self.sqs, self.destination.url, copies)
        for message_id, reason in refused.items():
            outcome.refuse(message_id, reason)
        acknowledged = [message_id for message_id in copies if message_id not in refused]
        # Counted before they are deleted: if that fails, they are in both queues.
        outcome.copied_only += len(acknowledged)
        deleted = hand.delete(acknowledged)
        outcome.copied_only -= deleted
        outcome.moved += deleted
        self.pace.spend(len(copies))
