"""How many messages would go with a pattern's queues."""

from collections.abc import Iterable, Mapping

from patterns_cli.queues.peeking import MOST_PEEKED, check_zero
from patterns_cli.queues.queue import read_queue
from patterns_deploy.place import Place
from patterns_deploy.stack_resources import logical_name, stack_resources
from patterns_infra.settings import Target

__all__ = ["count_messages", "describe_messages"]


def count_messages(place: Place, stacks: Iterable[str]) -> dict[str, int]:
    """Return the messages that wait, are in work or are delayed, by the queues that have any; dead letters count.

    SQS's counts are approximate and up to a minute old, so that dead letters may be there where it counts none: on AWS
    they are looked for by receiving, up to `MOST_PEEKED` of a queue. From queues with consumers nothing is received.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html
    """
    sqs = place.client("sqs")
    found: dict[str, int] = {}
    for stack in stacks:
        for resource in stack_resources(place, stack):
            url = resource.get("PhysicalResourceId")
            if resource["ResourceType"] != "AWS::SQS::Queue" or not url:
                continue
            name = logical_name(resource).removesuffix("Queue")
            queue = read_queue(sqs, url)
            if queue and place.target is Target.AWS and "DeadLetter" in name and not queue.redrives_to:
                queue = check_zero(sqs, queue, most=MOST_PEEKED)
            if queue and queue.held:
                found[name] = queue.held
    return found


def describe_messages(counts: Mapping[str, int]) -> str:
    """Return the counts as text: ``110 in Fulfilment, 2 in FulfilmentDeadLetters``."""
    return ", ".join(f"{count:,} in {name}" for name, count in counts.items())
