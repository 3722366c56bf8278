"""What the emulator's CloudFormation refuses, or makes of a reference.

Each test sees AWS's behaviour in a corrected emulator and another one in the emulator as it comes from PyPI. When a
newer version behaves, the second half fails: the correction can go.
"""

from typing import Any

import pytest

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
