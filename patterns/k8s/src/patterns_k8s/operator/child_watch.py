"""Follows the children, so that what happens to them is known; a listing and a stream of changes for each kind.

Not by kopf's handlers: they hear what is there and what changes, and nothing of a child that was deleted while a watch
was down. Here a listing is compared with what was known before it (docs/adr/0031).
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable
from typing import Protocol

from patterns_k8s.operator.backoffs import Backoffs
from patterns_k8s.operator.cluster import ClusterError
from patterns_k8s.operator.processor import CHILDREN, Manifest, owner_uid
from patterns_k8s.operator.tended import Memories

__all__ = ["ChildWatch", "Watches"]

_log = logging.getLogger(__name__)


class Watches(Protocol):
    """The cluster, as far as it is needed here; raises ClusterError."""

    def list_children(self, namespace: str, version: str, kind: str) -> AsyncIterator[tuple[str, list[Manifest]]]:
        """Yield the operator's objects of this kind, a page at a time, each with the ``since`` of a watch."""
        ...

    def watch_children(
        self, namespace: str, version: str, kind: str, since: str
    ) -> AsyncIterator[tuple[str, Manifest]]:
        """Yield types of changes with their objects until the server ends it."""
        ...


class ChildWatch:
    """Tells the memories of every change of a child."""

    def __init__(
        self, cluster: Watches, memories: Memories, namespace: str, *, pauses: Iterable[float] = Backoffs()
    ) -> None:
        """``pauses`` are the seconds after one failure and the next."""
        self._cluster = cluster
        self._memories = memories
        self._namespace = namespace
        self._pauses = pauses
        self._tasks: list[asyncio.Task[None]] = []

    def begin(self) -> None:
        """Begin to follow."""
        self._tasks = [
            asyncio.create_task(self._follow(f"{group}/{version}".lstrip("/"), kind))
            for group, version, kind in CHILDREN.values()
        ]

    def close(self) -> None:
        """Follow no more."""
        for task in self._tasks:
            task.cancel()

    async def _follow(self, version: str, kind: str) -> None:
        """List, watch from there on, and list anew whenever the watch fails."""
        pauses = iter(self._pauses)
        while True:
            try:
                since = await self._list(version, kind)
                while True:
                    since = await self._watch(version, kind, since)
                    pauses = iter(self._pauses)
            except Exception as error:  # noqa: BLE001 - without a watch the operator would be blind, and not know it
                pause = next(pauses)
                unforeseen = not isinstance(error, ClusterError)
                _log.warning("%s; every %s is listed again in %.1f s.", error, kind, pause, exc_info=unforeseen)
                await asyncio.sleep(pause)

    async def _list(self, version: str, kind: str) -> str:
        """Take in what there is, and what there is no more; return the time of it."""
        known = self._memories.known(kind)
        since = ""
        async for shown, page in self._cluster.list_children(self._namespace, version, kind):
            since = shown
            for body in page:
                known.pop((owner_uid(body) or "", body["metadata"]["name"]), None)
                self._memories.told(kind, body)
        # What is known differently now was made, or told of, meanwhile.
        still = self._memories.known(kind)
        for (uid, name), seen in known.items():
            if still.get((uid, name)) == seen:
                self._memories.missed(kind, uid, name)
        return since

    async def _watch(self, version: str, kind: str, since: str) -> str:
        """Take in what happens until the server ends it; return the time up to which all is known."""
        async for change, body in self._cluster.watch_children(self._namespace, version, kind, since):
            since = body["metadata"]["resourceVersion"]
            if change != "BOOKMARK":
                self._memories.told(kind, body, deleted=change == "DELETED")
        return since
