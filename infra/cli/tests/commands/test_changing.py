"""Nothing in an AWS account changes without a person who saw which account it is."""

import io
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from patterns_cli.commands import bootstrap, changing
from patterns_cli.commands.failures import CommandError
from patterns_deploy import aws_deployment
from patterns_deploy.place import AwsClient, Place, stack_is_protected
from patterns_deploy.real_aws import AwsAccess
from patterns_infra.settings import Target


class Terminal(io.StringIO):
    """Somebody at a keyboard."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def _no_client(service: str) -> AwsClient:
    raise AssertionError(f"{service} was asked before the user had agreed")


@pytest.fixture
def removed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the stacks that were removed, from an account that answers without AWS."""
    place = Place(Target.AWS, "dev", "eu-west-1", "123456789012", "https://vpce.example.com", _no_client)
    access = AwsAccess(place, "arn:aws:sts::123456789012:assumed-role/deployer/me", {})
    monkeypatch.setattr(changing, "open_aws", lambda stage, region: (stage, region) == ("dev", None) and access)
    gone: list[str] = []

    def remove(_: AwsClient, stack: str) -> Sequence[str]:
        gone.append(stack)
        return ["AWS::DynamoDB::Table patterns-dev-orders"]

    monkeypatch.setattr(changing, "remove_stack", remove)
    monkeypatch.setattr(changing, "empty_buckets", lambda *_: None)
    monkeypatch.setattr(changing, "stack_is_protected", lambda *_: False)
    monkeypatch.setattr(changing, "count_messages", lambda *_: {})
    monkeypatch.setattr(Place, "client", lambda *_: None, raising=False)
    return gone


def _order(*patterns: str, yes: bool = False) -> changing.Order:
    return changing.Order(patterns or ["web_api"], Target.AWS, "dev", None, [], yes)


def test_account_region_stage_and_stacks_are_shown_and_the_stage_is_typed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], removed: list[str]
) -> None:
    """Only then is something done, and what remains is named."""
    monkeypatch.setattr(sys, "stdin", Terminal("dev\n"))
    changing.destroy(_order())
    shown = capsys.readouterr()
    for fact in (
        "123456789012",
        "eu-west-1",
        "stage    dev",
        "patterns-dev-web-api",
        "deployer/me",
        "vpce.example.com",
    ):
        assert fact in shown.err
    assert "remains: AWS::DynamoDB::Table patterns-dev-orders" in shown.err
    assert shown.out == ""
    assert removed == ["patterns-dev-web-api"]


@pytest.mark.parametrize("typed", ["", "yes\n", "production\n"])
def test_anything_else_changes_nothing(monkeypatch: pytest.MonkeyPatch, typed: str, removed: list[str]) -> None:
    """A habit of typing yes is not an agreement."""
    monkeypatch.setattr(sys, "stdin", Terminal(typed))
    with pytest.raises(CommandError, match="not confirmed; nothing was changed"):
        changing.destroy(_order())
    assert removed == []


def test_without_a_terminal_yes_must_have_been_said(monkeypatch: pytest.MonkeyPatch, removed: list[str]) -> None:
    """A script that forgot to say so stops; with --yes it goes on."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("dev\n"))
    with pytest.raises(CommandError, match="add --yes"):
        changing.destroy(_order())
    assert removed == []
    changing.destroy(_order(yes=True))
    assert removed == ["patterns-dev-web-api"]


@pytest.mark.parametrize("protected", ["patterns-dev-web-api", "patterns-dev-k8s", "patterns-dev-k8s-images"])
def test_a_protected_stack_is_refused_before_anything_is_asked_or_changed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], removed: list[str], protected: str
) -> None:
    """CloudFormation would refuse it after its buckets were emptied and its cluster's operator was removed."""
    monkeypatch.setattr(changing, "stack_is_protected", lambda _, stack: stack == protected)
    monkeypatch.setattr(changing, "empty_buckets", lambda *_: pytest.fail("emptied"))
    monkeypatch.setattr(aws_deployment, "empty_cluster", lambda *_, **__: pytest.fail("emptied"))
    with pytest.raises(CommandError, match=f"^{protected} has termination protection; nothing was changed"):
        changing.destroy(_order("web_api", "k8s", yes=True))
    assert capsys.readouterr().err == ""
    assert removed == []


def test_messages_that_would_be_lost_are_counted_before_anything_is_changed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], removed: list[str]
) -> None:
    """Only one who says that they may be lost destroys their queues, and is shown how many."""
    monkeypatch.setattr(changing, "count_messages", lambda *_: {"Fulfilment": 1_110, "FulfilmentDeadLetters": 2})
    counted = "1,110 in Fulfilment, 2 in FulfilmentDeadLetters"
    with pytest.raises(CommandError, match=f"^messages wait and would be lost: {counted}; nothing .*--discard"):
        changing.destroy(_order(yes=True))
    assert removed == []
    changing.destroy(replace(_order(yes=True), discard=True))
    assert f"messages {counted}" in capsys.readouterr().err
    assert removed == ["patterns-dev-web-api"]


def test_the_protection_of_a_stack_is_what_cloudformation_says() -> None:
    """No stack is not protected."""
    cloudformation: Any = boto3.client("cloudformation", "eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
    stub = Stubber(cloudformation)
    for protected in (True, False):
        found = {"StackName": "s", "StackStatus": "CREATE_COMPLETE", "CreationTime": 0}
        stub.add_response("describe_stacks", {"Stacks": [{**found, "EnableTerminationProtection": protected}]})
    stub.add_client_error("describe_stacks", "ValidationError", "Stack with id s does not exist")
    with stub:
        assert [stack_is_protected(cloudformation, "s") for _ in range(3)] == [True, False, False]


def test_what_concerns_the_whole_account_has_its_region_typed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """There is no stage to type; the setting is of one region."""
    place = Place(Target.AWS, "", "eu-west-1", "123456789012", None, _no_client)
    access = AwsAccess(place, "me", {})
    monkeypatch.setattr(bootstrap, "open_aws", lambda stage, region: (stage, region) == ("", "eu-west-1") and access)
    monkeypatch.setattr(bootstrap, "find_logs_role", lambda _: None)
    made: list[Place] = []

    def create(place: Place) -> str:
        made.append(place)
        return "the-role"

    monkeypatch.setattr(bootstrap, "create_logs_role", create)
    monkeypatch.setattr(sys, "stdin", Terminal("us-east-1\n"))
    with pytest.raises(CommandError, match="not confirmed; nothing was changed"):
        bootstrap.bootstrap("eu-west-1", yes=False)
    assert made == []
    monkeypatch.setattr(sys, "stdin", Terminal("eu-west-1\n"))
    bootstrap.bootstrap("eu-west-1", yes=False)
    shown = capsys.readouterr().err
    assert made == [place]
    assert "account-wide" in shown
    assert "writes logs with the-role" in shown
    assert "stage" not in shown


def test_a_role_that_is_there_is_not_asked_about(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A second bootstrap, or one of an account that others have set up, changes nothing."""
    place = Place(Target.AWS, "", "eu-west-1", "123456789012", None, _no_client)
    monkeypatch.setattr(bootstrap, "open_aws", lambda *_: AwsAccess(place, "me", {}))
    monkeypatch.setattr(bootstrap, "find_logs_role", lambda _: "arn:theirs")
    bootstrap.bootstrap(None, yes=False)
    assert "arn:theirs; nothing to do" in capsys.readouterr().err
