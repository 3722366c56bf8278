import asyncio
import json
from contextlib import AbstractContextManager
from typing import Any

import pytest

from patterns_cli.demo.event_tap import EventTap, event_tap, topic_tap
from patterns_shared.domain.event_codec import encode_event
from patterns_shared.domain.events import EventType
from patterns_shared.testing import make_event


class _Cloud:
    """Both clients in one: remembers what exists, and gives the messages that it was given."""

    def __init__(self, *batches: list[dict[str, Any]]) -> None:
        self.batches = list(batches)
        self.there: list[str] = []
        self.pattern: dict[str, Any] = {}
        self.policy = ""
        self.refuse = ""

    def create_queue(self, **_: object) -> dict[str, str]:
        return self._made("queue", {"QueueUrl": "http://queue"})

    def put_rule(self, *, EventPattern: str, **_: object) -> dict[str, str]:  # noqa: N803 - boto's names
        self.pattern = json.loads(EventPattern)
        return self._made("rule", {"RuleArn": "arn:rule"})

    def put_targets(self, **_: object) -> None:
        self._made("target", {})

    def subscribe(self, *, Attributes: dict[str, str], **_: object) -> dict[str, str]:  # noqa: N803 - boto's names
        assert Attributes == {"RawMessageDelivery": "true"}
        return self._made("subscription", {"SubscriptionArn": "arn:subscription"})

    def unsubscribe(self, **_: object) -> None:
        self.there.remove("subscription")

    def _made(self, what: str, answer: dict[str, str]) -> dict[str, str]:
        if what == self.refuse:
            raise PermissionError(what)
        self.there.append(what)
        return answer

    def get_queue_attributes(self, **_: object) -> dict[str, dict[str, str]]:
        return {"Attributes": {"QueueArn": "arn:queue"}}

    def set_queue_attributes(self, *, Attributes: dict[str, str], **_: object) -> None:  # noqa: N803 - as above
        self.policy = Attributes["Policy"]

    def remove_targets(self, **_: object) -> None:
        self.there.remove("target")

    def delete_rule(self, **_: object) -> None:
        assert "target" not in self.there, "EventBridge refuses to delete a rule that has targets"
        self.there.remove("rule")

    def delete_queue(self, **_: object) -> None:
        self.there.remove("queue")

    def receive_message(self, **_: object) -> dict[str, Any]:
        batch = self.batches.pop(0) if self.batches else []
        return {"Messages": [{"ReceiptHandle": "r", "Body": json.dumps(x)} for x in batch]} if batch else {}

    def delete_message_batch(self, **_: object) -> None:
        pass


def _tap(cloud: _Cloud) -> AbstractContextManager[EventTap]:
    return event_tap(lambda _: cloud, source="patterns.x", types=[EventType.ORDER_PLACED], name="tap")


def test_an_interrupt_leaves_nothing_behind() -> None:
    """Ctrl-C while listening removes target, rule and queue, in an order that EventBridge accepts."""
    cloud = _Cloud()

    def listen() -> None:
        with _tap(cloud):
            assert cloud.there == ["queue", "rule", "target"]
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        listen()
    assert cloud.there == []


@pytest.mark.parametrize("refused", ["rule", "target"])
def test_a_tap_that_cannot_be_finished_is_taken_down(refused: str) -> None:
    """When a step is refused, what the steps before it made is removed."""
    cloud = _Cloud()
    cloud.refuse = refused
    with pytest.raises(PermissionError), _tap(cloud):
        pass
    assert cloud.there == []


def test_it_hears_its_source_and_types_only_and_lets_no_other_rule_in() -> None:
    """The rule filters on source and type; the queue takes messages of this rule alone."""
    cloud = _Cloud()
    with _tap(cloud):
        assert cloud.pattern == {"source": ["patterns.x"], "detail-type": ["OrderPlaced"]}
        assert json.loads(cloud.policy)["Statement"][0]["Condition"] == {"ArnEquals": {"aws:SourceArn": "arn:rule"}}


def test_listening_goes_on_until_there_is_enough_and_then_for_a_lull() -> None:
    """A surplus event that comes after the last expected one is still heard."""
    event = make_event()
    message = {"detail-type": event.type.value, "detail": encode_event(event)}
    cloud = _Cloud([message], [], [message])
    with _tap(cloud) as tap:
        asyncio.run(tap.listen(lambda heard: len(heard) >= 1, lull=0.05))
    assert tap.heard == [event, event]


def test_a_topic_is_overheard_by_a_queue_that_lets_nobody_else_in() -> None:
    """Its events come as they are; of queue and subscription nothing is left."""
    event = make_event()
    cloud = _Cloud([encode_event(event)])
    with topic_tap(lambda _: cloud, "arn:topic", name="tap") as tap:
        assert cloud.there == ["queue", "subscription"]
        (statement,) = json.loads(cloud.policy)["Statement"]
        assert statement["Principal"] == {"Service": "sns.amazonaws.com"}
        assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": "arn:topic"}}
        asyncio.run(tap.listen(bool, lull=0))
    assert tap.heard == [event]
    assert cloud.there == []


def test_listening_can_be_bounded() -> None:
    """Events that never come do not hold the demo up beyond the caller's deadline."""

    async def listen(tap: EventTap) -> None:
        async with asyncio.timeout(0.05):
            await tap.listen(bool, lull=0)

    with _tap(_Cloud()) as tap, pytest.raises(TimeoutError):
        asyncio.run(listen(tap))
