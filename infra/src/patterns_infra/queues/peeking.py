"""Looking at dead letters without taking them away."""

from collections.abc import Generator

from patterns_infra.place import AwsClient
from patterns_infra.queues.hand import MOST_IN_HAND, Hand
from patterns_infra.queues.letter import Letter
from patterns_infra.queues.queue import Queue

__all__ = ["MOST_PEEKED", "peek"]

MOST_PEEKED = MOST_IN_HAND

_VISIBILITY_SECONDS = 30


def peek(sqs: AwsClient, queue: Queue, *, most: int) -> Generator[Letter, None, None]:
    """Yield up to ``most`` messages, each once, and give all of them back at the end, also when it is cut short.

    Meanwhile nobody else sees them. What stays changed, since SQS has no way to look without receiving: each message's
    receive count is one higher, and the time of its first receive is set.
    """
    with Hand(sqs, queue.url, visibility=_VISIBILITY_SECONDS, most=most) as hand:
        while letters := hand.take(most):
            yield from letters
