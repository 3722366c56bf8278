"""Telling the API server of a pod's status."""

import asyncio
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from lightkube import ApiError, AsyncClient
from lightkube.resources.core_v1 import Pod
from lightkube.types import PatchType

from patterns_local.kubelet.insisting import insist
from patterns_local.kubelet.pod_parts import name_of, namespace_of, uid_of
from patterns_local.kubelet.status import PodRecord, status_of

__all__ = ["Reporter"]


@dataclass(slots=True)
class Reporter:
    """Sends one pod's status after every change; several changes at once are sent once.

    Attributes:
        client: as the node.
        pod: as it was last seen.
        record: what its status is made of.
        is_there: whether the API server has the pod, as far as a watch has told.
    """

    client: AsyncClient
    pod: Pod
    record: PodRecord
    is_there: Callable[[], bool]
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def changed(self) -> None:
        """Note that the record has changed."""
        self._changed.set()

    async def run(self) -> None:
        """Report for ever."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            await self.send()

    async def send(self) -> None:
        """Send the status as it is when the API server takes it."""
        try:
            await insist(self._send_once, is_there=self.is_there)
        except ApiError as refused:
            sys.stderr.write(f"status of {namespace_of(self.pod)}/{name_of(self.pod)}: {refused}\n")

    async def _send_once(self) -> None:
        # The uid is a condition: another pod may have the name by now.
        body = {"metadata": {"uid": uid_of(self.pod)}, "status": status_of(self.pod, self.record, time.time())}
        await self.client.patch(
            Pod.Status,
            name_of(self.pod),
            body,
            namespace=namespace_of(self.pod),
            patch_type=PatchType.STRATEGIC,
        )
