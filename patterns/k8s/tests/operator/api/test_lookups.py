import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from patterns_k8s.operator.api.aws_lookups import AwsLookups
from patterns_k8s.operator.api.recent import Recent
from patterns_k8s.operator.desired.findings import Missing, QueueFound, TopicFound, Unknown

Client = Any
Clients = Callable[[str], Client]


@pytest.fixture
def publish(aws: None, clients: Clients) -> Callable[[str, str], None]:  # noqa: ARG001
    """Publish a name as a stack does."""

    def put(name: str, value: str) -> None:
        clients("ssm").put_parameter(Name=f"/patterns/test/{name}", Value=value, Type="String")

    return put


@pytest.fixture
def lookups(aws: None, clients: Clients) -> AwsLookups:  # noqa: ARG001
    """Lookups of the stage ``test``."""
    return AwsLookups(clients("ssm"), clients("sqs"), stage="test")


def test_a_queue_is_found_with_what_waits_in_it(
    lookups: AwsLookups, publish: Callable[[str, str], None], queue_url: str, clients: Clients
) -> None:
    """And what is in work: those messages come back when their worker goes."""
    publish("k8s/fulfilment_queue_url", queue_url)
    for n in range(5):
        clients("sqs").send_message(QueueUrl=queue_url, MessageBody=str(n))
    clients("sqs").receive_message(QueueUrl=queue_url, MaxNumberOfMessages=2)
    assert lookups.queue("k8s/fulfilment_queue_url") == QueueFound(queue_url, messages=5, visibility=30)


def test_a_topic_is_found(lookups: AwsLookups, publish: Callable[[str, str], None]) -> None:
    """By its published ARN; whether it is there the workers find out."""
    publish("async/topic_arn", "arn:aws:sns:us-east-1:123456789012:x")
    assert lookups.topic("async/topic_arn") == TopicFound("arn:aws:sns:us-east-1:123456789012:x")


def test_an_unpublished_name_is_missing(lookups: AwsLookups) -> None:
    """A stack that is not there yet is no failure."""
    missing = Missing("NameNotPublished", "/patterns/test/async/topic_arn is not published yet")
    assert lookups.topic("async/topic_arn") == missing
    assert isinstance(lookups.queue("k8s/fulfilment_queue_url"), Missing)


def test_a_queue_that_was_deleted_is_missing(lookups: AwsLookups, publish: Callable[[str, str], None]) -> None:
    """Whatever the name says."""
    url = "https://sqs.us-east-1.amazonaws.com/123456789012/gone"
    publish("k8s/fulfilment_queue_url", url)
    found = lookups.queue("k8s/fulfilment_queue_url")
    assert isinstance(found, Missing)
    assert (found.reason, url in found.message) == ("QueueMissing", True)


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "ThrottlingException"}}, "GetParameter"),
        ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetParameter"),
        EndpointConnectionError(endpoint_url="http://127.0.0.1:1"),
    ],
)
def test_what_cannot_be_asked_for_is_unknown_and_not_missing(error: Exception) -> None:
    """Workers must not be taken away because SSM or SQS had a bad moment."""

    class Failing:
        def __init__(self, *, reads: bool) -> None:
            self.reads = reads

        def get_parameter(self, **_: object) -> dict[str, Any]:
            if self.reads:
                return {"Parameter": {"Value": "url"}}
            raise error

        def get_queue_attributes(self, **_: object) -> dict[str, Any]:
            raise error

    for reads, reason in ((False, "LookupFailed"), (True, "QueueUnreadable")):
        failing: Any = Failing(reads=reads)
        found = AwsLookups(failing, failing, stage="test").queue("k8s/x")
        assert isinstance(found, Unknown)
        assert found.reason == reason


class TestRecent:
    """Answers are shared."""

    def test_everybody_who_asks_at_once_asks_once(self) -> None:
        """Also those who come while it is being asked."""
        asked: list[str] = []
        go = threading.Event()

        def ask(key: str) -> int:
            asked.append(key)
            go.wait(5)
            return len(asked)

        async def story() -> list[int]:
            recent = Recent(ask, seconds=60)
            waiting = [asyncio.create_task(recent.get("a")) for _ in range(100)]
            await asyncio.sleep(0)
            go.set()
            return [*await asyncio.gather(*waiting), await recent.get("a"), await recent.get("b")]

        assert asyncio.run(story()) == [1] * 101 + [2]
        assert asked == ["a", "b"]

    def test_an_answer_is_good_for_a_while(self) -> None:
        """And then asked for again."""
        now, answers = 0.0, iter(range(10))

        async def story() -> list[int]:
            nonlocal now
            recent = Recent(lambda _: next(answers), seconds=10, clock=lambda: now)
            seen = []
            for then in (0.0, 9.9, 10.0, 10.1):
                now = then
                seen.append(await recent.get("a"))
            return seen

        assert asyncio.run(story()) == [0, 0, 1, 1]

    def test_one_who_gives_up_takes_nothing_from_the_others(self) -> None:
        """A loop may be cancelled while others wait for the same answer."""
        go = threading.Event()

        async def story() -> bool:
            recent = Recent(lambda _: go.wait(5), seconds=10)
            first, second = (asyncio.create_task(recent.get("a")) for _ in range(2))
            await asyncio.sleep(0)
            first.cancel()
            await asyncio.sleep(0)
            go.set()
            return await second

        assert asyncio.run(story())

    def test_a_failure_is_told_and_not_kept(self) -> None:
        """The next one asks again."""
        answers: list[Any] = [ZeroDivisionError(), 7]

        def ask(_: str) -> int:
            answer = answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return int(answer)

        async def story() -> int:
            recent = Recent(ask, seconds=10)
            with pytest.raises(ZeroDivisionError):
                await recent.get("a")
            return await recent.get("a")

        assert asyncio.run(story()) == 7
