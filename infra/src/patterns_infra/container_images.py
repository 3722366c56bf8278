"""What a workspace member's container image is made of, and the tag that names exactly that.

A member declares its image in its pyproject::

    [tool.patterns.image]
    repository = "patterns-*-batch*"
    entrypoint = ["python", "-m", "patterns_batch"]

The repository is a pattern, since the stack's stage and CloudFormation have a part in its name. ``command``,
``environment`` and ``build_args`` may follow. The member's Dockerfile, where it has one, must start the same; the
arguments are for its build, say the digests of its bases.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from patterns_infra import bundle_contents
from patterns_infra.workspace import BundleError, locked_requirements, member_folder, member_project, member_sources

__all__ = ["ImageDeclaration", "declared_image", "image_tag"]

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
    """

    repository: str
    entrypoint: tuple[str, ...]
    command: tuple[str, ...]
    environment: Mapping[str, str]
    build_args: Mapping[str, str]


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
    return ImageDeclaration(
        declared["repository"],
        tuple(declared["entrypoint"]),
        tuple(declared.get("command", ())),
        declared.get("environment", {}),
        declared.get("build_args", {}),
    )


def image_tag(package: str) -> str:
    """Return the tag: a hash of the sources, the locked requirements, the declaration and the Dockerfile.

    Raises:
        BundleError: as above, or uv failed.
    """
    dockerfile = member_folder(package) / "Dockerfile"
    total = hashlib.sha256(json.dumps([_RECIPE, package, asdict(declared_image(package))], sort_keys=True).encode())
    total.update(locked_requirements(package, without=()).encode())
    total.update(dockerfile.read_bytes() if dockerfile.is_file() else b"")
    for source in member_sources(package):
        for file in bundle_contents.source_files(source):
            content = hashlib.sha256(file.read_bytes()).hexdigest()
            total.update(f"{source.parent.name}/{file.relative_to(source)}\0{content}\n".encode())
    return total.hexdigest()[:32]
