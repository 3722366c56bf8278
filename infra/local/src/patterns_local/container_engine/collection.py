"""All containers of one engine."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from patterns_deploy.errors import PlatformError
from patterns_local.container_engine.container import Container
from patterns_local.container_engine.images import find_image

__all__ = ["Collection", "ContainerNotFound", "NameTaken"]

_KEPT = 200
"""Ended containers that stay, with their logs, for whoever asks later."""


class ContainerNotFound(PlatformError):
    """No container has this id or name."""


class NameTaken(PlatformError):
    """Another container has this name."""


@dataclass(slots=True)
class Collection:
    """The containers, by id.

    Attributes:
        images: folder of the images.
        folder: of the containers' files.
    """

    images: Path
    folder: Path
    _containers: dict[str, Container] = field(default_factory=dict)

    async def create(self, name: str, config: Mapping[str, Any]) -> Container:
        """Add a container.

        Raises:
            ImageNotFound: its image is not there.
            NameTaken: its name is in use.
        """
        if any(name == other.name for other in self._containers.values()):
            raise NameTaken(f'the container name "/{name}" is already in use')
        made = Container(name, config, find_image(self.images, config.get("Image", "")), self.folder)
        made.name = name or made.id[:12]
        self._containers[made.id] = made
        ended = [each for each in self._containers.values() if each.status == "exited" or each.error]
        for old in ended[:-_KEPT]:
            await self.remove(old)
        return made

    def get(self, key: str) -> Container:
        """Return a container by its id, the beginning of its id, or its name.

        Raises:
            ContainerNotFound: there is none.
        """
        for each in self._containers.values():
            if key == each.name or (key and each.id.startswith(key)):
                return each
        raise ContainerNotFound(f"no such container: {key}")

    def select(self, filters: str = "", *, ended: bool) -> Iterator[Container]:
        """Yield the containers that Docker's filters let through: a JSON object of lists.

        Args:
            filters: of ``label``, ``name``, ``id`` and ``status``; others are refused.
            ended: those that do not run, too.

        Raises:
            ValueError: for a filter that is not known here: letting all through could delete too much.
        """
        wanted: dict[str, list[str]] = json.loads(filters) if filters else {}
        unknown = set(wanted) - {"label", "name", "id", "status"}
        if unknown:
            raise ValueError(f"invalid filter: {', '.join(sorted(unknown))}")
        for each in list(self._containers.values()):
            labels = each.config.get("Labels") or {}
            shown = {*labels, *(f"{key}={value}" for key, value in labels.items())}
            if (
                (ended or each.status == "running" or "status" in wanted)
                and set(wanted.get("label", ())) <= shown
                and each.status in wanted.get("status", [each.status])
                and any(each.id.startswith(part) for part in wanted.get("id", [""]))
                and any(part.lstrip("/") in each.name for part in wanted.get("name", [""]))
            ):
                yield each

    async def remove(self, container: Container) -> None:
        """Forget a container and delete its files."""
        self._containers.pop(container.id, None)
        await container.remove()
