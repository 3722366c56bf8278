"""The stock AWS CLI works with the platform, with no flag but what ``patterns env`` says."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from patterns_infra.local.platform import Platform
from patterns_infra.registry import PATTERNS

pytestmark = pytest.mark.integration

BIN = Path(sys.executable).parent


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


def test_the_stock_cli_lists_the_stacks_resources(platform: Platform) -> None:
    """After ``eval "$(patterns env)"`` the plain ``aws`` lists what the template says, whatever was set before."""
    name = PATTERNS["web_api"].stack_name(platform.stage)
    script = f'eval "$(patterns env)"; aws cloudformation list-stack-resources --stack-name {shlex.quote(name)}'
    foreign = {"AWS_PROFILE": "work", "AWS_SESSION_TOKEN": "stale", "AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:9"}
    listed = json.loads(shell(platform, script, **foreign))["StackResourceSummaries"]
    kinds = {resource["ResourceType"] for resource in listed}
    wanted = {"AWS::ApiGateway::RestApi", "AWS::Lambda::Function", "AWS::DynamoDB::Table", "AWS::Cognito::UserPool"}
    assert wanted <= kinds
    assert {resource["ResourceStatus"] for resource in listed} <= {"CREATE_COMPLETE", "UPDATE_COMPLETE"}


def test_the_stock_cli_reads_the_table_and_the_outputs_name_it(platform: Platform) -> None:
    """What ``patterns outputs`` names can be handed to ``aws``."""
    script = 'eval "$(patterns env)"; patterns outputs; aws dynamodb describe-table --table-name patterns-local-orders'
    printed = shell(platform, script, AWS_ENDPOINT_URL_DYNAMODB="http://127.0.0.1:9")
    outputs, end = json.JSONDecoder().raw_decode(printed)
    table = json.loads(printed[end:])["Table"]
    assert outputs["web_api"]["orders_table"] == table["TableName"]
    assert outputs["aws"]["endpoint_url"] == platform.endpoint_url
    assert {index["IndexName"] for index in table["GlobalSecondaryIndexes"]} == {"by_customer", "by_customer_status"}
