"""API Gateway's account-wide role for logs: never a stack's, checked before a deployment, set once and by consent."""

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from patterns_deploy.gateway_logs_role import NoLogsRole, create_logs_role, find_logs_role, require_logs_role
from patterns_deploy.place import Place
from patterns_infra.settings import Target
from patterns_infra.synthesized import SynthesizedStack

ROLE = "arn:aws:iam::123456789012:role/patterns-api-gateway-logs"
POLICY = "arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
PATCH = {"patchOperations": [{"op": "replace", "path": "/cloudwatchRoleArn", "value": ROLE}]}


class Account:
    """An account's API Gateway and IAM, whose every request is held against the services' models, in order."""

    def __init__(self) -> None:
        """Expect nothing yet."""
        keys = {"region_name": "eu-west-1", "aws_access_key_id": "a", "aws_secret_access_key": "b"}
        self.clients: dict[str, Any] = {name: boto3.client(name, **keys) for name in ("apigateway", "iam")}  # type: ignore[call-overload]
        self.stubs = {name: Stubber(client) for name, client in self.clients.items()}
        for stub in self.stubs.values():
            stub.activate()
        self.place = Place(Target.AWS, "", "eu-west-1", "123456789012", None, self.clients.__getitem__)

    def set_to(self, role: str | None) -> None:
        """Expect to be asked for the setting."""
        self.stubs["apigateway"].add_response("get_account", {"cloudwatchRoleArn": role} if role else {}, {})

    def has_role(self, *, exists: bool) -> None:
        """Expect to be asked for the role."""
        if not exists:
            self.stubs["iam"].add_client_error("get_role", "NoSuchEntity", http_status_code=404)
            return
        answer = {"Path": "/", "RoleName": "x", "RoleId": "A" * 20, "Arn": ROLE, "CreateDate": 0}
        self.stubs["iam"].add_response("get_role", {"Role": answer}, {"RoleName": ROLE.rpartition("/")[2]})

    def takes_policy(self) -> None:
        """Expect the managed policy of API Gateway to be attached."""
        self.stubs["iam"].add_response("attach_role_policy", {}, {"RoleName": ANY, "PolicyArn": POLICY})

    def all_asked(self) -> None:
        """Check that nothing is left."""
        for stub in self.stubs.values():
            stub.assert_no_pending_responses()


@pytest.fixture
def account() -> Account:
    """Return an account."""
    return Account()


def test_no_stack_sets_the_account_s_role(
    anywhere: SynthesizedStack, synthesize: Callable[[str], SynthesizedStack]
) -> None:
    """A stage would change what other stages and programs of the account log by, and leave its role behind."""
    for stack in (anywhere, synthesize("private")):
        assert not stack.of_type("ApiGateway::Account")
        roles = json.dumps(stack.all("IAM::Role"))
        assert "AmazonAPIGatewayPushToCloudWatchLogs" not in roles


def test_a_deployment_without_the_role_is_refused_with_the_command_that_sets_it(account: Account) -> None:
    """CloudFormation would fail at the stage, after minutes, and roll everything back."""
    account.set_to(None)
    with pytest.raises(NoLogsRole, match=r"^API Gateway in eu-west-1 has no role to write logs with") as refused:
        require_logs_role(account.place)
    assert "patterns bootstrap --region eu-west-1" in str(refused.value)
    account.all_asked()


def test_a_role_that_is_set_is_left_as_it_is(account: Account) -> None:
    """It may be anybody's: API Gateway has one for each region of the account."""
    account.set_to(ROLE)
    account.has_role(exists=True)
    require_logs_role(account.place)
    account.all_asked()


def test_a_role_that_was_deleted_since_is_refused_as_none(account: Account) -> None:
    """The setting outlives the role, and the stage would be created without a log."""
    account.set_to(ROLE)
    account.has_role(exists=False)
    with pytest.raises(NoLogsRole, match=r"patterns bootstrap --region eu-west-1"):
        require_logs_role(account.place)
    account.all_asked()


def test_the_role_that_is_set_is_found_only_while_it_exists(account: Account) -> None:
    """The setting outlives a role that went with some stack, and logs are then lost without a word."""
    account.set_to(None)
    assert find_logs_role(account.place) is None
    account.set_to(ROLE)
    account.has_role(exists=True)
    assert find_logs_role(account.place) == ROLE
    account.set_to(ROLE)
    account.has_role(exists=False)
    assert find_logs_role(account.place) is None
    account.all_asked()


def test_bootstrap_makes_a_role_that_only_api_gateway_assumes(account: Account) -> None:
    """With AWS's policy for exactly this, and sets it once IAM has told API Gateway of it."""
    iam, gateway = account.stubs["iam"], account.stubs["apigateway"]
    made = {"Path": "/", "RoleName": "x", "RoleId": "A" * 20, "Arn": ROLE, "CreateDate": 0}
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "apigateway.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
    iam.add_response(
        "create_role",
        {"Role": made},
        {"RoleName": "patterns-api-gateway-logs", "Description": ANY, "AssumeRolePolicyDocument": json.dumps(trust)},
    )
    account.takes_policy()
    message = "The role ARN does not have required permissions configured."
    for _ in range(2):
        gateway.add_client_error("update_account", "BadRequestException", message, expected_params=PATCH)
    gateway.add_response("update_account", {"cloudwatchRoleArn": ROLE}, PATCH)
    waited: list[float] = []
    assert create_logs_role(account.place, sleep=waited.append) == ROLE
    assert len(waited) == 2
    account.all_asked()


def test_the_role_of_another_region_is_used_again(account: Account) -> None:
    """Roles are global, the setting is a region's."""
    account.stubs["iam"].add_client_error("create_role", "EntityAlreadyExists", http_status_code=409)
    account.has_role(exists=True)
    account.takes_policy()
    account.stubs["apigateway"].add_response("update_account", {"cloudwatchRoleArn": ROLE}, PATCH)
    assert create_logs_role(account.place, sleep=lambda _: None) == ROLE
    account.all_asked()


def test_a_role_that_api_gateway_does_not_take_is_said(account: Account) -> None:
    """The wait has an end, and the answer is in the error."""
    account.stubs["iam"].add_client_error("create_role", "EntityAlreadyExists", http_status_code=409)
    account.has_role(exists=True)
    account.takes_policy()
    for _ in range(20):
        account.stubs["apigateway"].add_client_error("update_account", "BadRequestException", "not this one")
    waited: list[float] = []
    with pytest.raises(NoLogsRole, match=r"API Gateway in eu-west-1 does not take .*: not this one"):
        create_logs_role(account.place, sleep=waited.append)
    assert 30 < sum(waited) < 300
