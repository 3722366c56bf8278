from collections.abc import Callable
from typing import Any

import pytest
from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError

from patterns_k8s.worker.work_queue import NoDeadLetterQueue, QueueTraits, WorkQueue, read_traits
from patterns_shared.domain.errors import TemporarilyUnavailable

Client = Any
Clients = Callable[[str], Client]


def test_the_queue_says_how_it_treats_messages(queue_url: str, clients: Clients) -> None:
    """Nothing about it is configured twice."""
    assert read_traits(clients("sqs"), queue_url) == QueueTraits(
        visibility=30, max_receives=5, dead_letter_url=queue_url.replace("fulfilment", "fulfilment-dead-letters")
    )


@pytest.mark.usefixtures("aws")
def test_a_queue_without_dead_letters_is_refused(clients: Clients) -> None:
    """Its poison would go round for ever."""
    url = clients("sqs").create_queue(QueueName="bare")["QueueUrl"]
    with pytest.raises(NoDeadLetterQueue, match="bare has no dead-letter queue"):
        read_traits(clients("sqs"), url)


def test_messages_come_as_a_function_would_get_them(queue_url: str, clients: Clients, logger: Logger) -> None:
    """With the number of their receives, and gone once deleted."""
    for n in range(12):
        clients("sqs").send_message(QueueUrl=queue_url, MessageBody=f"body {n}")
    queue = WorkQueue(clients("sqs"), queue_url, logger=logger)
    records = queue.receive(100, wait_seconds=0)
    assert len(records) == 10
    assert records[0]["body"] == "body 0"
    assert records[0]["attributes"] == {"ApproximateReceiveCount": "1"}
    records += queue.receive(2, wait_seconds=0)
    queue.delete(record["receiptHandle"] for record in records)
    counts = clients("sqs").get_queue_attributes(QueueUrl=queue_url, AttributeNames=["All"])["Attributes"]
    assert counts["ApproximateNumberOfMessagesNotVisible"] == counts["ApproximateNumberOfMessages"] == "0"


def test_a_message_that_is_given_back_comes_again_at_once(queue_url: str, clients: Clients, logger: Logger) -> None:
    """And counts its receives."""
    clients("sqs").send_message(QueueUrl=queue_url, MessageBody="body")
    queue = WorkQueue(clients("sqs"), queue_url, logger=logger)
    (record,) = queue.receive(1, wait_seconds=0)
    assert queue.receive(1, wait_seconds=0) == []
    queue.hide([(record["receiptHandle"], 0)])
    (again,) = queue.receive(1, wait_seconds=0)
    assert again["attributes"]["ApproximateReceiveCount"] == "2"


class Sqs:
    """A client whose calls fail, or refuse single entries."""

    def __init__(self, error: Exception | None = None, code: str = "InternalError") -> None:
        """Take the error."""
        self.error = error
        self.code = code
        self.sizes: list[int] = []

    def _call(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        assert QueueUrl == "url"
        self.sizes.append(len(Entries))
        if self.error:
            raise self.error
        return {"Failed": [{"Id": Entries[0]["Id"], "Code": self.code, "SenderFault": False}]}

    delete_message_batch = change_message_visibility_batch = _call

    def receive_message(self, **_: object) -> dict[str, Any]:
        """Fail."""
        assert self.error
        raise self.error


def throttled() -> ClientError:
    """Return SQS's throttling."""
    return ClientError({"Error": {"Code": "ThrottlingException"}}, "x")


def test_a_call_takes_ten(logger: Logger) -> None:
    """As many as SQS allows, however many are asked for; none for none."""
    sqs = Sqs()
    queue = WorkQueue(sqs, "url", logger=logger)  # type: ignore[arg-type] # the part used
    queue.delete(f"receipt-{n}" for n in range(23))
    queue.hide([])
    assert sqs.sizes == [10, 10, 3]


@pytest.mark.parametrize("error", [throttled(), ClientError({"Error": {"Code": "AccessDenied"}}, "x")])
def test_a_change_that_fails_is_noted_and_no_more(
    logger: Logger, lines: Callable[[], list[dict[str, Any]]], error: ClientError
) -> None:
    """The message comes again, and its answer is known by its id; the next batch has its own chance."""
    sqs = Sqs(error)
    queue = WorkQueue(sqs, "url", logger=logger)  # type: ignore[arg-type] # the part used
    queue.delete(f"receipt-{n}" for n in range(11))
    queue.hide([("receipt-1", 5)])
    assert [(line["message"], line["level"], line["messages"]) for line in lines()] == [
        ("not_deleted", "WARNING", 10),
        ("not_deleted", "WARNING", 1),
        ("not_hidden", "WARNING", 1),
    ]


@pytest.mark.parametrize(("code", "level"), [("ReceiptHandleIsInvalid", "INFO"), ("InternalError", "WARNING")])
def test_a_single_refusal_is_noted(
    logger: Logger, lines: Callable[[], list[dict[str, Any]]], code: str, level: str
) -> None:
    """A receipt that ran out is no reason to worry."""
    WorkQueue(Sqs(code=code), "url", logger=logger).delete(["receipt"])  # type: ignore[arg-type] # the part used
    assert [(line["level"], line["reason"]) for line in lines()] == [(level, code)]


def test_a_queue_that_is_down_is_said_to_be(logger: Logger) -> None:
    """What passes by itself is told from what does not."""
    with pytest.raises(TemporarilyUnavailable):
        WorkQueue(Sqs(throttled()), "url", logger=logger).receive(1, wait_seconds=0)  # type: ignore[arg-type] # the part used
    gone = ClientError({"Error": {"Code": "AWS.SimpleQueueService.NonExistentQueue"}}, "x")
    with pytest.raises(ClientError):
        WorkQueue(Sqs(gone), "url", logger=logger).receive(1, wait_seconds=0)  # type: ignore[arg-type] # the part used
