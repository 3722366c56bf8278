"""What the emulator's CloudFormation refuses, or makes of a reference.

Each test sees AWS's behaviour in a corrected emulator and another one in the emulator as it comes from PyPI. When a
newer version behaves, the second half fails: the correction can go.
"""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

# The fixture's class, which importlib's mode keeps out of reach as an import.
Emulator = Any

pytestmark = pytest.mark.integration


def _alarm(**metric: object) -> dict[str, Any]:
    threshold = {"ComparisonOperator": "GreaterThanThreshold", "Threshold": 1, "EvaluationPeriods": 1}
    return {"Type": "AWS::CloudWatch::Alarm", "Properties": {"AlarmName": "errors", **threshold, **metric}}


def test_an_alarm_may_name_its_metric_under_metrics(corrected: Emulator, uncorrected: Emulator) -> None:
    """The CDK writes a metric with a label so; the emulator refuses the whole stack."""
    stat = {"Metric": {"MetricName": "Errors", "Namespace": "AWS/Lambda"}, "Period": 60, "Stat": "Sum"}
    labelled = _alarm(Metrics=[{"Id": "m1", "Label": "Api", "MetricStat": stat, "ReturnData": True}])
    assert corrected.deploy("labelled-alarm", {"A": labelled}) == "CREATE_COMPLETE"
    [alarm] = corrected.client("cloudwatch").describe_alarms(AlarmNames=["errors"])["MetricAlarms"]
    assert (alarm["MetricName"], alarm["Namespace"], alarm["Statistic"]) == ("Errors", "AWS/Lambda", "Sum")
    assert uncorrected.deploy("labelled-alarm", {"A": labelled}) != "CREATE_COMPLETE"


def test_an_alarm_on_metric_math_is_accepted_and_never_evaluated(corrected: Emulator) -> None:
    """Its formula is checked on the template; here it stays without data."""
    stat = {"Metric": {"MetricName": "Errors", "Namespace": "AWS/Lambda"}, "Period": 60, "Stat": "Sum"}
    math = [{"Id": "m1", "MetricStat": stat, "ReturnData": False}, {"Id": "e", "Expression": "m1 / 2"}]
    math_alarm = _alarm(Metrics=math)
    math_alarm["Properties"]["AlarmName"] = "ratio"
    assert corrected.deploy("math-alarm", {"A": math_alarm}) == "CREATE_COMPLETE"
    [alarm] = corrected.client("cloudwatch").describe_alarms(AlarmNames=["ratio"])["MetricAlarms"]
    assert alarm["StateValue"] == "INSUFFICIENT_DATA"


def test_a_reference_to_a_secret_is_its_arn(corrected: Emulator, uncorrected: Emulator) -> None:
    """Policies are written with it; the emulator gives the name."""

    def reference(emulator: Emulator) -> str:
        secret = {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": "cursor"}}
        parameter = {"Name": "cursor-ref", "Type": "String", "Value": {"Ref": "S"}}
        resources = {"S": secret, "P": {"Type": "AWS::SSM::Parameter", "Properties": parameter}}
        assert emulator.deploy("secret", resources) == "CREATE_COMPLETE"
        value: str = emulator.client("ssm").get_parameter(Name="cursor-ref")["Parameter"]["Value"]
        return value

    arn = corrected.client("secretsmanager").describe_secret
    assert reference(corrected) == arn(SecretId="cursor")["ARN"]
    assert reference(uncorrected) == "cursor"


def _eks(kind: str, **properties: object) -> dict[str, Any]:
    return {"Type": f"AWS::EKS::{kind}", "Properties": {"ClusterName": {"Ref": "C"}, **properties}}


def _cluster(emulator: Emulator) -> dict[str, dict[str, Any]]:
    role = emulator.role(f"cluster-{id(emulator)}", {"Effect": "Allow", "Action": "sqs:ListQueues", "Resource": "*"})
    network = {"SubnetIds": ["subnet-1", "subnet-2"]}
    return {
        "C": {
            "Type": "AWS::EKS::Cluster",
            "Properties": {"Name": "tills", "RoleArn": role, "ResourcesVpcConfig": network},
        }
    }


def test_a_cluster_has_add_ons_administrators_and_roles_for_pods(corrected: Emulator, uncorrected: Emulator) -> None:
    """As the API has them; the emulator refuses the template as a whole."""
    cluster = _cluster(corrected)
    role = cluster["C"]["Properties"]["RoleArn"]
    scope = {
        "AccessScope": {"Type": "cluster"},
        "PolicyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy",
    }
    parts = {
        "A": _eks("Addon", AddonName="coredns", ConfigurationValues="{}"),
        "E": _eks("AccessEntry", PrincipalArn=role, AccessPolicies=[scope]),
        "P": _eks("PodIdentityAssociation", Namespace="patterns", ServiceAccount="orders", RoleArn=role),
    }
    assert corrected.deploy("eks", {**cluster, **parts}) == "CREATE_COMPLETE"
    eks = corrected.client("eks")
    assert eks.list_addons(clusterName="tills")["addons"] == ["coredns"]
    [policy] = eks.list_associated_access_policies(clusterName="tills", principalArn=role)["associatedAccessPolicies"]
    assert policy["policyArn"] == scope["PolicyArn"]
    [found] = eks.list_pod_identity_associations(clusterName="tills", serviceAccount="orders")["associations"]
    described = eks.describe_pod_identity_association(clusterName="tills", associationId=found["associationId"])
    assert described["association"]["roleArn"] == role

    parts["P"] = _eks("PodIdentityAssociation", Namespace="patterns", ServiceAccount="others", RoleArn=role)
    del parts["A"], parts["E"]
    template = json.dumps({"Resources": {**cluster, **parts}})
    corrected.client("cloudformation").update_stack(StackName="eks", TemplateBody=template)
    corrected.client("cloudformation").get_waiter("stack_update_complete").wait(
        StackName="eks", WaiterConfig={"Delay": 1, "MaxAttempts": 20}
    )
    [left] = eks.list_pod_identity_associations(clusterName="tills")["associations"]
    assert left["serviceAccount"] == "others"
    assert eks.list_addons(clusterName="tills")["addons"] == []
    entries = eks.list_access_entries(clusterName="tills")["accessEntries"]
    assert role not in entries

    elsewhere = _cluster(uncorrected)
    for part in (_eks("Addon", AddonName="coredns"), _eks("AccessEntry", PrincipalArn=role), parts["P"]):
        with pytest.raises(ClientError, match="Unrecognized resource types"):
            uncorrected.deploy("refused", {**elsewhere, "X": part})
