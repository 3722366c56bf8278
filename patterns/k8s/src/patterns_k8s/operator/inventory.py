"""Looks whether children are still there that nobody told the deletion of.

A watch that is too old begins with a listing, and a listing tells of what is there, not of what is gone: a child that
was deleted in between would be missed for ever. So after a listing, and every few minutes, names are compared.
"""

import asyncio
import contextlib
from typing import Protocol

from patterns_k8s.operator.cluster import ClusterError
from patterns_k8s.operator.processor import CHILDREN
from patterns_k8s.operator.tended import Memories

__all__ = ["Inventory", "Lists"]


class Lists(Protocol):
    """The cluster, as far as it is needed here; raises ClusterError."""

    async def list_children(self, namespace: str, version: str, kind: str) -> list[tuple[str | None, str]]:
        """Return the owner's uid and the name of each of the operator's objects of this kind."""
        ...


class Inventory:
    """Tells the memories of children that are gone."""

    def __init__(
        self, cluster: Lists, memories: Memories, namespace: str, *, seconds: float = 300.0, settling: float = 1.0
    ) -> None:
        """``seconds`` is the time from one to the next; ``settling`` is how long after a listing's news it begins."""
        self._cluster = cluster
        self._memories = memories
        self._namespace = namespace
        self._seconds = seconds
        self._settling = settling
        self._listed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Begin to look from time to time."""
        self._task = asyncio.create_task(self._run())

    def close(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()

    def listed(self) -> None:
        """Take note that a watch has begun anew."""
        self._listed.set()

    async def take(self) -> None:
        """Compare once."""
        for group, version, kind in CHILDREN.values():
            known = self._memories.known(kind)
            found = set(await self._cluster.list_children(self._namespace, f"{group}/{version}".lstrip("/"), kind))
            # What was made since is in no listing, and what is known differently now was told of meanwhile.
            still = self._memories.known(kind)
            for child in known.keys() - found:
                if still.get(child) == known[child]:
                    self._memories.missed(kind, *child)

    async def _run(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._seconds):
                    await self._listed.wait()
            await asyncio.sleep(self._settling)
            self._listed.clear()
            with contextlib.suppress(ClusterError):  # the next one is soon enough
                await self.take()
