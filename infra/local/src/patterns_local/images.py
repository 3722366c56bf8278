"""Making what stands for a member's container image here: by Docker, or as an environment that a process runs in."""

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from patterns_deploy.container_program import build_words
from patterns_deploy.errors import DeployFailed
from patterns_deploy.files import write_atomically
from patterns_deploy.folder import LocalFolder
from patterns_deploy.lock import exclusive
from patterns_deploy.runner import CommandFailed, Runner
from patterns_infra.container_images import ImageDeclaration, declared_image, image_tag
from patterns_infra.paths import REPOSITORY
from patterns_infra.tool_environment import tool_environment
from patterns_infra.workspace import members_of
from patterns_local.container_engine.images import IMAGE_FILE
from patterns_local.docker import Docker, describe_containers
from patterns_local.emulator_environment import interpreter, uv_command
from patterns_local.fixups.deployed_stack import DeployedStack
from patterns_local.local_aws import build_environment

__all__ = ["Images"]

_SECONDS = 1800.0
_KEPT = 8
"""Process images that stay, the last used ones."""


@dataclass(frozen=True, slots=True)
class Images:
    """The images of one platform.

    Attributes:
        folder: the platform's files.
        runner: runs uv or docker.
        docker: the engine that runs containers; without one they are processes.
    """

    folder: LocalFolder
    runner: Runner
    docker: Docker | None

    def make(self, package: str) -> str:
        """Make a member's image, unless it is there; what will run it, for the user to read.

        Raises:
            DeployFailed: with what uv or docker said.
            BundleError: the member declares no image.
        """
        if self.docker:
            self._build(self.docker, package)
        else:
            self._install(package)
        return describe_containers(self.docker)

    def name(self, packages: Sequence[str], deployed: DeployedStack) -> None:
        """Let Docker know the images by the names that a stack's task definitions have for them.

        Nothing is pushed to a registry here. A process engine finds an image by its tag and the pattern of its name.

        Raises:
            DeployFailed: with what docker said.
        """
        if self.docker:
            wanted = _images_of(deployed)
            for package in packages:
                tag = image_tag(package)
                for name in sorted(name for name in wanted if name.endswith(f":{tag}")):
                    self._docker(self.docker, "tag", f"{package}:{tag}", name)

    def _build(self, docker: Docker, package: str) -> None:
        """Build the member's Dockerfile for this machine's own processor: nothing is emulated here."""
        self._docker(docker, *build_words(package, f"{package}:{image_tag(package)}"))

    def _docker(self, docker: Docker, *words: str) -> None:
        environment = build_environment() | {"DOCKER_HOST": docker.url}
        try:
            self.runner.run(["docker", *words], environment=environment, folder=REPOSITORY, seconds=_SECONDS)
        except CommandFailed as failed:
            raise DeployFailed(f"docker {words[0]}: {failed}", detail=failed.detail) from failed

    def _install(self, package: str) -> None:
        """Install the member and what it needs, as locked, where the process engine finds it."""
        declaration, tag = declared_image(package), image_tag(package)
        images = self.folder.images
        image = images / tag
        images.mkdir(parents=True, exist_ok=True)
        with exclusive(images / "lock", seconds=_SECONDS, waiting=lambda _: None):
            if not _is_made(image):
                shutil.rmtree(image, ignore_errors=True)
                self._sync(package, image / "venv")
                if image_tag(package) != tag:
                    raise DeployFailed(f"{package} was changed while its image was made; try again")
                _write(image, declaration)
            os.utime(image)
            _forget_old(images)

    def _sync(self, package: str, venv: Path) -> None:
        """Make the environment in the place where it stays: its programs know their place."""
        # uv builds a member once for each change of its pyproject.toml, and the sources change without that.
        anew = [word for name in members_of(package) for word in ("--reinstall-package", name)]
        command = [
            *(uv_command(), "sync", "--locked", "--no-config", "--package", package, "--no-dev", "--no-editable"),
            *("--python", interpreter(), "--no-python-downloads", "--compile-bytecode", "--no-progress"),
            *anew,
        ]
        environment = tool_environment() | {"UV_PROJECT_ENVIRONMENT": str(venv)}
        try:
            self.runner.run(command, environment=environment, folder=REPOSITORY, seconds=_SECONDS)
        except CommandFailed as failed:
            line = f"uv could not install {package} for its image: {failed}"
            raise DeployFailed(line, detail=failed.detail) from failed


def _images_of(deployed: DeployedStack) -> set[str]:
    ecs = deployed.client("ecs")
    arns = [resource.physical_id for resource in deployed.resources("AWS::ECS::TaskDefinition")]
    found = [ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"] for arn in arns]
    return {container["image"] for definition in found for container in definition["containerDefinitions"]}


def _is_made(image: Path) -> bool:
    """Whether it is complete, and for the Python that would be used now."""
    try:
        return bool(json.loads((image / IMAGE_FILE).read_text())["interpreter"] == interpreter())
    except (OSError, ValueError, KeyError):
        return False


def _write(image: Path, declaration: ImageDeclaration) -> None:
    document = {
        "repository": declaration.repository,
        "entrypoint": declaration.entrypoint,
        "command": declaration.command,
        "environment": {"PATH": f"{image / 'venv' / 'bin'}:/usr/local/bin:/usr/bin:/bin", **declaration.environment},
        "interpreter": interpreter(),
    }
    write_atomically(image / IMAGE_FILE, json.dumps(document, indent=2) + "\n")


def _forget_old(images: Path) -> None:
    made = sorted(images.glob(f"[0-9a-f]*/{IMAGE_FILE}"), key=lambda file: file.parent.stat().st_mtime)
    for file in made[:-_KEPT]:
        shutil.rmtree(file.parent, ignore_errors=True)
