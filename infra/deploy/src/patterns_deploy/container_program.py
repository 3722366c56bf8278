"""The user's program that builds and pushes images: docker, or one that takes the same words, podman or finch.

``CDK_DOCKER`` names another one, as it does for the CDK. Only words that all of them know are used; what is for
BuildKit alone is said by its variables, which the others pass by.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from patterns_deploy.errors import DeployFailed, PlatformError
from patterns_deploy.runner import CommandFailed, Runner
from patterns_infra.container_images import declared_image, missing_arguments
from patterns_infra.paths import REPOSITORY
from patterns_infra.tool_environment import tool_environment
from patterns_infra.workspace import BundleError, member_folder

__all__ = ["ContainerProgram", "NoContainerProgram", "SignIn", "build_words", "find_container_program"]

_PROGRAMS = ("docker", "podman", "finch")
_ANSWER_SECONDS = 30.0
_SIGN_IN_SECONDS = 60.0
_BUILD_SECONDS = 3600.0
_BUILDKIT: Mapping[str, str] = {
    "DOCKER_BUILDKIT": "1",
    "BUILDKIT_PROGRESS": "plain",
    # One manifest a tag: an attestation would be a second image without a tag, and hold the time of the build.
    "BUILDX_NO_DEFAULT_ATTESTATIONS": "1",
}
_CREDENTIALS = {"auths", "credsStore", "credHelpers"}


class NoContainerProgram(PlatformError):
    """Images cannot be built or pushed on this machine; the line says what was looked for."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """What a registry takes.

    Attributes:
        registry: its host.
        user: whom it knows.
        password: secret, and short-lived.
    """

    registry: str
    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ContainerProgram:
    """A program that answered.

    Attributes:
        name: as the user calls it.
        environment: the user's own.
    """

    name: str
    environment: Mapping[str, str]

    def build(self, package: str, name: str, runner: Runner) -> None:
        """Build a member's image for the platform that it declares, under a local name.

        Raises:
            BundleError: the declaration lacks an argument.
            DeployFailed: with what the program said.
        """
        platform = ("--platform", declared_image(package).platform)
        self._run(runner, *build_words(package, name, *platform), what=f"build of {package}")

    def push(self, name: str, remote: str, runner: Runner) -> None:
        """Push an image that has a local name to where it shall be.

        Raises:
            DeployFailed: with what the program said.
        """
        self._run(runner, "tag", name, remote, what=f"tag of {remote}")
        self._run(runner, "push", remote, what=f"push to {remote}")

    @contextmanager
    def signed_in(self, sign_in: SignIn) -> Iterator["ContainerProgram"]:
        """Give the program as a registry knows it, until the end of the block.

        What it notes of that goes to a folder of its own: the user's sign-ins stay as they are, nothing secret is left
        behind, and a helper that keeps them is not asked (ECR's own takes none: "not implemented").

        Raises:
            DeployFailed: with what the program said.
        """
        with TemporaryDirectory(prefix="patterns-registry-") as name:
            own = replace(self, environment=_own_configuration(Path(name), self.environment))
            words = ["login", "--username", sign_in.user, "--password-stdin", sign_in.registry]
            done = own._ask(words, given=sign_in.password, seconds=_SIGN_IN_SECONDS)  # noqa: SLF001 - its own kind
            if done:
                raise DeployFailed(f"{self.name} login: {done.replace(sign_in.password, '…')}")
            try:
                yield own
            finally:
                # For a program that keeps its notes elsewhere; where they were in the folder, they go with it.
                own._ask(["logout", sign_in.registry], seconds=_SIGN_IN_SECONDS)  # noqa: SLF001 - as above

    def ask(self) -> str:
        """Return why it cannot be used, empty when it answers: its engine must, too."""
        return self._ask(["version"], seconds=_ANSWER_SECONDS)

    def _ask(self, words: list[str], *, seconds: float, given: str = "") -> str:
        """Run it without a log; what it complained of, empty when it succeeded."""
        try:
            done = subprocess.run(
                [self.name, *words],
                input=given,
                env=tool_environment(self.environment),
                capture_output=True,
                text=True,
                errors="replace",
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return f"no answer in {seconds:g} s"
        except OSError as error:
            return f"cannot be started: {error.strerror}"
        said = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        return (said[-1] if said else f"exit code {done.returncode}") if done.returncode else ""

    def _run(self, runner: Runner, *words: str, what: str) -> None:
        environment = {**tool_environment(self.environment), **_BUILDKIT}
        try:
            runner.run([self.name, *words], environment=environment, folder=REPOSITORY, seconds=_BUILD_SECONDS)
        except CommandFailed as failed:
            raise DeployFailed(f"{self.name} {what}: {failed}", detail=failed.detail) from failed


def find_container_program(environment: Mapping[str, str]) -> ContainerProgram:
    """Return the first program that answers.

    Raises:
        NoContainerProgram: none does; with what each one said.
    """
    chosen = environment.get("CDK_DOCKER")
    names = (chosen,) if chosen else _PROGRAMS
    present = [name for name in names if shutil.which(name, path=environment.get("PATH"))]
    if not present:
        where = "CDK_DOCKER" if chosen else "one of them installed, or CDK_DOCKER naming another"
        raise NoContainerProgram(
            f"a container image has to be built, and there is no {' or '.join(names)}: needs {where}"
        )
    reasons = []
    for name in present:
        program = ContainerProgram(name, environment)
        if not (reason := program.ask()):
            return program
        reasons.append(f"{name}: {reason}")
    raise NoContainerProgram(f"a container image has to be built, and nothing answers; {'; '.join(reasons)}")


def build_words(package: str, name: str, *options: str) -> list[str]:
    """Return the arguments that build a member's image, from the repository's root, since the lock file is there.

    Raises:
        BundleError: the member has no Dockerfile, or one with an argument that nobody declares.
    """
    dockerfile = member_folder(package) / "Dockerfile"
    if not dockerfile.is_file():
        raise BundleError(f"{package} has no Dockerfile")
    if missing := missing_arguments(package):
        raise BundleError(
            f"{package}: its Dockerfile needs {', '.join(missing)}, which neither [tool.patterns.image] build_args nor "
            "the workspace's [tool.patterns.bases] has"
        )
    given = declared_image(package).build_args.items()
    arguments = [word for argument, value in given for word in ("--build-arg", f"{argument}={value}")]
    return ["build", "--file", str(dockerfile), *options, *arguments, "--tag", name, "."]


def _own_configuration(folder: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment in which the program keeps its sign-ins in the folder, and knows all else as before."""
    usual = Path(environment.get("DOCKER_CONFIG") or Path(environment.get("HOME", os.devnull)) / ".docker")
    with suppress(OSError, ValueError):
        known = json.loads((usual / "config.json").read_text())
        kept = {name: value for name, value in known.items() if name not in _CREDENTIALS}
        (folder / "config.json").write_text(json.dumps(kept))
    for name in ("contexts", "cli-plugins"):
        if (usual / name).is_dir():
            (folder / name).symlink_to(usual / name)
    return {**environment, "DOCKER_CONFIG": str(folder), "REGISTRY_AUTH_FILE": str(folder / "auth.json")}
