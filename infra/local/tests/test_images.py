"""What stands for a member's container image, and what is asked of Docker where there is one."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docker
import pytest

from patterns_deploy.errors import DeployFailed
from patterns_deploy.folder import LocalFolder
from patterns_deploy.runner import Runner
from patterns_infra import container_images
from patterns_infra.container_images import declared_image, image_tag
from patterns_infra.paths import REPOSITORY
from patterns_infra.workspace import BundleError, member_folder
from patterns_local.docker import Docker
from patterns_local.fixups.deployed_stack import DeployedStack
from patterns_local.images import Images
from patterns_local.process_engine import ProcessEngine

Declare = Callable[[object], None]

PACKAGE, BUILT = "patterns-shared", "patterns-batch"
DECLARED = {
    "repository": "patterns-*-shared*",
    "entrypoint": ["python", "-c"],
    "environment": {"MODE": "image"},
    "build_args": {"BASE_DIGEST": "sha256:0"},
}


@pytest.fixture
def declare(monkeypatch: pytest.MonkeyPatch) -> Declare:
    """Return a function that has every member declare this image."""

    def declared(image: object) -> None:
        project = {"tool": {"patterns": {"image": image}}}
        monkeypatch.setattr(container_images, "member_project", lambda _: project)

    declared(DECLARED)
    return declared


@pytest.fixture
def images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Images:
    """Return images in a folder of the test's own."""
    monkeypatch.setattr("patterns_deploy.folder.LOCAL_STATE", tmp_path)
    folder = LocalFolder(tmp_path / "state")
    folder.prepare()
    return Images(folder, Runner(folder.deploy_log), None)


def test_a_member_says_what_its_image_starts(declare: Declare) -> None:
    """The rest has defaults."""
    declare({"repository": "r", "entrypoint": ["e"]})
    image = declared_image(PACKAGE)
    assert (image.repository, image.entrypoint, image.command, image.environment) == ("r", ("e",), (), {})


def test_a_declaration_that_is_missing_or_wrong_is_named(declare: Declare) -> None:
    """With the member and what is wrong."""
    with pytest.raises(BundleError, match="no workspace member is called 'patterns-none'"):
        member_folder("patterns-none")
    for wrong, reason in (
        (None, f"{PACKAGE} declares no container image"),
        ({"repository": "r"}, "needs repository and entrypoint"),
        ({"repository": "r", "entrypoint": ["e"], "port": 1}, "does not know port"),
    ):
        declare(wrong)
        with pytest.raises(BundleError, match=reason):
            declared_image(PACKAGE)


@pytest.mark.integration
def test_a_tag_names_one_content(declare: Declare) -> None:
    """The same input has the same tag; another declaration has another."""
    before = image_tag(PACKAGE)
    assert image_tag(PACKAGE) == before
    declare({**DECLARED, "command": ["other"]})
    assert image_tag(PACKAGE) != before


@pytest.mark.integration
@pytest.mark.usefixtures("declare")
def test_an_image_holds_the_member_and_what_it_declares(images: Images) -> None:
    """Installed as it would be in the image: not the checkout's code, and nothing that is not declared."""
    assert images.make(PACKAGE) == "containers run as processes on this machine"
    tag = image_tag(PACKAGE)
    made = images.folder.images / tag / "image.json"
    assert (first := made.stat().st_mtime_ns)
    with ProcessEngine(images.folder) as engine:
        engine.wait_ready(abandoned=lambda: False)
        client = docker.DockerClient(base_url=engine.url)
        image = f"000000000000.dkr.ecr.us-east-1.amazonaws.com/patterns-local-shared-repo1a2b:{tag}"
        source = "import os, patterns_shared as it; print(it.__file__, os.environ['MODE'])"
        where, mode = client.containers.run(image, [source]).decode().split()
        assert Path(where).is_relative_to(images.folder.images / tag)
        assert mode == "image"
        # uv keeps what it built of a member, and does not look whether its sources are still the same.
        installed, sources = Path(where).parent, REPOSITORY / "shared" / "src" / "patterns_shared"
        for file in sources.rglob("*.py"):
            assert (installed / file.relative_to(sources)).read_bytes() == file.read_bytes()
        undeclared = client.containers.run(image, ["import aws_cdk"], detach=True)
        assert undeclared.wait()["StatusCode"] == 1
        assert b"No module named 'aws_cdk'" in undeclared.logs()
        client.close()
    images.make(PACKAGE)
    assert made.stat().st_mtime_ns == first, "made again, though nothing has changed"


@pytest.mark.integration
@pytest.mark.usefixtures("declare")
def test_an_image_that_was_left_half_made_is_made_again(images: Images) -> None:
    """Its description is written last; and one for another Python is of no use."""
    image = images.folder.images / image_tag(PACKAGE)
    (image / "venv" / "broken").mkdir(parents=True)
    images.make(PACKAGE)
    assert not (image / "venv" / "broken").exists()
    document = json.loads((image / "image.json").read_text())
    (image / "image.json").write_text(json.dumps({**document, "interpreter": "/other/python"}))
    images.make(PACKAGE)
    assert json.loads((image / "image.json").read_text()) == document


@pytest.mark.integration
@pytest.mark.usefixtures("declare")
def test_what_uv_cannot_install_is_explained(images: Images, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the end of what it said, and without an image."""
    monkeypatch.setattr("patterns_local.images.interpreter", lambda: "/no/such/python")
    with pytest.raises(DeployFailed, match=f"uv could not install {PACKAGE} for its image") as failed:
        images.make(PACKAGE)
    assert "/no/such/python" in failed.value.detail
    assert not (images.folder.images / image_tag(PACKAGE) / "image.json").exists()


class _Ecs:
    """Knows one task definition."""

    def __init__(self, *images: str) -> None:
        self.images = images

    def describe_task_definition(self, **_: str) -> Any:  # noqa: ANN401 - as boto3's
        return {"taskDefinition": {"containerDefinitions": [{"image": image} for image in self.images]}}


@pytest.mark.integration
def test_docker_builds_the_image_and_learns_its_names(
    images: Images, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its own command: here one that writes down what it was asked for."""
    program, asked = tmp_path / "bin" / "docker", tmp_path / "asked"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$DOCKER_HOST $@" >> {asked}\ntest "$1" != fail\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    by_docker = Images(images.folder, images.runner, Docker("unix:///d.sock", "28.2"))
    tag = image_tag(BUILT)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    assert by_docker.make(BUILT) == "containers run by Docker 28.2"
    uri = f"0.dkr.ecr.us-east-1.amazonaws.com/patterns-local-shared:{tag}"
    template = {"Resources": {"T": {"Type": "AWS::ECS::TaskDefinition"}}}
    deployed = DeployedStack("s", template, {"T": "arn"}, {}, lambda _: _Ecs(uri, "busybox:1"))
    by_docker.name([BUILT], deployed)
    build, named = asked.read_text().splitlines()
    assert build.startswith("unix:///d.sock build --file ")
    assert "/patterns/batch/Dockerfile --build-arg BASE_DIGEST=sha256:" in build
    assert "--platform" not in build, "this machine's own"
    assert build.endswith(f" --tag {BUILT}:{tag} .")
    assert named == f"unix:///d.sock tag {BUILT}:{tag} {uri}"
    program.write_text("#!/bin/sh\necho no space left; exit 1\n")
    with pytest.raises(DeployFailed, match="docker build: ended with exit code 1") as failed:
        by_docker.make(BUILT)
    assert failed.value.detail == "no space left"
