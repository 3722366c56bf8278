"""A deployment to AWS: bootstrap only where it is missing, change sets, nothing left running after a failure."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from patterns_deploy import aws_deployment
from patterns_deploy.aws_deployment import deploy_to_aws
from patterns_deploy.errors import DeployFailed
from patterns_deploy.place import Place
from patterns_deploy.progress import Silence
from patterns_deploy.real_aws import AwsAccess
from patterns_deploy.runner import Runner
from patterns_infra.registry import DELETION_PROTECTION, PATTERNS
from patterns_infra.settings import Settings

SETTINGS = Settings.from_mapping(
    {"target": "aws", "stage": "dev", "site_origin": "https://shop.example.com", "account": "123456789012"}
)
ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "theirs"}


class Assembly:
    """A synthesized stack of three resources."""

    path = Path("/assembly")

    def __init__(self, *parameters: str) -> None:
        """Its template takes these parameters."""
        self._parameters = {"Parameters": {name: {"Type": "String"} for name in parameters}} if parameters else {}

    def template(self, stack: str) -> dict[str, Any]:
        """Return it."""
        assert stack == "patterns-dev-web-api"
        return {"Resources": {"A": {}, "B": {}, "C": {}}, **self._parameters}


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
        assert settings.operator_phone in {None, "+10000000"}, "the process list and the assembly show no number"
        calls.append(("assemble", [x.name for x in patterns], settings.stage))
        if settings.operator_phone:
            calls.append("synthesized for a phone")
        taken = {"protects": DELETION_PROTECTION, "has a phone": "OperatorPhone"}
        return Assembly(*(name for call, name in taken.items() if call in calls))

    monkeypatch.setenv("PATTERNS_LOCAL_STATE", str(tmp_path))
    monkeypatch.setattr(aws_deployment, "Cdk", Cdk)
    monkeypatch.setattr(aws_deployment, "assemble", assemble)
    monkeypatch.setattr(Runner, "end_all", lambda _: calls.append("ended"))
    return calls


class CloudFormation:
    """A stack in this status, which cannot be deleted while it is protected; ``calls`` has what was changed."""

    def __init__(self, status: str | None, calls: list[Any], *, protected: bool) -> None:
        """Note changes among the other calls."""
        self._status, self._calls, self._protected = status, calls, protected

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803 - as boto3 calls it
        """Return it."""
        found = {"StackName": StackName, "StackStatus": self._status, "EnableTerminationProtection": self._protected}
        return {"Stacks": [found]}

    def update_termination_protection(self, StackName: str, EnableTerminationProtection: bool) -> None:  # noqa: FBT001, N803
        """Note it."""
        self._calls.append(("protection", StackName, EnableTerminationProtection))


def _deploy(
    monkeypatch: pytest.MonkeyPatch,
    toolkit: str | None,
    status: str | None = None,
    settings: Settings = SETTINGS,
    client: CloudFormation | None = None,
) -> None:
    monkeypatch.setattr(aws_deployment, "stack_status", lambda _, stack: toolkit if stack == "CDKToolkit" else status)
    place = Place(SETTINGS.target, "dev", "us-east-1", "123456789012", None, lambda _: client)
    deploy_to_aws(AwsAccess(place, "me", ENVIRONMENT), settings, [PATTERNS["web_api"]], report=Silence())


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


def test_a_telephone_number_is_given_as_a_parameter(monkeypatch: pytest.MonkeyPatch, done: list[Any]) -> None:
    """Only to a stack that takes it, and never to a template."""
    settings = replace(SETTINGS, operator_phone="+441632960999")
    _deploy(monkeypatch, "CREATE_COMPLETE", settings=settings)
    assert done[-1][-1] == {}
    done.append("has a phone")
    _deploy(monkeypatch, "CREATE_COMPLETE", settings=settings)
    assert done[-1][-1] == {"OperatorPhone": "+441632960999"}
    assert done.count("synthesized for a phone") == 2


def test_without_a_telephone_number_the_stack_has_none(monkeypatch: pytest.MonkeyPatch, done: list[Any]) -> None:
    """The template depends on whether there is one."""
    _deploy(monkeypatch, "CREATE_COMPLETE")
    assert "synthesized for a phone" not in done


def test_a_failure_ends_what_runs_and_is_told(monkeypatch: pytest.MonkeyPatch, done: list[Any]) -> None:
    """Nothing goes on in the background."""
    done.append("fail")
    with pytest.raises(DeployFailed, match="the reason"):
        _deploy(monkeypatch, "CREATE_COMPLETE")
    assert done[-1] == "ended"


@pytest.mark.parametrize(
    ("status", "given"),
    [
        *((status, ["off", "on"]) for status in (None, "REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED")),
        *(
            (status, ["on"])
            for status in ("CREATE_COMPLETE", "CREATE_FAILED", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")
        ),
    ],
)
def test_what_is_protected_is_so_once_its_stack_was_created(
    monkeypatch: pytest.MonkeyPatch, done: list[Any], status: str | None, given: list[str]
) -> None:
    """CloudFormation cannot take back what is protected; a stack that exists is never without it."""
    done.append("protects")
    _deploy(monkeypatch, "CREATE_COMPLETE", status, client=CloudFormation(status, done, protected=False))
    assert [call[4] for call in done if call[0] == "deploy"] == [{DELETION_PROTECTION: x} for x in given]


def test_a_creation_that_fails_protects_nothing(monkeypatch: pytest.MonkeyPatch, done: list[Any]) -> None:
    """There is no second deployment after it."""
    done += ["protects", "fail"]
    with pytest.raises(DeployFailed):
        _deploy(monkeypatch, "CREATE_COMPLETE")
    assert [call[4] for call in done if call[0] == "deploy"] == [{DELETION_PROTECTION: "off"}]


@pytest.mark.parametrize(
    ("status", "protected", "lifted"),
    [
        ("ROLLBACK_COMPLETE", True, True),
        ("ROLLBACK_FAILED", True, True),
        ("ROLLBACK_COMPLETE", False, False),
        *(
            (status, True, False)
            for status in ("CREATE_COMPLETE", "CREATE_FAILED", "UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_FAILED")
        ),
    ],
)
def test_what_a_rolled_back_creation_left_can_be_replaced(
    monkeypatch: pytest.MonkeyPatch, done: list[Any], status: str, *, protected: bool, lifted: bool
) -> None:
    """The CDK protects a stack before it has any resource, and deletes that one first; what exists stays protected."""
    _deploy(monkeypatch, "CREATE_COMPLETE", status, client=CloudFormation(status, done, protected=protected))
    changes = [call for call in done if call[0] in {"protection", "deploy"}]
    assert [call[0] for call in changes] == ["protection", "deploy"] if lifted else ["deploy"]
    assert changes[0][1:] == ("patterns-dev-web-api", False) if lifted else True
