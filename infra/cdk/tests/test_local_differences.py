"""The local template is the AWS one but for a known list; whatever joins the list must be written down here."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from patterns_infra.registry import PATTERNS
from patterns_infra.settings import Settings, Target
from patterns_infra.synthesized import SynthesizedStack
from patterns_infra.variants import VARIANTS

ONLY_ON_AWS = {
    "web_api": {
        "Lambda::Alias",  # SnapStart works on published versions
        "Lambda::Version",
        "SQS::QueuePolicy",  # of the relay's dead letters: there is nothing to say but "TLS only"
        "WAFv2::WebACL",  # the emulator rejects the association
        "WAFv2::WebACLAssociation",
    },
    # Where there is nothing to say but "TLS only".
    "async": {"SNS::TopicPolicy"},
    "batch": {
        "IAM::Policy",  # to run the parts of a distributed map
        "S3::BucketPolicy",
        "SNS::TopicPolicy",
        "SQS::QueuePolicy",
    },
    "k8s": set(),
}
DIFFERENT = {
    "web_api": {
        "ApiGateway::Method": {"Integration"},  # the alias
        "ApiGateway::Stage": {
            "CacheClusterEnabled",
            "CacheClusterSize",
            "DeploymentId",
            "MethodSettings",
        },  # the cache
        "Cognito::UserPool": {"EmailConfiguration"},  # through SES
        "Lambda::Function": {"SnapStart"},  # the emulator has no snapshots
        "Lambda::Permission": {"FunctionName"},  # the alias
        "SNS::TopicPolicy": {"PolicyDocument"},  # http only
        "SQS::QueuePolicy": {"PolicyDocument"},  # http only
        "SSM::Parameter": {"Value"},  # the API's address
    },
    "async": {
        "SNS::TopicPolicy": {"PolicyDocument"},  # http only
        "SQS::QueuePolicy": {"PolicyDocument"},  # http only
    },
    "k8s": {
        "SNS::TopicPolicy": {"PolicyDocument"},  # http only
        "SQS::QueuePolicy": {"PolicyDocument"},  # http only
    },
    "batch": {
        "ECS::TaskDefinition": {"ContainerDefinitions"},  # links in mails: to the console, or signed; limits of shards
        "StepFunctions::StateMachine": {"DefinitionString"},  # maps: inline, or distributed
        "SNS::TopicPolicy": {"PolicyDocument"},  # http only
        "SQS::QueuePolicy": {"PolicyDocument"},  # http only
    },
}

OF_THIS_MACHINE = {"Architectures", "Code", "Environment", "Runtime"}
"""Of a function: the bundle that fits this machine and its Python, and the version that is made of its digest."""


Resources = dict[str, dict[str, Any]]


@pytest.fixture(scope="module", params=list(PATTERNS))
def pattern(request: pytest.FixtureRequest) -> str:
    """Return each pattern's name in turn."""
    return str(request.param)


@pytest.fixture(scope="module")
def both(pattern: str, synthesize_pattern: Callable[[str, Settings], SynthesizedStack]) -> list[Resources]:
    """Return the resources of both targets with everything else equal, by ids without their hashes."""
    same = {**VARIANTS["aws"], "account": "000000000000", "public_tasks": "true", "public_nodes": "true"}
    stacks = [synthesize_pattern(pattern, Settings.from_mapping({**same, "target": target})) for target in Target]
    return [{_plain(name): x for name, x in stack.resources.items()} for stack in stacks]


def _plain(name: str) -> str:
    if "Permission" in name:
        return "Permission"
    return re.sub(r"[0-9a-f]{32}$", "", name)


def _properties(resource: dict[str, Any]) -> dict[str, str]:
    flat = {**resource, **resource.get("Properties", {})}
    return {key: json.dumps(x, sort_keys=True) for key, x in flat.items() if key not in {"Properties", "Metadata"}}


def test_resources(pattern: str, both: list[Resources]) -> None:
    """Locally nothing is there that AWS has not; what AWS has beside is in the list above."""
    local, aws = both
    assert set(local) - set(aws) == set()
    assert {aws[name]["Type"].removeprefix("AWS::") for name in set(aws) - set(local)} == ONLY_ON_AWS[pattern]


def test_properties(pattern: str, both: list[Resources]) -> None:
    """Every property that differs is in the list above, and the list names no other."""
    local, aws = both
    found: dict[str, set[str]] = {}
    for name in set(local) & set(aws):
        here, there = _properties(local[name]), _properties(aws[name])
        differing = {key for key in here.keys() | there.keys() if here.get(key) != there.get(key)}
        if local[name]["Type"] == "AWS::Lambda::Function":
            differing -= OF_THIS_MACHINE
        if differing:
            found.setdefault(local[name]["Type"].removeprefix("AWS::"), set()).update(differing)
    assert found == DIFFERENT[pattern]
