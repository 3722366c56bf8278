"""The receivers as they are deployed: what they get, how they are fed, and where their dead letters go."""

import json
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App

from patterns_infra.app_folder import cdk_context
from patterns_infra.receivers import Feeding, FunctionShape, QueueShape, read_receivers
from patterns_infra.registry import PATTERNS
from patterns_infra.settings import Settings
from patterns_infra.stacks import async_
from patterns_infra.stacks.async_ import AsyncStack
from patterns_infra.synthesized import SynthesizedStack

RECEIVERS = read_receivers()
every_receiver = pytest.mark.parametrize("name", list(RECEIVERS))


def mapping_of(stack: SynthesizedStack, name: str) -> dict[str, Any]:
    """Return how a receiver's function is fed."""
    function = stack.id_of("Lambda::Function", Handler=RECEIVERS[name].handler)
    (mapping,) = (x for x in stack.all("Lambda::EventSourceMapping") if x["FunctionName"] == {"Ref": function})
    return mapping


def queue_of(stack: SynthesizedStack, name: str) -> tuple[str, dict[str, Any]]:
    """Return a receiver's queue."""
    found: str = mapping_of(stack, name)["EventSourceArn"]["Fn::GetAtt"][0]
    return found, stack.resources[found]["Properties"]


def subscription_of(stack: SynthesizedStack, name: str) -> dict[str, Any]:
    """Return a receiver's subscription."""
    queue, _ = queue_of(stack, name)
    (found,) = (x for x in stack.all("SNS::Subscription") if x["Endpoint"] == {"Fn::GetAtt": [queue, "Arn"]})
    return found


@every_receiver
def test_each_receiver_gets_its_share_as_it_was_published(anywhere_async: SynthesizedStack, name: str) -> None:
    """By its body, whatever its attributes say; and a consumer reads the event itself, not SNS's envelope around it."""
    subscription = subscription_of(anywhere_async, name)
    assert subscription.get("FilterPolicy", {}) == RECEIVERS[name].filter_policy
    assert subscription.get("FilterPolicyScope") == ("MessageBody" if "FilterPolicy" in subscription else None)
    assert subscription["RawMessageDelivery"] is True


@every_receiver
def test_what_the_topic_cannot_deliver_is_a_dead_letter(anywhere_async: SynthesizedStack, name: str) -> None:
    """Of the same receiver, and SNS may put it there."""
    dead_letters = queue_of(anywhere_async, name)[1]["RedrivePolicy"]["deadLetterTargetArn"]
    assert subscription_of(anywhere_async, name)["RedrivePolicy"] == {"deadLetterTargetArn": dead_letters}
    topic = {"Ref": topic_id(anywhere_async)}
    for arn in (dead_letters, mapping_of(anywhere_async, name)["EventSourceArn"]):
        (policy,) = (
            x for x in anywhere_async.all("SQS::QueuePolicy") if x["Queues"] == [{"Ref": arn["Fn::GetAtt"][0]}]
        )
        allowed = [x for x in policy["PolicyDocument"]["Statement"] if x["Effect"] == "Allow"]
        assert allowed == [
            {
                "Action": "sqs:SendMessage",
                "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
                "Effect": "Allow",
                "Principal": {"Service": "sns.amazonaws.com"},
                "Resource": arn,
            }
        ]


def topic_id(stack: SynthesizedStack) -> str:
    """Return the topic of order events."""
    (found,) = (name for name, x in stack.of_type("SNS::Topic").items() if "TopicName" in x["Properties"])
    return found


@every_receiver
def test_the_queue_is_what_was_declared(anywhere_async: SynthesizedStack, name: str) -> None:
    """The figures that the pattern's own tests reckon with are those of the template."""
    declared, (_, queue) = RECEIVERS[name].queue, queue_of(anywhere_async, name)
    assert queue["VisibilityTimeout"] == declared.visibility_timeout_seconds
    assert queue["MessageRetentionPeriod"] == declared.retention_days * 86400
    assert queue["RedrivePolicy"]["maxReceiveCount"] == declared.max_receive_count
    dead = anywhere_async.resources[queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]]["Properties"]
    assert dead["MessageRetentionPeriod"] == 14 * 86400 > queue["MessageRetentionPeriod"]


@every_receiver
def test_a_function_is_fed_as_declared(anywhere_async: SynthesizedStack, name: str) -> None:
    """Batches, how long they are gathered, how many at once; a bad message costs only itself."""
    declared, mapping = RECEIVERS[name].batch, mapping_of(anywhere_async, name)
    assert mapping["BatchSize"] == declared.size
    assert mapping.get("MaximumBatchingWindowInSeconds", 0) == declared.window_seconds
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": declared.maximum_concurrency}
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


@every_receiver
def test_a_function_is_told_where_its_messages_go(anywhere_async: SynthesizedStack, name: str) -> None:
    """Its queue, the dead letters of that queue, and how often the queue gives a message out."""
    variables = anywhere_async.function(name)["Environment"]["Variables"]
    queue, properties = queue_of(anywhere_async, name)
    assert variables["QUEUE_URL"] == {"Ref": queue}
    assert variables["DEAD_LETTER_URL"] == {"Ref": properties["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]}
    assert variables["MAX_RECEIVES"] == str(RECEIVERS[name].queue.max_receive_count)


def test_every_queue_has_alarms_that_say_what_to_do(anywhere_async: SynthesizedStack) -> None:
    """One on the first dead letter, one on messages that wait; each names its receiver and goes to the operators."""
    alarms = anywhere_async.all("CloudWatch::Alarm")
    assert all(len(x["AlarmActions"]) == 1 and len(x["AlarmDescription"]) > 60 for x in alarms)
    for name in RECEIVERS:
        texts = [x["AlarmDescription"] for x in alarms if f"Messages of {name.title()} " in x["AlarmDescription"]]
        assert len(texts) == 2
        assert sum(f"`patterns redrive {name.title()}`" in text for text in texts) == 1


def test_the_queues_of_every_receiver_are_published() -> None:
    """The registry takes their names from the declarations."""
    expected = {f"{name}_{which}_url" for name in RECEIVERS for which in ("queue", "dead_letter")}
    published = {key for key in PATTERNS["async"].outputs if key.endswith(("_queue_url", "_dead_letter_url"))}
    assert published == expected | {"bounces_queue_url", "bounces_dead_letter_url"}


def test_a_receiver_that_no_line_of_the_stack_adds_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """And so is a line about one that is not declared; each error names the receiver."""
    fewer = {name: receiver for name, receiver in RECEIVERS.items() if name != "operators"}
    monkeypatch.setattr(async_, "read_receivers", lambda: fewer)
    app = App(analytics_reporting=False, context=cdk_context())
    with pytest.raises(ValueError, match="declares no receiver 'operators'"):
        AsyncStack(app, "one", pattern=PATTERNS["async"], settings=Settings())
    monkeypatch.setattr(async_, "read_receivers", lambda: {**RECEIVERS, "forgotten": RECEIVERS["ledger"]})
    with pytest.raises(ValueError, match="declares forgotten, which no line of the stack adds"):
        AsyncStack(app, "another", pattern=PATTERNS["async"], settings=Settings())


def test_a_declaration_that_says_little_gets_sound_figures() -> None:
    """The defaults keep the rules: six times the function's timeout, a batch that needs no window."""
    function, queue, batch = FunctionShape(), QueueShape(), Feeding()
    assert queue.visibility_timeout_seconds >= 6 * function.timeout_seconds
    assert batch.size <= 10
    assert batch.maximum_concurrency >= 2


def test_a_misspelt_figure_is_refused(tmp_path: Path) -> None:
    """A declaration with a name that nobody knows is no declaration."""
    file = tmp_path / "receivers.json"
    file.write_text(json.dumps({"x": {"summary": "s", "handler": "h", "filter_policy": {}, "queue": {"retention": 1}}}))
    with pytest.raises(TypeError, match="retention"):
        read_receivers(file)
