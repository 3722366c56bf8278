"""Images that are no images: a folder per content hash, with what the image would have started.

`patterns_infra.container_images` makes them; an engine only reads them. As with a registry, what was not made under
exactly that name and tag is not there.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from patterns_deploy.errors import PlatformError

__all__ = ["IMAGE_FILE", "Image", "ImageNotFound", "find_image"]

IMAGE_FILE = "image.json"
"""Written last, so that a folder without it is none."""
_REFERENCE = re.compile(
    r"(?:(?P<registry>[^/]*[.:][^/]*|localhost)/)?(?P<repository>[^:@]+)(?::(?P<tag>\w[\w.-]{0,127}))?$"
)


class ImageNotFound(PlatformError):
    """Nothing was made under that name and tag."""


@dataclass(frozen=True, slots=True)
class Image:
    """What to start.

    Attributes:
        reference: as it was asked for.
        entrypoint: program and first arguments.
        command: the arguments after it, unless the container has its own.
        environment: variables, the container's own win.
    """

    reference: str
    entrypoint: tuple[str, ...]
    command: tuple[str, ...]
    environment: Mapping[str, str]


def find_image(folder: Path, reference: str) -> Image:
    """Return the image ``[registry/]repository[:tag]``.

    Args:
        folder: holds one folder a tag.
        reference: the registry is not looked at: nothing is pulled here.

    Raises:
        ImageNotFound: there is none.
    """
    named = _REFERENCE.match(reference)
    tag = (named["tag"] or "latest") if named else ""
    try:
        made = json.loads((folder / tag / IMAGE_FILE).read_text())
    except (OSError, ValueError):
        made = {}
    if not named or not fnmatchcase(named["repository"], made.get("repository", "")):
        raise ImageNotFound(f"no such image: {reference}: nothing was built here under this name and tag")
    return Image(reference, tuple(made["entrypoint"]), tuple(made["command"]), made["environment"])
