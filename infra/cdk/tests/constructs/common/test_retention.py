"""What outlives a stack: nothing but in production, and there nothing that stands in the way of the next deployment."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from patterns_infra.registry import DELETION_PROTECTION, PATTERNS
from patterns_infra.settings import Settings
from patterns_infra.synthesized import SynthesizedStack
from patterns_infra.variants import VARIANTS

KEPT = {
    "web_api": {"Cognito::UserPool", "DynamoDB::Table", "KMS::Key", "Logs::LogGroup", "SQS::Queue"},
    "batch": {"KMS::Key", "Logs::LogGroup", "S3::Bucket", "SQS::Queue"},
    "async": {"DynamoDB::Table", "KMS::Key", "Logs::LogGroup", "SQS::Queue"},
    "k8s": {"KMS::Key", "Logs::LogGroup", "SQS::Queue"},
}
PROTECTED = {
    ("web_api", "DynamoDB::Table"): ("DeletionProtectionEnabled", True, False),
    ("web_api", "Cognito::UserPool"): ("DeletionProtection", "ACTIVE", "INACTIVE"),
    ("async", "DynamoDB::Table"): ("DeletionProtectionEnabled", True, False),
    ("k8s", "EKS::Cluster"): ("DeletionProtection", True, False),
}
NAME = {
    "DynamoDB::Table": "TableName",
    "Logs::LogGroup": "LogGroupName",
    "S3::Bucket": "BucketName",
    "Cognito::UserPool": "UserPoolName",
    "KMS::Key": "KeyId",
    "SQS::Queue": "QueueName",
}
Stacks = Callable[[str, str], list[SynthesizedStack]]


@pytest.fixture(scope="module")
def stacks_of(synthesize_assembly: Callable[[str, Settings], Path]) -> Stacks:
    """Return a function from a pattern and a variant to its stacks, that of its images included."""

    @cache
    def stacks(pattern: str, variant: str) -> list[SynthesizedStack]:
        settings = Settings.from_mapping(VARIANTS[variant])
        folder = synthesize_assembly(pattern, settings)
        return [SynthesizedStack(folder, name) for name in PATTERNS[pattern].stack_names(settings.stage)]

    return stacks


def resources_of(stacks: list[SynthesizedStack]) -> list[dict[str, Any]]:
    """Return every resource of the stacks."""
    return [resource for stack in stacks for resource in stack.resources.values()]


@pytest.mark.parametrize("variant", ["local", "aws", "private", "managed-nodes"])
@pytest.mark.parametrize("pattern", PATTERNS)
def test_other_stages_than_production_leave_nothing(stacks_of: Stacks, pattern: str, variant: str) -> None:
    """Not the table, whose name the next deployment needs, nor a key, a bucket, a log group or a pool."""
    stacks = stacks_of(pattern, variant)
    policies = {x.get(key, "Delete") for x in resources_of(stacks) for key in ("DeletionPolicy", "UpdateReplacePolicy")}
    assert policies == {"Delete"}
    for resource in resources_of(stacks):
        given = resource.get("Properties", {})
        assert not given.get("DeletionProtectionEnabled")
        assert given.get("DeletionProtection") in {None, False, "INACTIVE"}
    for stack in stacks:
        assert DELETION_PROTECTION not in stack.template.get("Parameters", {})


@pytest.mark.parametrize("pattern", PATTERNS)
def test_production_keeps_data_and_traces_once_they_were_created(stacks_of: Stacks, pattern: str) -> None:
    """A rolled-back first deployment takes them back, since nothing was in them; everything after it keeps them."""
    kept = set()
    for resource in resources_of(stacks_of(pattern, "production")):
        policy = resource.get("DeletionPolicy", "Delete")
        assert policy in {"Delete", "RetainExceptOnCreate"}
        if policy != "Delete":
            assert resource["UpdateReplacePolicy"] == "Retain"
            kept.add(resource["Type"].removeprefix("AWS::"))
    assert kept == KEPT[pattern]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_what_production_keeps_by_name_can_be_taken_in_again(stacks_of: Stacks, pattern: str) -> None:
    """CloudFormation imports by a name that is written out, not by one that it has to compute."""
    for resource in resources_of(stacks_of(pattern, "production")):
        name = resource.get("Properties", {}).get(NAME.get(resource["Type"].removeprefix("AWS::"), ""))
        if resource.get("DeletionPolicy") == "RetainExceptOnCreate" and name is not None:
            # The execution logs' name has the API's id in it, which the next API does not share.
            assert isinstance(name, str) or "API-Gateway-Execution-Logs_" in str(name)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_production_is_protected_once_it_was_created(stacks_of: Stacks, pattern: str) -> None:
    """By a parameter that is on unless the first deployment says otherwise: what is protected cannot be rolled back."""
    found = set()
    for stack in stacks_of(pattern, "production"):
        for (of_pattern, kind), (name, on, off) in PROTECTED.items():
            protected = [x[name] for x in stack.all(kind) if name in x] if of_pattern == pattern else []
            if protected:
                assert protected == [{"Fn::If": ["ProtectFromDeletion", on, off]}]
                parameter = stack.template["Parameters"][DELETION_PROTECTION]
                assert (parameter["Default"], parameter["AllowedValues"]) == ("on", ["on", "off"])
                condition = stack.template["Conditions"]["ProtectFromDeletion"]
                assert condition == {"Fn::Equals": [{"Ref": DELETION_PROTECTION}, "on"]}
                found.add((of_pattern, kind))
    assert found == {key for key in PROTECTED if key[0] == pattern}


def test_buckets_hold_nothing_that_deletes_them(stacks_of: Stacks) -> None:
    """`patterns destroy` empties them; there is no function in a stack that may delete every version of everything."""
    for variant in ("aws", "production"):
        assert not [x for x in resources_of(stacks_of("batch", variant)) if x["Type"].startswith("Custom::")]
