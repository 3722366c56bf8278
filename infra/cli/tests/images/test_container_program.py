"""Docker, or what takes its words: found, asked, and told no more than all of them know."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from patterns_deploy import container_program
from patterns_deploy.container_program import (
    ContainerProgram,
    NoContainerProgram,
    SignIn,
    build_words,
    find_container_program,
)
from patterns_deploy.errors import DeployFailed
from patterns_deploy.runner import Runner
from patterns_infra import container_images
from patterns_infra.workspace import BundleError

from .conftest import FakeDocker

SECRET = "123456789012-auth-token"
NOWHERE = "127.0.0.1:9"


def _real() -> ContainerProgram | None:
    try:
        return find_container_program(os.environ)
    except NoContainerProgram:
        return None


REAL = _real()
"""What the fake has to be like, where it is."""


@pytest.fixture(params=["fake", *([pytest.param("real", marks=pytest.mark.integration)] if REAL else [])])
def program(request: pytest.FixtureRequest) -> ContainerProgram:
    """Return the fake, then the real one if its engine answers."""
    if request.param == "real":
        assert REAL is not None
        return REAL
    fake: FakeDocker = request.getfixturevalue("fake_docker")
    return find_container_program(fake.environment)


@pytest.fixture
def member(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Return a function that gives every member this Dockerfile, and a folder of the test's own as repository."""
    monkeypatch.setattr(container_program, "REPOSITORY", tmp_path)
    project = {"tool": {"patterns": {"image": {"repository": "r", "entrypoint": ["e"], "platform": "linux/amd64"}}}}
    for module in (container_images, container_program):
        monkeypatch.setattr(module, "member_folder", lambda _: tmp_path)
    monkeypatch.setattr(container_images, "member_project", lambda _: project)

    def has(text: str) -> Path:
        (tmp_path / "Dockerfile").write_text(text)
        return tmp_path

    return has


class TestEveryProgram:
    """What docker does, the fake does, and podman and finch say that they do."""

    def test_an_image_is_built_and_gets_another_name(
        self, program: ContainerProgram, runner: Runner, member: Callable[[str], Path]
    ) -> None:
        """Of nothing, so that no registry is needed."""
        member("ARG BASE_DIGEST\nFROM scratch\nCOPY Dockerfile /it\n")
        program.build("patterns-tests", "patterns-tests:1", runner)
        with pytest.raises(DeployFailed, match=f"push to {NOWHERE}/none:1"):
            program.push("patterns-tests:1", f"{NOWHERE}/none:1", runner)

    def test_what_is_not_there_is_not_pushed(self, program: ContainerProgram, runner: Runner) -> None:
        """And the step is named."""
        with pytest.raises(DeployFailed, match=f"tag of {NOWHERE}/none:2: ended with exit code") as failed:
            program.push("patterns-tests:none", f"{NOWHERE}/none:2", runner)
        assert "such image" in failed.value.detail.lower()

    def test_a_registry_that_does_not_take_it(self, program: ContainerProgram) -> None:
        """The line says why, and not what was tried."""
        with (
            pytest.raises(DeployFailed, match=r"login: \w") as failed,
            program.signed_in(SignIn(NOWHERE, "AWS", "wrong-and-secret")),
        ):
            pytest.fail("nobody is signed in")
        assert "secret" not in f"{failed.value} {failed.value.detail}"
        assert "unknown" not in str(failed.value).lower(), "of a word that it does not know"


def test_the_build_is_for_the_declared_platform_with_the_bases_by_digest(
    fake_docker: FakeDocker, runner: Runner
) -> None:
    """From the repository's root, and without what would be a second image under no tag."""
    find_container_program(fake_docker.environment).build("patterns-batch", "patterns-batch:1", runner)
    call = fake_docker.calls[-1]
    words = call["words"]
    assert words[words.index("--platform") + 1] == "linux/arm64"
    arguments = dict(words[place + 1].split("=", 1) for place, word in enumerate(words) if word == "--build-arg")
    assert set(arguments) == {"BASE_DIGEST", "UV_DIGEST"}
    assert all(value.startswith("sha256:") and len(value) == 71 for value in arguments.values())
    assert words[-3:] == ["--tag", "patterns-batch:1", "."]
    assert call["environment"]["BUILDX_NO_DEFAULT_ATTESTATIONS"] == "1"
    assert call["environment"]["DOCKER_BUILDKIT"] == "1"


def test_an_argument_that_nobody_declares_is_named(member: Callable[[str], Path]) -> None:
    """Before anything is run: BuildKit's own complaint would be of an invalid reference."""
    member("ARG BASE_DIGEST\nARG OTHER_DIGEST\nARG WITH=default\nFROM a@${BASE_DIGEST}\nARG INSIDE\n")
    with pytest.raises(BundleError, match=r"^patterns-batch: its Dockerfile needs OTHER_DIGEST, which neither"):
        build_words("patterns-batch", "name")
    member("").joinpath("Dockerfile").unlink()
    with pytest.raises(BundleError, match="patterns-batch has no Dockerfile"):
        build_words("patterns-batch", "name")


def test_who_signs_in_leaves_nothing_behind(fake_docker: FakeDocker) -> None:
    """The user's own sign-ins and helpers are as before; the password was in no argument and in no log."""
    docker, home = find_container_program(fake_docker.environment), Path(fake_docker.environment["HOME"])
    (home / ".docker" / "contexts").mkdir(parents=True)
    own = '{"auths": {"other": {}}, "credsStore": "ecr-login", "currentContext": "colima"}'
    (home / ".docker" / "config.json").write_text(own)
    with docker.signed_in(SignIn("registry.example.com", "AWS", SECRET)) as signed:
        notes = Path(signed.environment["DOCKER_CONFIG"])
        assert notes.stat().st_mode & 0o777 == 0o700
        text = (notes / "config.json").read_text()
        assert '"currentContext": "colima"' in text
        assert "credsStore" not in text
        assert (notes / "contexts").resolve() == home / ".docker" / "contexts"
        assert signed.environment["REGISTRY_AUTH_FILE"].startswith(str(notes))
    assert not notes.exists()
    assert (home / ".docker" / "contexts").is_dir()
    assert (home / ".docker" / "config.json").read_text() == own
    assert fake_docker.commands == ["version", "login", "logout"]
    assert SECRET not in (fake_docker.folder / "calls.jsonl").read_text()
    assert SECRET not in repr(SignIn("registry.example.com", "AWS", SECRET))


def test_it_is_signed_out_after_a_failure_too(fake_docker: FakeDocker) -> None:
    """Whatever happened in between."""
    docker = find_container_program(fake_docker.environment)
    with pytest.raises(DeployFailed, match="in between"), docker.signed_in(SignIn("r", "AWS", SECRET)) as signed:
        raise DeployFailed("in between")
    assert not Path(signed.environment["DOCKER_CONFIG"]).exists()
    assert fake_docker.commands[-1] == "logout"


def test_no_program_is_one_clear_line(tmp_path: Path) -> None:
    """With the names that were looked for, or the one that the user gave."""
    with pytest.raises(NoContainerProgram, match="there is no docker or podman or finch"):
        find_container_program({"PATH": str(tmp_path)})
    with pytest.raises(NoContainerProgram, match="there is no nerdctl: needs CDK_DOCKER"):
        find_container_program({"PATH": str(tmp_path), "CDK_DOCKER": "nerdctl"})


def test_an_engine_that_does_not_answer_is_named_with_its_reason(fake_docker: FakeDocker) -> None:
    """The program alone is not enough."""
    (fake_docker.folder / "down").touch()
    with pytest.raises(NoContainerProgram, match="nothing answers; docker: Cannot connect to the Docker daemon"):
        find_container_program(fake_docker.environment)


def test_a_program_that_answers_is_taken_instead(fake_docker: FakeDocker) -> None:
    """Docker is installed and stopped, podman runs."""
    (fake_docker.folder / "down").touch()
    programs = Path(fake_docker.environment["PATH"].split(":")[0])
    (programs / "podman").write_text("#!/bin/sh\nexit 0\n")
    (programs / "podman").chmod(0o755)
    assert find_container_program(fake_docker.environment).name == "podman"


def test_an_engine_that_hangs_is_given_up(fake_docker: FakeDocker, monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine behind a dead connection does not hold the command for ever."""
    monkeypatch.setattr(container_program, "_ANSWER_SECONDS", 0.2)
    sleep = shutil.which("sleep")
    program = Path(fake_docker.environment["PATH"].split(":")[0], "docker")
    program.write_text(f"#!/bin/sh\nexec {sleep} 60\n")
    with pytest.raises(NoContainerProgram, match=r"docker: no answer in 0\.2 s"):
        find_container_program(fake_docker.environment)
