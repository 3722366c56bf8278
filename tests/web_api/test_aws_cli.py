"""The stock AWS CLI works with the platform, with no flag but what ``patterns env`` says."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from patterns_infra.registry import PATTERNS
from patterns_local.platform import Platform

pytestmark = pytest.mark.integration

BIN = Path(sys.executable).parent
FOREIGN = {"AWS_PROFILE": "work", "AWS_SESSION_TOKEN": "stale", "AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:9"}
"""What a user may have set for their own account."""


def shell(platform: Platform, script: str, **variables: str) -> str:
    """Run a script as a user's shell would, with the workspace's programs on its path."""
    kept = {name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ}
    path = os.pathsep.join([str(BIN), "/usr/local/bin", "/usr/bin", "/bin"])
    environment = {**kept, "PATH": path, "PATTERNS_LOCAL_STATE": str(platform.folder.root), **variables}
    done = subprocess.run(
        ["/bin/sh", "-euc", script], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def exports(platform: Platform) -> str:
    """Return what ``patterns env`` prints to a user with credentials of another account."""
    return shell(platform, "patterns env", **FOREIGN)


def test_the_stock_cli_lists_the_stacks_resources(platform: Platform, exports: str) -> None:
    """After ``eval "$(patterns env)"`` the plain ``aws`` lists what the template says, whatever was set before."""
    name = PATTERNS["web_api"].stack_name(platform.stage)
    script = f'eval "$EXPORTS"; aws cloudformation list-stack-resources --stack-name {shlex.quote(name)}'
    listed = json.loads(shell(platform, script, EXPORTS=exports, **FOREIGN))["StackResourceSummaries"]
    kinds = {resource["ResourceType"] for resource in listed}
    wanted = {"AWS::ApiGateway::RestApi", "AWS::Lambda::Function", "AWS::DynamoDB::Table", "AWS::Cognito::UserPool"}
    assert wanted <= kinds
    assert {resource["ResourceStatus"] for resource in listed} <= {"CREATE_COMPLETE", "UPDATE_COMPLETE"}


def test_the_stock_cli_finds_what_the_outputs_name(platform: Platform, exports: str) -> None:
    """What ``patterns outputs`` names can be handed to ``aws``, even where its DynamoDB was somewhere else."""
    outputs = json.loads(shell(platform, "patterns outputs"))
    assert outputs["aws"]["endpoint_url"] == platform.endpoint_url
    script = (
        f'eval "$EXPORTS"; aws dynamodb describe-table --table-name {shlex.quote(outputs["web_api"]["orders_table"])}'
    )
    table = json.loads(shell(platform, script, EXPORTS=exports, **FOREIGN))["Table"]
    assert {index["IndexName"] for index in table["GlobalSecondaryIndexes"]} == {"by_customer", "by_customer_status"}
