"""A table's stream loses nothing and is never blocked for good.

Each test sees AWS's behaviour in a corrected emulator and another one in the emulator as it comes from PyPI. When a
newer version behaves, the second half fails: the correction can go.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest

# The fixture's class, which importlib's mode keeps out of reach as an import.
Emulator = Any
Eventually = Callable[..., Any]

pytestmark = pytest.mark.integration

HANDLER = """
import json, boto3

def handler(event, context):
    names = [record["dynamodb"]["NewImage"]["pk"]["S"] for record in event["Records"]]
    print("saw", names)
    if any(name.startswith("crash") for name in names):
        raise RuntimeError("poison")
    boto3.client("sqs").send_message(QueueUrl="%(queue)s", MessageBody=json.dumps(names))
    failed = [r["dynamodb"]["SequenceNumber"] for r, name in zip(event["Records"], names) if name == "%(bad)s"]
    return {"batchItemFailures": [{"itemIdentifier": number} for number in failed]}
"""


class Stream:
    """A table whose stream feeds a function; the function tells a queue what it saw."""

    def __init__(self, emulator: Emulator, name: str, *, bad: str = "bad", **mapping: Any) -> None:  # noqa: ANN401
        """Make all of it."""
        self._sqs, self._dynamodb, self._name = emulator.client("sqs"), emulator.client("dynamodb"), name
        self.seen_url = self._sqs.create_queue(QueueName=f"{name}-seen")["QueueUrl"]
        self.dead_url = self._sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
        attributes = self._sqs.get_queue_attributes(QueueUrl=self.dead_url, AttributeNames=["QueueArn"])["Attributes"]
        table = self._dynamodb.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )["TableDescription"]
        emulator.function(name, HANDLER % {"queue": self.seen_url, "bad": bad}, Timeout=20)
        self._lambda = emulator.client("lambda")
        self._mapping = self._lambda.create_event_source_mapping(
            FunctionName=name,
            EventSourceArn=table["LatestStreamArn"],
            StartingPosition="TRIM_HORIZON",
            FunctionResponseTypes=["ReportBatchItemFailures"],
            DestinationConfig={"OnFailure": {"Destination": attributes["QueueArn"]}},
            Enabled=False,
            **mapping,
        )["UUID"]
        self.seen: list[list[str]] = []
        self.dead: list[dict[str, Any]] = []

    def put(self, *names: str) -> None:
        """Write items, and only then let the stream flow: they come as one batch."""
        for name in names:
            self._dynamodb.put_item(TableName=self._name, Item={"pk": {"S": name}})
        self._lambda.update_event_source_mapping(UUID=self._mapping, Enabled=True)

    def look(self) -> "Stream":
        """Take what has arrived since."""
        for url, found in ((self.seen_url, self.seen), (self.dead_url, self.dead)):
            messages = self._sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
            for message in messages:
                found.append(json.loads(message["Body"]))
                self._sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return self


def test_a_record_that_a_function_reports_as_failed_comes_again(
    corrected: Emulator, uncorrected: Emulator, eventually: Eventually
) -> None:
    """From that record on, in order; the emulator steps over it, and it is lost."""
    right, wrong = Stream(corrected, "partial"), Stream(uncorrected, "partial")
    right.put("one", "bad", "three")
    assert eventually(lambda: len(right.look().seen) >= 3)
    assert right.seen[:3] == [["one", "bad", "three"], ["bad", "three"], ["bad", "three"]]
    wrong.put("one", "bad", "three")
    assert eventually(lambda: len(wrong.look().seen) >= 2, 4.0) is False
    assert wrong.seen == [["one", "bad", "three"]]


def test_after_the_allowed_retries_the_shard_goes_on(
    corrected: Emulator, uncorrected: Emulator, eventually: Eventually
) -> None:
    """The failed record's place goes to the failure destination; in the emulator it blocks everything behind it."""
    settings: dict[str, Any] = {"MaximumRetryAttempts": 1, "BisectBatchOnFunctionError": True}
    right, wrong = Stream(corrected, "poison", **settings), Stream(uncorrected, "poison", **settings)
    for stream in (right, wrong):
        stream.put("one", "crash", "three", "four")
    assert eventually(lambda: len(right.look().dead) == 1 and ["three", "four"] in right.seen)
    assert right.seen == [["one"], ["three", "four"]], "the batch was halved until the poison was alone"
    [place] = right.dead
    assert place["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert place["DDBStreamBatchInfo"]["batchSize"] == 1
    assert eventually(lambda: bool(wrong.look().seen), 4.0) is False


def test_filtered_records_never_reach_the_function(corrected: Emulator, eventually: Eventually) -> None:
    """Our own poller honours the filter as the emulator's did, also in front of a failure."""
    pattern = json.dumps({"dynamodb": {"Keys": {"pk": {"S": [{"prefix": "ORDER#"}]}}}})
    stream = Stream(corrected, "filtered", bad="ORDER#2", FilterCriteria={"Filters": [{"Pattern": pattern}]})
    stream.put("CLAIM#1", "ORDER#1", "CLAIM#2", "ORDER#2")
    assert eventually(lambda: len(stream.look().seen) >= 2)
    assert stream.seen[:2] == [["ORDER#1", "ORDER#2"], ["ORDER#2"]]
