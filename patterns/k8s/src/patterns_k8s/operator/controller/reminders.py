"""Reminds kopf of OrderProcessors that are being deleted.

kopf acts when it is told of a change, and makes changes in answer. When such a change is refused (a conflict, say), it
forgets what it was about until it is told again; and of an object that waits for its finalizer to go, nobody tells.
"""

import asyncio
import time

from patterns_k8s.operator.api.answers import ClusterError, Conflict, Gone
from patterns_k8s.operator.api.ports import Merges
from patterns_k8s.operator.desired.processor import Manifest
from patterns_k8s.resource.order_processor import GROUP

__all__ = ["Reminders"]


class Reminders:
    """Changes an annotation of every object that is being deleted, from time to time, until it is gone."""

    def __init__(self, cluster: Merges, *, seconds: float = 10.0) -> None:
        """``seconds`` is the time from one reminder to the next: a drain's own changes come more often."""
        self._cluster = cluster
        self._seconds = seconds
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def __len__(self) -> int:
        return len(self._tasks)

    def begin(self, uid: str, reference: Manifest) -> None:
        """Begin to remind of this object, unless that was begun before."""
        if uid not in self._tasks:
            task = asyncio.create_task(self._remind(uid, reference))
            self._tasks[uid] = task
            task.add_done_callback(lambda _: self._tasks.pop(uid, None))

    def end(self, uid: str) -> None:
        """Remind of this object no more."""
        task = self._tasks.pop(uid, None)
        if task is not None:
            task.cancel()

    def close(self) -> None:
        """Remind of nothing any more."""
        for uid in list(self._tasks):
            self.end(uid)

    async def _remind(self, uid: str, reference: Manifest) -> None:
        while True:
            await asyncio.sleep(self._seconds)
            # Another value each time: without a change nobody is told.
            annotations = {f"{GROUP}/reminded": f"{time.time():.3f}"}
            try:
                await self._cluster.merge(reference, {"metadata": {"uid": uid, "annotations": annotations}})
            except (Gone, Conflict):
                return
            except ClusterError:
                continue
