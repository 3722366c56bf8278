"""Copies that SQS takes, refuses, or refuses for now."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from patterns_cli.queues.sending import Copy, send_copies

TEXT = {"DataType": "String", "StringValue": "x"}


class Sqs:
    """SQS that answers as a test says: an error code for a body, or for a whole call."""

    def __init__(
        self, *, fails: dict[str, list[str]] | None = None, spoilt_by: str = "", code: str = "InvalidMessageContents"
    ) -> None:
        """Fail single bodies with these codes in turn, or whole calls that hold this body with one code."""
        self.calls: list[list[str]] = []
        self._fails = fails or {}
        self._spoilt_by, self._code = spoilt_by, code

    def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - boto3's
        """Answer."""
        assert QueueUrl == "queue"
        bodies = [entry["MessageBody"] for entry in Entries]
        self.calls.append(bodies)
        if self._spoilt_by in bodies:
            raise ClientError({"Error": {"Code": self._code}}, "SendMessageBatch")
        answer: dict[str, Any] = {"Successful": [], "Failed": []}
        for entry in Entries:
            codes = self._fails.get(entry["MessageBody"])
            code = codes.pop(0) if codes else ""
            failed = {"Id": entry["Id"], "Code": code, "SenderFault": not code.startswith("Internal")}
            if code != "silence":
                answer["Failed" if code else "Successful"].append(failed if code else {"Id": entry["Id"]})
        return answer


def copies(*bodies: str) -> dict[str, Copy]:
    """Return copies whose keys are their bodies."""
    return {body: Copy(body, {"type": TEXT}) for body in bodies}


def send(sqs: Sqs, *bodies: str) -> dict[str, str]:
    """Send them without waiting between attempts."""
    return send_copies(sqs, "queue", copies(*bodies), sleep=lambda _: None)


def test_ten_in_a_call() -> None:
    """In their order."""
    sqs = Sqs()
    assert send(sqs, *map(str, range(25))) == {}
    assert [len(call) for call in sqs.calls] == [10, 10, 5]
    assert [body for call in sqs.calls for body in call] == [str(n) for n in range(25)]


def test_no_call_is_over_the_limit() -> None:
    """Large messages go alone; attributes count, too."""
    sqs = Sqs()
    large = ["a" * 200_000, "b" * 62_500, "c" * 3_000, "é" * 130_000]
    assert send(sqs, *large) == {}
    assert [len(call) for call in sqs.calls] == [1, 2, 1]
    assert Copy("é", {"n": TEXT | {"BinaryValue": b"12"}}).size == 2 + 1 + len("String") + 1 + 2


def test_what_passes_is_tried_again_alone() -> None:
    """And what is refused for good is not."""
    sqs = Sqs(fails={"slow": ["InternalError", "InternalError"], "bad": ["InvalidParameterValue"]})
    assert send(sqs, "good", "slow", "bad") == {"bad": "InvalidParameterValue"}
    assert sqs.calls == [["good", "slow", "bad"], ["slow"], ["slow"]]


@pytest.mark.parametrize(("code", "reason"), [("InternalError", "InternalError"), ("silence", "not acknowledged")])
def test_what_does_not_pass_in_three_attempts_is_refused(code: str, reason: str) -> None:
    """Also a copy of which SQS says nothing at all: without an acknowledgement it counts as not sent."""
    sqs = Sqs(fails={"slow": [code] * 3})
    assert send(sqs, "good", "slow") == {"slow": reason}
    assert len(sqs.calls) == 3


def test_one_that_spoils_the_call_for_all_is_found() -> None:
    """By sending each alone."""
    sqs = Sqs(spoilt_by="bad")
    assert send(sqs, "one", "bad", "two") == {"bad": "InvalidMessageContents"}
    assert sqs.calls == [["one", "bad", "two"], ["one"], ["bad"], ["two"]]


def test_a_queue_that_takes_nothing_is_an_error() -> None:
    """There is no sense in trying every message."""
    sqs = Sqs(spoilt_by="one", code="AccessDenied")
    with pytest.raises(ClientError, match="AccessDenied"):
        send(sqs, "one", "two")
    assert len(sqs.calls) == 1
