"""Telling the API server of a pod's status."""

import asyncio
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus

import httpx2
from lightkube import ApiError, AsyncClient
from lightkube.resources.core_v1 import Pod
from lightkube.types import PatchType

from patterns_infra.local.kubelet.pod_parts import GONE, name_of, namespace_of, uid_of
from patterns_infra.local.kubelet.status import PodRecord, status_of

__all__ = ["Reporter"]

_RETRY_SECONDS = 1.0
_PASSING = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS}
"""An API server that has just begun knows nobody for a moment."""


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
        """Send the status now, and again while the API server is away."""
        while True:
            try:
                # The uid is a condition: another pod may have the name by now.
                body = {"metadata": {"uid": uid_of(self.pod)}, "status": status_of(self.pod, self.record, time.time())}
                await self.client.patch(
                    Pod.Status,
                    name_of(self.pod),
                    body,
                    namespace=namespace_of(self.pod),
                    patch_type=PatchType.STRATEGIC,
                )
            except ApiError as refused:
                code = refused.status.code or 0
                if code in GONE or not self.is_there():
                    return
                if code not in _PASSING and code < HTTPStatus.INTERNAL_SERVER_ERROR:
                    sys.stderr.write(f"status of {namespace_of(self.pod)}/{name_of(self.pod)}: {refused}\n")
                    return
                await asyncio.sleep(_RETRY_SECONDS)
            except httpx2.HTTPError:
                await asyncio.sleep(_RETRY_SECONDS)
            else:
                return
