"""Follows the children, so that what happens to them is known; a listing and a stream of changes for each kind.

Not by kopf's handlers: they hear what is there and what changes, and nothing of a child that was deleted while a watch
was down. Here a listing is compared with what was known before it (docs/adr/0031).
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Iterable
from typing import Protocol

from patterns_k8s.operator.api.answers import ClusterError, Unavailable
from patterns_k8s.operator.api.backoffs import Backoffs
from patterns_k8s.operator.controller.memories import Memories
from patterns_k8s.operator.desired.processor import API_VERSIONS, Manifest

__all__ = ["ChildWatch", "Watches"]

_log = logging.getLogger(__name__)
_AT_ONCE = 1.0
"""Seconds in which a watch that tells nothing has failed, whatever its status: the next one would end as soon."""


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
        self._tasks = [asyncio.create_task(self._follow(version, kind)) for kind, version in API_VERSIONS.items()]

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
                known.pop(self._memories.child_of(kind, body), None)
                self._memories.told(kind, body)
        # What is known differently now was made meanwhile. What is being applied just now may have been before.
        still = self._memories.known(kind)
        for child, seen in known.items():
            if still.get(child, seen) == seen:
                self._memories.missed(kind, *child)
        return since

    async def _watch(self, version: str, kind: str, since: str) -> str:
        """Take in what happens until the server ends it; return the time up to which all is known."""
        began, before = time.monotonic(), since
        async for change, body in self._cluster.watch_children(self._namespace, version, kind, since):
            since = body["metadata"]["resourceVersion"]
            if change != "BOOKMARK":
                self._memories.told(kind, body, deleted=change == "DELETED")
        if since == before and time.monotonic() - began < _AT_ONCE:
            raise Unavailable(f"watch of {kind}", "ended at once, without a change")
        return since
