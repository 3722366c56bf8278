"""What a workspace member's container image is made of, and the tag that names exactly that.

A member declares its image in its pyproject::

    [tool.patterns.image]
    repository = "patterns-*-batch*"
    entrypoint = ["python", "-m", "patterns_batch"]

The repository is a pattern, since the stack's stage and CloudFormation have a part in its name. ``command``,
``environment``, ``build_args`` and ``platform`` may follow. The member's Dockerfile, where it has one, must start the
same; the arguments are for its build. Those that all images share, the digests of their bases, are in the workspace's
``[tool.patterns.bases]``: a Dockerfile gets those that it asks for.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from patterns_infra import bundle_contents
from patterns_infra.workspace import (
    BundleError,
    locked_requirements,
    member_folder,
    member_project,
    member_sources,
    workspace_project,
)

__all__ = ["ImageDeclaration", "declared_image", "image_tag", "missing_arguments", "repository_parameter"]

_PLATFORMS = ("linux/arm64", "linux/amd64")
_ARGUMENT = re.compile(r"^ARG[ \t]+(?P<name>\w+)(?P<default>=.*)?$", re.MULTILINE)

_RECIPE = 1
"""Raised when another image would be made of the same input."""


@dataclass(frozen=True, slots=True)
class ImageDeclaration:
    """What an image starts, and under which names.

    Attributes:
        repository: pattern of the repository's name, as of a file's.
        entrypoint: program and first arguments; found on the image's PATH.
        command: the arguments after it, unless a container has its own.
        environment: variables of every container.
        build_args: arguments of the Dockerfile.
        platform: what it runs on, as ``docker build --platform`` has it.
    """

    repository: str
    entrypoint: tuple[str, ...]
    command: tuple[str, ...]
    environment: Mapping[str, str]
    build_args: Mapping[str, str]
    platform: str = _PLATFORMS[0]


_REQUIRED = {"repository", "entrypoint"}
_KNOWN = {field.name for field in fields(ImageDeclaration)}


def declared_image(package: str) -> ImageDeclaration:
    """Return what the member declares.

    Raises:
        BundleError: there is no such member, or it declares no image, or not as above.
    """
    declared = member_project(package).get("tool", {}).get("patterns", {}).get("image")
    if declared is None:
        raise BundleError(f"{package} declares no container image ([tool.patterns.image] in its pyproject.toml)")
    unknown = set(declared) - _KNOWN
    if unknown or not all(declared.get(name) for name in _REQUIRED):
        wrong = f"does not know {', '.join(sorted(unknown))}" if unknown else "needs repository and entrypoint"
        raise BundleError(f"{package}: [tool.patterns.image] {wrong}")
    platform = declared.get("platform", _PLATFORMS[0])
    if platform not in _PLATFORMS:
        raise BundleError(f"{package}: [tool.patterns.image] platform may be {' or '.join(_PLATFORMS)}")
    return ImageDeclaration(
        declared["repository"],
        tuple(declared["entrypoint"]),
        tuple(declared.get("command", ())),
        declared.get("environment", {}),
        _bases(package) | declared.get("build_args", {}),
        platform,
    )


def missing_arguments(package: str) -> list[str]:
    """Return the arguments without which the member's Dockerfile cannot be built, and which nobody declares."""
    needed = [found["name"] for found in _ARGUMENT.finditer(_before_the_first_stage(package)) if not found["default"]]
    return sorted(set(needed) - set(declared_image(package).build_args))


def repository_parameter(stage: str, package: str) -> str:
    """Return the SSM parameter with the name of the repository of a member's image."""
    return f"/patterns/{stage}/images/{package}"


def image_tag(package: str) -> str:
    """Return the tag: a hash of the sources, the locked requirements, the declaration and the Dockerfile.

    Raises:
        BundleError: as above, or uv failed.
    """
    total = hashlib.sha256(json.dumps([_RECIPE, package, asdict(declared_image(package))], sort_keys=True).encode())
    total.update(locked_requirements(package, without=()).encode())
    total.update(_dockerfile(package).encode())
    for source in member_sources(package):
        for file in bundle_contents.source_files(source):
            content = hashlib.sha256(file.read_bytes()).hexdigest()
            total.update(f"{source.parent.name}/{file.relative_to(source)}\0{content}\n".encode())
    return total.hexdigest()[:32]


def _bases(package: str) -> dict[str, str]:
    """Return those of the workspace's bases that the member's Dockerfile asks for."""
    bases = workspace_project().get("tool", {}).get("patterns", {}).get("bases", {})
    wanted = {found["name"] for found in _ARGUMENT.finditer(_before_the_first_stage(package))}
    return {name: digest for name, digest in bases.items() if name in wanted}


def _before_the_first_stage(package: str) -> str:
    """Return the part of a Dockerfile whose arguments are those of its bases."""
    return re.split(r"^FROM\b", _dockerfile(package), maxsplit=1, flags=re.MULTILINE)[0]


def _dockerfile(package: str) -> str:
    """Return its text, empty where the member has none: the local platform needs none."""
    file = member_folder(package) / "Dockerfile"
    return file.read_text() if file.is_file() else ""
