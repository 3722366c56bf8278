"""What a scan of an image finds reaches the people who hear the stack's alarms."""

from collections.abc import Callable
from typing import Any

import pytest

from patterns_infra.registry import PATTERNS
from patterns_infra.settings import Settings
from patterns_infra.synthesized import SynthesizedStack
from patterns_infra.variants import VARIANTS

WITH_IMAGES = [pattern.name for pattern in PATTERNS.values() if pattern.images]


@pytest.fixture(scope="module", params=WITH_IMAGES)
def stack(
    request: pytest.FixtureRequest, synthesize_pattern: Callable[[str, Settings], SynthesizedStack]
) -> SynthesizedStack:
    """Return the stack of stage ``dev`` on AWS of each pattern that runs images."""
    return synthesize_pattern(request.param, Settings.from_mapping(VARIANTS["aws"]))


def rules(stack: SynthesizedStack) -> dict[str, dict[str, Any]]:
    """Return the rules about images by the source of their events."""
    found = {x["EventPattern"]["source"][0]: x for x in stack.all("Events::Rule") if "source" in x["EventPattern"]}
    return {source: x for source, x in found.items() if source in {"aws.ecr", "aws.inspector2"}}


def test_critical_findings_of_both_kinds_of_scan_are_matched(stack: SynthesizedStack) -> None:
    """Of the pattern's own repository: on push, always, and by Inspector where the registry has that."""
    basic, enhanced = rules(stack)["aws.ecr"]["EventPattern"], rules(stack)["aws.inspector2"]["EventPattern"]
    assert basic["detail-type"] == ["ECR Image Scan"]
    assert basic["detail"]["scan-status"] == ["COMPLETE"]
    assert basic["detail"]["finding-severity-counts"] == {"CRITICAL": [{"numeric": [">", 0]}]}
    assert enhanced["detail-type"] == ["Inspector2 Finding"]
    assert (enhanced["detail"]["severity"], enhanced["detail"]["status"]) == (["CRITICAL"], ["ACTIVE"])
    repository = basic["detail"]["repository-name"]
    assert enhanced["detail"]["resources"] == {"details": {"awsEcrContainerImage": {"repositoryName": repository}}}
    (name,) = repository
    assert stack.template["Parameters"][name["Ref"]]["Default"].startswith("/patterns/dev/")


def test_they_are_told_on_the_topic_of_the_alarms(stack: SynthesizedStack) -> None:
    """By a role that may publish there and use its key, and may do nothing else; nobody else may publish for it."""
    topics = {x["AlarmActions"][0]["Ref"] for x in stack.all("CloudWatch::Alarm")}
    targets = [target for rule in rules(stack).values() for target in rule["Targets"]]
    assert len(targets) == len(rules(stack)) == 2
    assert {x["Arn"]["Ref"] for x in targets} == topics
    (role,) = {x["RoleArn"]["Fn::GetAtt"][0] for x in targets}
    policies = [x["PolicyDocument"] for x in stack.all("IAM::Policy") if x["Roles"] == [{"Ref": role}]]
    actions = {
        action
        for policy in policies
        for statement in policy["Statement"]
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }
    assert actions == {"sns:Publish", "kms:Decrypt", "kms:GenerateDataKey"}
    for policy in stack.all("SNS::TopicPolicy"):
        principals = [str(x["Principal"]) for x in policy["PolicyDocument"]["Statement"]]
        assert not any("events.amazonaws.com" in each for each in principals)


def test_the_line_says_what_and_what_to_do(stack: SynthesizedStack) -> None:
    """The image or the finding, and where the runbook is."""
    for rule in rules(stack).values():
        (target,) = rule["Targets"]
        assert "docs/operating.md" in str(target["InputTransformer"]["InputTemplate"])
