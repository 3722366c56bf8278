"""A queue's messages, received and deleted by the program itself: what Lambda's poller does for a function."""

from collections.abc import Callable, Mapping

from benchmarks.compute.adapters.fulfilment import PATTERN, HandleBatch
from patterns_k8s.worker.work_queue import Record, WorkQueue
from patterns_shared.adapters.aws_client import create_client
from patterns_shared.environment import text, whole
from patterns_shared.observability.logger import make_logger

__all__ = ["work"]


def work(environment: Mapping[str, str], handle: HandleBatch, goes_on: Callable[[int], bool]) -> None:
    """Handle up to ``BATCH`` messages at a time, until ``goes_on``, told how many there were, says no."""
    size, wait = whole(environment, "BATCH", 10), whole(environment, "POLL_SECONDS", 10)
    client = create_client("sqs", read_timeout=2.0 * wait + 5)
    logger = make_logger(PATTERN, text(environment, "STAGE"))
    queue = WorkQueue(client, text(environment, "QUEUE_URL"), logger=logger)
    while True:
        records: list[Record] = []
        while len(records) < size and (more := queue.receive(size - len(records), wait_seconds=0 if records else wait)):
            records += more
        if records:
            failed = {each["itemIdentifier"] for each in handle({"Records": records})["batchItemFailures"]}
            queue.delete(record["receiptHandle"] for record in records if record["messageId"] not in failed)
        if not goes_on(len(records)):
            return
