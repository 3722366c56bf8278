"""The volumes of one pod: written before it starts, and kept as the objects are that they show."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx2
from lightkube.resources.core_v1 import Pod

from patterns_local.kubelet.environment import NotConfigured, PodFacts
from patterns_local.kubelet.events import Events
from patterns_local.kubelet.pod_objects import PodObjects
from patterns_local.kubelet.pod_parts import spec_of
from patterns_local.kubelet.volumes import write_volume

__all__ = ["PodVolumes"]

_REFRESH_SECONDS = 30.0
_RETRY_SECONDS = 1.0
_AT_ONCE_SECONDS = 0.1


@dataclass(slots=True)
class PodVolumes:
    """A pod's volumes.

    Attributes:
        pod: whose.
        folder: holds a folder for each.
        objects: gives what the pod refers to.
        facts: gives what the pod may ask about itself.
        events: where is told what is missing.
    """

    pod: Pod
    folder: Path
    objects: PodObjects
    facts: Callable[[], PodFacts]
    events: Events

    async def prepare(self) -> None:
        """Write them for the first time; as long as something is missing, say so and try again."""
        said = ""
        while True:
            try:
                await self._write()
            except NotConfigured as missing:
                if str(missing) != said:
                    said = str(missing)
                    await self.events.tell(self.pod, "Warning", "FailedMount", f"MountVolume.SetUp failed: {said}")
                await asyncio.sleep(_RETRY_SECONDS)
            except httpx2.HTTPError:
                # A node may read what its pods refer to only a moment after they were bound to it.
                await asyncio.sleep(_AT_ONCE_SECONDS)
            else:
                return

    async def refresh(self) -> None:
        """Keep them as the objects are that they show, and the tokens valid, for ever."""
        while True:
            await asyncio.sleep(_REFRESH_SECONDS)
            with suppress(NotConfigured, httpx2.HTTPError):
                await self._write()

    async def _write(self) -> None:
        data = await self.objects.data()
        for volume in spec_of(self.pod).volumes or ():
            await write_volume(
                volume,
                self.folder / volume.name,
                source=lambda kind, name: data.get((kind, name)),
                facts=self.facts(),
                token=self.objects.token,
            )
