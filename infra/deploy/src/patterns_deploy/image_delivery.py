"""Images on their way to AWS: built before anything is created, pushed before anything that runs them is deployed."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from patterns_deploy.container_program import ContainerProgram, find_container_program
from patterns_deploy.errors import DeployFailed
from patterns_deploy.image_registry import Repository, find_repository
from patterns_deploy.place import Place
from patterns_deploy.progress import Timings
from patterns_deploy.runner import Runner
from patterns_infra.container_images import image_tag
from patterns_infra.registry import Pattern

__all__ = ["Delivery", "Image", "images_of", "program_for"]


@dataclass(frozen=True, slots=True)
class Image:
    """One image under the tag that names its content.

    Attributes:
        package: the workspace member.
        tag: see `image_tag`.
        there: whether the registry has it.
    """

    package: str
    tag: str
    there: bool

    @property
    def name(self) -> str:
        """Its name on this machine."""
        return f"{self.package}:{self.tag}"

    def describe(self) -> str:
        """Return what is about to be done with it, for the user to read."""
        return f"{self.name} ({'pushed before' if self.there else 'to be built and pushed'})"


def images_of(patterns: Sequence[Pattern], place: Place | None = None) -> list[Image]:
    """Return the patterns' images, and whether the place's registry has them; without a place it has none.

    Raises:
        BundleError: a member declares no image, or uv failed.
    """
    found = []
    for package in dict.fromkeys(package for pattern in patterns for package in pattern.images):
        tag = image_tag(package)
        repository = find_repository(place, package) if place else None
        found.append(Image(package, tag, repository is not None and repository.has(tag)))
    return found


def program_for(images: Sequence[Image]) -> ContainerProgram | None:
    """Return what builds and pushes them, `None` when there is nothing to do.

    Raises:
        NoContainerProgram: there is, and nothing on this machine can.
    """
    return None if all(image.there for image in images) else find_container_program(os.environ)


@dataclass(slots=True)
class Delivery:
    """Brings images to the registry of a place.

    Attributes:
        images: all that are wanted.
        runner: runs the program.
        timings: shows and times the steps.
        program: builds and pushes; looked for when it is needed and not given.
    """

    images: Sequence[Image]
    runner: Runner
    timings: Timings
    program: ContainerProgram | None = None

    def build(self) -> None:
        """Build what the registry does not have.

        Raises:
            NoContainerProgram: nothing here can build it.
            DeployFailed: with what the program said, or because a source changed meanwhile.
        """
        for image in self.images:
            if not image.there:
                self._build(image)

    def check(self) -> None:
        """Refuse to go on when a source has changed since the images were named: templates name them, too.

        Raises:
            DeployFailed: naming the member.
        """
        for image in self.images:
            if image_tag(image.package) != image.tag:
                raise DeployFailed(f"{image.package} was changed meanwhile, nothing was deployed; try again")

    def push(self, place: Place) -> None:
        """Push what the registry does not have. Their repositories exist.

        Raises:
            DeployFailed: with what the program said.
        """
        for image in self.images:
            repository = find_repository(place, image.package)
            if repository is None:
                raise DeployFailed(f"there is no repository for {image.package}, though its stack is deployed")
            with self.timings.step(f"push {image.package}") as note:
                if repository.has(image.tag):
                    note("pushed before")
                    continue
                if image.there:  # it was, in a repository that has been replaced since
                    self._build(image)
                note(self._push(image, repository))

    def _build(self, image: Image) -> None:
        with self.timings.step(f"image {image.package}") as note:
            self._program().build(image.package, image.name, self.runner)
            note(image.tag)

    def _push(self, image: Image, repository: Repository) -> str:
        with self._program().signed_in(repository.sign_in()) as program:
            try:
                program.push(image.name, f"{repository.uri}:{image.tag}", self.runner)
            except DeployFailed:
                # Somebody else may have been first: the tag cannot be changed then, and names the same content.
                if not repository.has(image.tag):
                    raise
                return "pushed by another deployment meanwhile"
        return repository.name

    def _program(self) -> ContainerProgram:
        if self.program is None:
            self.program = find_container_program(os.environ)
        return self.program
