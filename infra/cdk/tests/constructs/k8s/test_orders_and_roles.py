"""Where orders wait, and what the operator and the workers may do."""

import json
from typing import Any

import yaml

from patterns_infra.kubernetes_names import MANIFESTS, NAMESPACE, OPERATOR, OPERATOR_NAMESPACE, PROCESSOR, WORKERS
from patterns_infra.synthesized import SynthesizedStack
from patterns_shared.adapters.queue_visibility import least_seconds

Statement = dict[str, Any]


def statements(stack: SynthesizedStack, service_account: str) -> list[Statement]:
    """Return every statement of the role that Pod Identity gives to a service account."""
    (association,) = (x for x in stack.all("EKS::PodIdentityAssociation") if x["ServiceAccount"] == service_account)
    assert association["Namespace"] == {OPERATOR: OPERATOR_NAMESPACE, WORKERS: NAMESPACE}[service_account]
    return stack.statements_of({"Role": association["RoleArn"]})


def allowed(stack: SynthesizedStack, service_account: str) -> dict[str, str]:
    """Return on what each action is allowed, as JSON."""
    found = statements(stack, service_account)
    assert all(x["Effect"] == "Allow" for x in found)
    return {
        action: json.dumps(x["Resource"])
        for x in found
        for action in (x["Action"] if isinstance(x["Action"], list) else [x["Action"]])
    }


def queues(stack: SynthesizedStack) -> tuple[str, str]:
    """Return the logical ids of the fulfilment queue and of its dead letters."""
    (fulfilment,) = (name for name, x in stack.of_type("SQS::Queue").items() if "RedrivePolicy" in x["Properties"])
    target = stack.resources[fulfilment]["Properties"]["RedrivePolicy"]["deadLetterTargetArn"]
    return fulfilment, target["Fn::GetAtt"][0]


def test_orders_come_from_the_bus(anywhere_k8s: SynthesizedStack) -> None:
    """Of the own stage, by detail type or body; what the rule cannot deliver is a dead letter, and is kept longest."""
    stage = anywhere_k8s.only("EKS::Cluster")["Name"].split("-")[1]
    own_source = {"source": [f"patterns.{stage}"]}
    (rule,) = (x for x in anywhere_k8s.all("Events::Rule") if own_source.items() <= x["EventPattern"].items())
    own = ["OrderPlaced", "OrderCancelled"]
    assert rule["EventPattern"] == {
        "source": [f"patterns.{stage}"],
        "$or": [{"detail-type": own}, {"detail": {"type": own}}],
    }
    fulfilment, dead = queues(anywhere_k8s)
    (target,) = rule["Targets"]
    assert target["Arn"] == {"Fn::GetAtt": [fulfilment, "Arn"]}
    assert target["DeadLetterConfig"]["Arn"] == {"Fn::GetAtt": [dead, "Arn"]}
    kept = [anywhere_k8s.resources[x]["Properties"]["MessageRetentionPeriod"] for x in (fulfilment, dead)]
    assert kept[1] > kept[0]
    # The worker waits for its topic without receiving; what a stop gives back, or fails for now, outlasts an outage.
    receives = anywhere_k8s.resources[fulfilment]["Properties"]["RedrivePolicy"]["maxReceiveCount"]
    assert least_seconds(receives) >= 12 * 3600
    alarms = [x for x in anywhere_k8s.all("CloudWatch::Alarm") if x["Namespace"] == "AWS/SQS"]
    assert {json.dumps(x["Dimensions"][0]["Value"]["Fn::GetAtt"][0]) for x in alarms} == {
        json.dumps(x) for x in (fulfilment, dead)
    }
    assert all("Fulfilment" in x["AlarmDescription"] for x in alarms)


def test_the_operator_looks_and_touches_nothing(anywhere_k8s: SynthesizedStack) -> None:
    """Two published names and the queue's attributes."""
    fulfilment, _ = queues(anywhere_k8s)
    found = allowed(anywhere_k8s, OPERATOR)
    assert set(found) == {"ssm:GetParameter", "sqs:GetQueueAttributes"}
    assert found["sqs:GetQueueAttributes"] == json.dumps({"Fn::GetAtt": [fulfilment, "Arn"]})
    assert "/k8s/fulfilment_queue_url" in found["ssm:GetParameter"]
    assert "/async/topic_arn" in found["ssm:GetParameter"]
    assert "*" not in found["ssm:GetParameter"]


def test_the_workers_may_do_what_they_do(anywhere_k8s: SynthesizedStack) -> None:
    """Receive from the one queue, set aside in the other, tell the topic, and read orders for a backfill."""
    fulfilment, dead = ({"Fn::GetAtt": [x, "Arn"]} for x in queues(anywhere_k8s))
    stage = anywhere_k8s.only("EKS::Cluster")["Name"].split("-")[1]
    found = allowed(anywhere_k8s, WORKERS)
    keys = {name: found.pop(name) for name in ("kms:Decrypt", "kms:GenerateDataKey")}
    assert all(":key/*" in x for x in keys.values())
    for action in ("ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes"):
        assert found.pop(f"sqs:{action}") == json.dumps(fulfilment)
    for action in ("GetQueueUrl", "SendMessage"):
        assert found.pop(f"sqs:{action}") == json.dumps(dead)
    assert f":patterns-{stage}-order-events" in found.pop("sns:Publish")
    assert f":table/patterns-{stage}-orders" in found.pop("dynamodb:Scan")
    assert not found


def test_the_topic_s_key_is_named_by_its_alias(anywhere_k8s: SynthesizedStack) -> None:
    """It may not exist yet: the grant is for whatever key has the topic's name, and through SNS only."""
    stage = anywhere_k8s.only("EKS::Cluster")["Name"].split("-")[1]
    (found,) = (x for x in statements(anywhere_k8s, WORKERS) if "kms:Decrypt" in x["Action"])
    assert found["Condition"] == {
        "StringEquals": {"kms:ViaService": "sns.us-east-1.amazonaws.com"},
        "ForAnyValue:StringEquals": {"kms:ResourceAliases": f"alias/patterns-{stage}-order-events"},
    }


def test_a_role_is_for_one_service_account(anywhere_k8s: SynthesizedStack) -> None:
    """Whoever may associate roles cannot hand it to other pods: its trust names account and namespace."""
    for association in anywhere_k8s.all("EKS::PodIdentityAssociation"):
        role = anywhere_k8s.resources[association["RoleArn"]["Fn::GetAtt"][0]]["Properties"]
        trust = role["AssumeRolePolicyDocument"]["Statement"]
        actions = [x["Action"] if isinstance(x["Action"], list) else [x["Action"]] for x in trust]
        assert {action for each in actions for action in each} == {"sts:AssumeRole", "sts:TagSession"}
        for statement in trust:
            assert statement["Principal"] == {"Service": "pods.eks.amazonaws.com"}
            assert statement["Condition"]["StringEquals"] == {
                "aws:RequestTag/kubernetes-namespace": association["Namespace"],
                "aws:RequestTag/kubernetes-service-account": association["ServiceAccount"],
            }


def test_the_manifests_have_the_same_names() -> None:
    """A role is found by namespace and service account: another name would have none."""
    (orders,) = yaml.safe_load_all((MANIFESTS / "orders" / "order-processor.yaml").read_text())
    assert orders["metadata"] == {"name": PROCESSOR, "namespace": NAMESPACE}
    operator = MANIFESTS.parent / "src" / "patterns_k8s" / "operator" / "desired" / "processor.py"
    assert f'CHILD_SUFFIX = "{WORKERS.removeprefix(PROCESSOR)}"' in operator.read_text()
    documents = list(yaml.safe_load_all((MANIFESTS / "base" / "operator.yaml").read_text()))
    (deployment,) = (x for x in documents if x["kind"] == "Deployment")
    assert deployment["metadata"]["name"] == OPERATOR
    assert deployment["spec"]["template"]["spec"]["serviceAccountName"] == OPERATOR
    assert deployment["metadata"]["namespace"] == OPERATOR_NAMESPACE
    namespaces = yaml.safe_load_all((MANIFESTS / "base" / "namespace.yaml").read_text())
    assert {each["metadata"]["name"] for each in namespaces} == {NAMESPACE, OPERATOR_NAMESPACE}
