"""A deployment to AWS: bootstrap only where it is missing, change sets, nothing left running after a failure."""

from pathlib import Path
from typing import Any

import pytest

from patterns_infra import aws_deployment
from patterns_infra.aws_deployment import deploy_to_aws
from patterns_infra.local.errors import DeployFailed
from patterns_infra.local.progress import Silence
from patterns_infra.local.runner import Runner
from patterns_infra.place import Place
from patterns_infra.real_aws import AwsAccess
from patterns_infra.registry import PATTERNS
from patterns_infra.settings import Settings

SETTINGS = Settings.from_mapping(
    {"target": "aws", "stage": "dev", "site_origin": "https://shop.example.com", "account": "123456789012"}
)
ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "theirs"}


class Assembly:
    """A synthesized stack of three resources."""

    path = Path("/assembly")

    def template(self, stack: str) -> dict[str, Any]:
        """Return it."""
        assert stack == "patterns-dev-web-api"
        return {"Resources": {"A": {}, "B": {}, "C": {}}}


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Any]:
    """Return what the CDK and the synthesis were asked, in order; nothing is really run."""
    calls: list[Any] = []

    class Cdk:
        def __init__(self, _folder: object, _runner: object, environment: object) -> None:
            assert environment == ENVIRONMENT, "exactly the credentials that were shown"

        def bootstrap(self, account: str, region: str, *, seconds: float) -> None:
            assert seconds > 0
            calls.append(("bootstrap", account, region))

        def deploy(self, stack: str, path: Path, *, direct: bool, parameters: dict[str, str], **_: object) -> None:
            calls.append(("deploy", stack, path, direct, parameters))
            if "fail" in calls:
                raise DeployFailed("the reason")

    def assemble(_folder: object, patterns: list[Any], settings: Settings, **more: object) -> Assembly:
        assert more["environment"] == ENVIRONMENT
        calls.append(("assemble", [x.name for x in patterns], settings.stage))
        return Assembly()

    monkeypatch.setenv("PATTERNS_LOCAL_STATE", str(tmp_path))
    monkeypatch.setattr(aws_deployment, "Cdk", Cdk)
    monkeypatch.setattr(aws_deployment, "assemble", assemble)
    monkeypatch.setattr(Runner, "end_all", lambda _: calls.append("ended"))
    return calls


def _deploy(monkeypatch: pytest.MonkeyPatch, toolkit: str | None) -> None:
    monkeypatch.setattr(aws_deployment, "stack_status", lambda _, stack: toolkit if stack == "CDKToolkit" else None)
    place = Place(SETTINGS.target, "dev", "us-east-1", "123456789012", None, lambda _: None)
    deploy_to_aws(AwsAccess(place, "me", ENVIRONMENT), SETTINGS, [PATTERNS["web_api"]], report=Silence())


def test_an_account_that_never_saw_the_cdk_is_bootstrapped_first(
    monkeypatch: pytest.MonkeyPatch, done: list[Any]
) -> None:
    """And the stack goes by a change set, which CloudFormation checks before it touches anything."""
    _deploy(monkeypatch, None)
    assert done == [
        ("assemble", ["web_api"], "dev"),
        ("bootstrap", "123456789012", "us-east-1"),
        ("deploy", "patterns-dev-web-api", Path("/assembly"), False, {}),
    ]


def test_a_bootstrapped_account_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch, done: list[Any]) -> None:
    """Its bootstrap may be somebody's own."""
    _deploy(monkeypatch, "UPDATE_COMPLETE")
    assert [call[0] for call in done] == ["assemble", "deploy"]


def test_a_failure_ends_what_runs_and_is_told(monkeypatch: pytest.MonkeyPatch, done: list[Any]) -> None:
    """Nothing goes on in the background."""
    done.append("fail")
    with pytest.raises(DeployFailed, match="the reason"):
        _deploy(monkeypatch, "CREATE_COMPLETE")
    assert done[-1] == "ended"
