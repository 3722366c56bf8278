"""Images on their way to AWS: what is there before what, and what is left when a step fails."""

import sys
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from patterns_cli.commands import changing
from patterns_cli.commands import images as commands
from patterns_cli.commands.failures import CommandError, WrongUse
from patterns_deploy import aws_deployment
from patterns_deploy.container_program import ContainerProgram, NoContainerProgram
from patterns_deploy.errors import DeployFailed
from patterns_deploy.image_registry import find_repository
from patterns_deploy.place import AwsClient
from patterns_deploy.runner import Runner
from patterns_deploy.stack_removal import remove_stack
from patterns_infra.container_images import image_tag
from patterns_infra.settings import Target
from patterns_infra.synthesized import SynthesizedStack
from patterns_shared.testing.no_account import without_account

from .account import BATCH, IMAGES, REPOSITORY, WEB_API, Account
from .conftest import FakeDocker

TAG = "0123456789abcdef0123456789abcdef"
REMOTE = f"123456789012.dkr.ecr.us-east-1.amazonaws.com/{REPOSITORY}:{TAG}"
STAGES = {"local": "local", "aws": "dev", "production": "production"}
ORIGIN = "site_origin=https://shop.example.com"


@pytest.fixture
def account(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, image_stack: Callable[[str], SynthesizedStack]
) -> Iterator[Account]:
    """Return an account in which nothing is; the tag of every image is known beforehand."""
    monkeypatch.setenv("PATTERNS_LOCAL_STATE", str(tmp_path / "state"))
    made = Account(image_stack("aws").template)
    monkeypatch.setattr(aws_deployment, "Cdk", made.cdk)
    monkeypatch.setattr(aws_deployment, "assemble", lambda *_, **__: made)
    monkeypatch.setattr("patterns_deploy.image_delivery.image_tag", lambda _: TAG)
    monkeypatch.setattr(changing, "open_aws", lambda *_: made.access)
    monkeypatch.setattr(changing, "require_logs_role", lambda _: None)
    monkeypatch.setattr(sys, "stdin", StringIO())
    with without_account(), mock_aws():
        yield made


def order(*patterns: str, yes: bool = True) -> changing.Order:
    """Return an order for the account's stage."""
    settings = [ORIGIN] if "web_api" in patterns else []
    return changing.Order(patterns, Target.AWS, "dev", None, settings, yes)


def test_everything_comes_before_what_needs_it(account: Account, fake_docker: FakeDocker, tmp_path: Path) -> None:
    """Built before anything is created; pushed after the repository is there, and before what runs it."""
    changing.deploy(order("batch"))
    assert account.steps == ["bootstrap", IMAGES, BATCH]
    assert fake_docker.commands == ["version", "build", "login", "tag", "push", "logout"]
    assert fake_docker.pushed == [REMOTE]
    assert account.stacks == {"CDKToolkit", IMAGES, BATCH}
    said = "".join(file.read_text() for file in (tmp_path / "state").rglob("*") if file.is_file())
    token = boto3.client("ecr").get_authorization_token()["authorizationData"][0]["authorizationToken"]
    for secret in (token, "123456789012-auth-token"):
        assert secret not in said
        assert secret not in (fake_docker.folder / "calls.jsonl").read_text()


def test_what_is_left_running_is_shown_before_the_question(
    account: Account, fake_docker: FakeDocker, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the templates cost a day and a weekend; nothing was done to the account until it is confirmed."""
    gateway = {"Resources": {"Gateway": {"Type": "AWS::EC2::NatGateway"}}}
    repositories = account.template(IMAGES)
    monkeypatch.setattr(account, "template", lambda stack: repositories if stack == IMAGES else gateway)
    with pytest.raises(CommandError, match="confirm"):
        changing.deploy(order("batch", yes=False))
    shown = capsys.readouterr().err
    assert (
        "  costs    1.08 $ a day, 2.84 $ a weekend, while nothing happens; a day's largest: NAT gateways 1.08" in shown
    )
    assert (account.steps, account.stacks, fake_docker.pushed) == ([], set(), [])


def test_without_a_program_nothing_is_created(
    account: Account, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nor is anybody asked for an agreement to what cannot be done."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoContainerProgram, match="there is no docker"):
        changing.deploy(order("batch", yes=False))
    assert (account.steps, account.stacks) == ([], set())


def test_an_image_that_is_there_needs_no_program(
    account: Account, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is neither built nor pushed again: a deployment of what was deployed before, or pushed elsewhere."""
    account.has_image(TAG)
    monkeypatch.setenv("PATH", str(tmp_path))
    changing.deploy(order("batch"))
    assert account.steps == ["bootstrap", IMAGES, BATCH]
    shown = capsys.readouterr().err
    assert f"images   patterns-batch:{TAG} (pushed before)" in shown
    assert "push patterns-batch: done in" in shown


def test_another_image_of_the_repository_does_not_count(account: Account, fake_docker: FakeDocker) -> None:
    """What was pushed before is another content."""
    account.has_image("ffffffffffffffffffffffffffffffff")
    changing.deploy(order("batch"))
    assert fake_docker.pushed == [REMOTE]


def test_a_build_that_fails_leaves_the_account_as_it_was(account: Account, fake_docker: FakeDocker) -> None:
    """Not even the CDK's own stack is there; the step and what was said are told."""
    fake_docker.fails("build", "ERROR: no space left on device")
    with pytest.raises(DeployFailed, match="docker build of patterns-batch: ended with exit code 1") as failed:
        changing.deploy(order("batch"))
    assert failed.value.detail == "ERROR: no space left on device"
    assert (account.steps, account.stacks) == ([], set())


def test_a_push_that_fails_stops_every_pattern(account: Account, fake_docker: FakeDocker) -> None:
    """An empty repository is all that is left, and the next try goes on from there."""
    fake_docker.fails("push", "denied: requested access to the resource is denied")
    with pytest.raises(DeployFailed, match=f"docker push to {REMOTE}: ended with exit code 1") as failed:
        changing.deploy(order("web_api", "batch"))
    assert "denied" in failed.value.detail
    assert account.stacks == {"CDKToolkit", IMAGES}
    assert fake_docker.commands[-1] == "logout"
    (fake_docker.folder / "fail-push").unlink()
    changing.deploy(order("web_api", "batch"))
    assert account.stacks == {"CDKToolkit", IMAGES, BATCH, WEB_API}


def test_a_repository_that_cannot_be_made_stops_it_too(account: Account, fake_docker: FakeDocker) -> None:
    """Nothing is pushed."""
    account.fails = IMAGES
    with pytest.raises(DeployFailed, match="patterns-dev-batch-images: the reason"):
        changing.deploy(order("batch"))
    assert fake_docker.pushed == []
    assert account.stacks == {"CDKToolkit"}


def test_somebody_else_may_push_the_same_first(
    account: Account, fake_docker: FakeDocker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tag is immutable, so that the push is refused; it names the same content."""
    fake_docker.fails("push", "tag invalid: the image tag already exists and cannot be overwritten")
    push = ContainerProgram.push

    def late(self: ContainerProgram, name: str, remote: str, runner: Runner) -> None:
        account.has_image(TAG)
        push(self, name, remote, runner)

    monkeypatch.setattr(ContainerProgram, "push", late)
    changing.deploy(order("batch"))
    assert account.steps[-1] == BATCH


def test_a_source_that_changes_meanwhile_stops_it(
    account: Account, fake_docker: FakeDocker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The templates name the image by the content that it had."""
    tags = iter([TAG, "changed"])
    monkeypatch.setattr("patterns_deploy.image_delivery.image_tag", lambda _: next(tags))
    with pytest.raises(DeployFailed, match="patterns-batch was changed meanwhile, nothing was deployed"):
        changing.deploy(order("batch"))
    assert account.stacks == set()
    assert "push" not in fake_docker.commands


def test_a_repository_that_was_replaced_gets_the_image_again(
    account: Account, fake_docker: FakeDocker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The image was in the old one; it is built late then, but still before what runs it."""
    account.has_image(TAG)
    deploy = account.deploy

    def replaced(stack: str, path: Path, **options: object) -> None:
        deploy(stack, path, **options)
        if stack == IMAGES:
            boto3.client("ecr").batch_delete_image(repositoryName=REPOSITORY, imageIds=[{"imageTag": TAG}])

    monkeypatch.setattr(account, "deploy", replaced)
    changing.deploy(order("batch"))
    assert fake_docker.commands == ["version", "build", "login", "tag", "push", "logout"]
    assert account.steps[-1] == BATCH


def test_pushing_is_the_first_half_of_it(account: Account, fake_docker: FakeDocker) -> None:
    """A machine with Docker pushes, another one deploys."""
    commands.push(order("batch"))
    assert account.stacks == {"CDKToolkit", IMAGES}
    assert fake_docker.pushed == [REMOTE]


def test_pushing_asks_first(account: Account, fake_docker: FakeDocker) -> None:
    """As everything does that changes an account."""
    with pytest.raises(CommandError, match="add --yes"):
        commands.push(order("batch", yes=False))
    assert account.stacks == set()
    assert fake_docker.commands == ["version"]


@pytest.mark.usefixtures("account")
def test_building_prints_the_name_and_asks_no_account(
    fake_docker: FakeDocker, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """For a script, on standard output."""
    monkeypatch.setattr(changing, "open_aws", lambda *_: pytest.fail("asked"))
    commands.build(order("batch"))
    assert capsys.readouterr().out == f"patterns-batch:{TAG}\n"
    assert fake_docker.commands == ["version", "build"]
    with pytest.raises(WrongUse, match="web_api runs no container image; there are batch"):
        commands.build(order("web_api"))


def test_destroying_says_which_images_go(
    account: Account, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And removes what runs them before them."""
    account.has_image(TAG)
    account.create(BATCH, account.template(BATCH))

    def emptied(client: AwsClient, stack: str) -> list[str] | None:
        if stack == IMAGES:  # CloudFormation empties such a repository, moto does not
            boto3.client("ecr").batch_delete_image(repositoryName=REPOSITORY, imageIds=[{"imageTag": TAG}])
        return remove_stack(client, stack)

    monkeypatch.setattr(changing, "remove_stack", emptied)
    changing.destroy(order("batch"))
    shown = capsys.readouterr().err
    assert f"stacks   {IMAGES}, {BATCH}\n" in shown
    assert f"images   1 in {REPOSITORY}\n" in shown
    assert shown.index(f"{BATCH}: destroyed") < shown.index(f"{IMAGES}: destroyed")
    assert account.stacks == set()


def test_images_stay_when_what_runs_them_cannot_be_removed(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its tasks pull them."""
    account.has_image(TAG)
    account.create(BATCH, account.template(BATCH))

    def refused(_: object, stack: str) -> None:
        raise DeployFailed(f"{stack}: is protected")

    monkeypatch.setattr(changing, "remove_stack", refused)
    with pytest.raises(DeployFailed, match=f"{BATCH}: is protected"):
        changing.destroy(order("batch"))
    repository = find_repository(account.access.place, "patterns-batch")
    assert repository is not None
    assert repository.has(TAG)


def test_the_tag_is_what_the_template_runs(batch_stack: Callable[[str], SynthesizedStack]) -> None:
    """What is pushed is what the task definition names, in the repository whose name was published."""
    stack = batch_stack("aws")
    (container,) = stack.only("ECS::TaskDefinition")["ContainerDefinitions"]
    *_, repository, tag = container["Image"]["Fn::Join"][1]
    assert tag == f":{image_tag('patterns-batch')}"
    parameter = stack.template["Parameters"][repository["Ref"]]
    assert parameter == {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/patterns/dev/images/patterns-batch"}


def test_the_task_runs_where_the_image_is_for(batch_stack: Callable[[str], SynthesizedStack]) -> None:
    """One declaration decides both."""
    platform = batch_stack("aws").only("ECS::TaskDefinition")["RuntimePlatform"]
    assert platform == {"CpuArchitecture": "ARM64", "OperatingSystemFamily": "LINUX"}


@pytest.mark.parametrize("variant", list(STAGES))
def test_repositories(image_stack: Callable[[str], SynthesizedStack], variant: str) -> None:
    """Scanned on push, immutable, the old ones gone by themselves, all gone with the stack; protected in production."""
    stack = image_stack(variant)
    (repository,) = stack.of_type("ECR::Repository").values()
    properties = repository["Properties"]
    assert properties["ImageScanningConfiguration"] == {"ScanOnPush": True}
    assert properties["ImageTagMutability"] == "IMMUTABLE"
    assert '"countNumber":20' in properties["LifecyclePolicy"]["LifecyclePolicyText"]
    assert (properties["EmptyOnDelete"], repository["DeletionPolicy"]) == (True, "Delete")
    assert "RepositoryName" not in properties, "a name that is fixed could be taken"
    assert stack.protected is (variant == "production")
    assert {x["Type"] for x in stack.resources.values()} == {"AWS::ECR::Repository", "AWS::SSM::Parameter"}
    published = stack.only("SSM::Parameter")
    assert published["Name"] == f"/patterns/{STAGES[variant]}/images/patterns-batch"
    assert published["Value"] == {"Ref": stack.id_of("ECR::Repository")}
