"""The ways of messages: the outbox, the outcomes, and what could not be delivered."""

import json
from typing import Any

from patterns_infra.synthesized import SynthesizedStack
from patterns_shared.adapters.queue_visibility import least_seconds
from patterns_shared.domain.errors import TemporarilyUnavailable


def outbox(stack: SynthesizedStack) -> dict[str, Any]:
    """Return the mapping from the table's stream."""
    (mapping,) = (x for x in stack.all("Lambda::EventSourceMapping") if "StartingPosition" in x)
    return mapping


def inbox(stack: SynthesizedStack) -> dict[str, Any]:
    """Return the mapping from the queue of outcomes."""
    (mapping,) = (x for x in stack.all("Lambda::EventSourceMapping") if "StartingPosition" not in x)
    return mapping


def queue(stack: SynthesizedStack, arn: dict[str, Any]) -> dict[str, Any]:
    """Return the properties of the queue that an ARN refers to."""
    properties: dict[str, Any] = stack.resources[arn["Fn::GetAtt"][0]]["Properties"]
    return properties


def test_outbox_reads_the_table_s_stream_in_order(anywhere: SynthesizedStack) -> None:
    """From the beginning, one batch a shard at a time, orders only."""
    mapping = outbox(anywhere)
    assert mapping["EventSourceArn"] == {"Fn::GetAtt": [anywhere.id_of("DynamoDB::Table"), "StreamArn"]}
    assert (mapping["StartingPosition"], mapping["ParallelizationFactor"]) == ("TRIM_HORIZON", 1)
    (only,) = mapping["FilterCriteria"]["Filters"]
    assert json.loads(only["Pattern"]) == {"dynamodb": {"Keys": {"pk": {"S": [{"prefix": "ORDER#"}]}}}}


def test_outbox_never_blocks_for_good(anywhere: SynthesizedStack) -> None:
    """Partial failures, halved batches, an end by age, and a destination for what is given up.

    No end by count: tries are quick, and an outage of hours must not use them up. The end comes hours before the stream
    forgets a record, for a person to act.
    """
    mapping = outbox(anywhere)
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["BisectBatchOnFunctionError"] is True
    assert mapping["MaximumRetryAttempts"] == -1
    assert 12 * 3600 <= mapping["MaximumRecordAgeInSeconds"] <= 22 * 3600
    dead_letters = anywhere.function("relay")["Environment"]["Variables"]["RELAY_DEAD_LETTER_URL"]["Ref"]
    assert mapping["DestinationConfig"]["OnFailure"]["Destination"] == {"Fn::GetAtt": [dead_letters, "Arn"]}


def test_mappings_wait_for_their_permissions(anywhere: SynthesizedStack) -> None:
    """Lambda refuses a mapping whose role cannot read its source yet."""
    for resource in anywhere.of_type("Lambda::EventSourceMapping").values():
        (policy,) = resource["DependsOn"]
        assert anywhere.resources[policy]["Type"] == "AWS::IAM::Policy"


def test_outcomes_come_by_rule_and_queue(anywhere: SynthesizedStack) -> None:
    """Fulfilled and rejected orders of this stage, by detail type or body, go to the outcome function's queue."""
    rule = anywhere.only("Events::Rule")
    source = anywhere.function("relay")["Environment"]["Variables"]["EVENT_SOURCE"]
    own = ["OrderFulfilled", "OrderRejected"]
    assert rule["EventPattern"] == {"source": [source], "$or": [{"detail-type": own}, {"detail": {"type": own}}]}
    assert "EventBusName" not in rule
    (target,) = rule["Targets"]
    assert target["Arn"] == inbox(anywhere)["EventSourceArn"]
    assert "InputPath" not in target
    assert "InputTransformer" not in target
    redrive = queue(anywhere, target["Arn"])["RedrivePolicy"]
    assert target["DeadLetterConfig"]["Arn"] == redrive["deadLetterTargetArn"]


def test_a_poison_message_costs_only_itself(anywhere: SynthesizedStack) -> None:
    """Partial batch responses, receives that outlast an outage, a visibility of six times the function's timeout."""
    mapping = inbox(anywhere)
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["ScalingConfig"]["MaximumConcurrency"] >= 2
    source = queue(anywhere, mapping["EventSourceArn"])
    receives = source["RedrivePolicy"]["maxReceiveCount"]
    assert anywhere.function("outcome")["Environment"]["Variables"]["MAX_RECEIVES"] == str(receives)
    assert least_seconds(receives) >= 12 * 3600
    assert receives * TemporarilyUnavailable.longest_backoff < source["MessageRetentionPeriod"]
    assert source["VisibilityTimeout"] >= 6 * anywhere.function("outcome")["Timeout"]


def test_dead_letters_outlive_their_source(anywhere: SynthesizedStack) -> None:
    """A message's age moves with it, so its dead-letter queue must keep longer: 14 days against 4."""
    source = queue(anywhere, inbox(anywhere)["EventSourceArn"])
    dead = queue(anywhere, source["RedrivePolicy"]["deadLetterTargetArn"])
    assert (source["MessageRetentionPeriod"], dead["MessageRetentionPeriod"]) == (4 * 86400, 14 * 86400)
    relay = queue(anywhere, outbox(anywhere)["DestinationConfig"]["OnFailure"]["Destination"])
    assert relay["MessageRetentionPeriod"] == 14 * 86400


def test_queues_are_encrypted(anywhere: SynthesizedStack) -> None:
    """At rest, all of them."""
    assert len(anywhere.all("SQS::Queue")) == 3
    for properties in anywhere.all("SQS::Queue"):
        assert properties["SqsManagedSseEnabled"] is True


def test_only_the_rule_sends_to_the_queues(aws: SynthesizedStack) -> None:
    """EventBridge may send on behalf of this rule; nobody may use a queue without TLS."""
    rule = {"Fn::GetAtt": [aws.id_of("Events::Rule"), "Arn"]}
    senders = 0
    for policy in aws.all("SQS::QueuePolicy"):
        deny, *allows = policy["PolicyDocument"]["Statement"]
        assert (deny["Effect"], deny["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
        for allow in allows:
            senders += 1
            assert allow["Principal"] == {"Service": "events.amazonaws.com"}
            assert allow["Condition"] == {"ArnEquals": {"aws:SourceArn": rule}}
    assert (len(aws.all("SQS::QueuePolicy")), senders) == (3, 2)


def test_the_local_platform_speaks_http(local: SynthesizedStack) -> None:
    """A policy that denies plain http would shut the local platform's queues and topic."""
    for kind in ("SQS::QueuePolicy", "SNS::TopicPolicy"):
        for policy in local.all(kind):
            assert all(x["Effect"] == "Allow" for x in policy["PolicyDocument"]["Statement"])
