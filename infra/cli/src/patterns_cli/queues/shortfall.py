"""Why fewer messages were moved than SQS had counted: it counts roughly, or some are hidden or came since."""

from patterns_cli.queues.interrupts import Interrupts
from patterns_cli.queues.outcome import INTERRUPTED, Outcome
from patterns_cli.queues.peeking import MOST_PEEKED, check_zero
from patterns_cli.queues.queue import Queue, read_queue
from patterns_deploy.place import AwsClient

__all__ = ["SQS_COUNTS_SETTLE", "explain_shortfall"]

SQS_COUNTS_SETTLE = 90.0
"""Seconds: the counts of a queue that is left alone are right a minute later, "at least".
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html"""

_LOOK_SECONDS = 5.0


def explain_shortfall(
    sqs: AwsClient, letters: Queue, outcome: Outcome, interrupts: Interrupts, *, settle_seconds: float
) -> None:
    """Correct what was counted at the start by what is in the queue now, and note why messages are left.

    Only an empty queue shows that the first count was too high. One that does not seem to be empty is asked again for
    ``settle_seconds``, 0 where counts are exact; one that seems to be empty is checked by receiving.
    """
    waited = 0.0
    while (now := read_queue(sqs, letters.url)) and now.held and waited < settle_seconds:
        if interrupts.requested:
            outcome.stopped = INTERRUPTED
            return
        interrupts.pause(_LOOK_SECONDS)
        waited += _LOOK_SECONDS
    if now:
        now = check_zero(sqs, now, most=min(outcome.found - outcome.moved, MOST_PEEKED))
    held = now.held if now else 0
    gone = outcome.found - outcome.moved - held
    if gone > 0:
        outcome.notes.append(f"{gone} of those that SQS counted at the start are not in the queue any more")
        outcome.found -= gone
        outcome.due = min(outcome.due, outcome.found)
    if now and now.in_flight:
        outcome.notes.append(
            f"{now.in_flight} are hidden: they were received by another program, or by a run that was killed (for up "
            "to two minutes); run this again once they are visible"
        )
