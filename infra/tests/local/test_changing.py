"""Nothing in an AWS account changes without a person who saw which account it is."""

import io
import sys
from collections.abc import Sequence

import pytest

from patterns_infra.commands import changing
from patterns_infra.commands.failures import CommandError
from patterns_infra.place import AwsClient, Place
from patterns_infra.real_aws import AwsAccess
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
    monkeypatch.setattr(Place, "client", lambda *_: None, raising=False)
    return gone


def _order(*, yes: bool = False) -> changing.Order:
    return changing.Order(["web_api"], Target.AWS, "dev", None, [], yes)


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
