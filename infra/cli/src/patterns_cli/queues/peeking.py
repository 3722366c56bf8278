"""Looking at dead letters without taking them away."""

from collections.abc import Generator
from dataclasses import replace

from patterns_cli.queues.hand import MOST_IN_HAND, Hand
from patterns_cli.queues.letter import Letter
from patterns_cli.queues.queue import Queue
from patterns_deploy.place import AwsClient

__all__ = ["MOST_PEEKED", "check_zero", "peek"]

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


def check_zero(sqs: AwsClient, queue: Queue, *, most: int) -> Queue:
    """Return the queue with a count that is 0 replaced by the number of messages that can be received, up to ``most``.

    SQS's counts are "eventually consistent": 0 is also the answer for up to a minute after messages arrived.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html
    """
    if queue.held:
        return queue
    return replace(queue, waiting=sum(1 for _ in peek(sqs, queue, most=most)))
