"""When the cluster is ready: its API answers, its controllers work, its node is there."""

import asyncio
import json
import ssl
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

import httpx

from patterns_local.control_plane.identities import Identities

__all__ = ["ClusterApi"]

_POLL = 0.05


class ClusterApi:
    """The API server, asked as its own administrator."""

    def __init__(self, identities: Identities, server: str) -> None:
        """Ask nothing yet."""
        context = ssl.create_default_context(cafile=str(identities.authority))
        context.load_cert_chain(identities.certificate("apiserver-client"), identities.key("apiserver-client"))
        self._client = httpx.AsyncClient(base_url=server, verify=context, trust_env=False, timeout=10.0)

    async def serves(self) -> None:
        """Wait until the API server says that it is ready: etcd answers, its own roles are there."""
        await _until(lambda: self._answers("/readyz"))

    async def version(self) -> str:
        """Return Kubernetes' version, for example ``v1.36.3``."""
        return str((await self._client.get("/version")).json()["gitVersion"])

    async def has_controllers(self) -> None:
        """Wait until controllers work: without the default account no pod could be made."""
        await _until(lambda: self._answers("/api/v1/namespaces/default/serviceaccounts/default"))

    async def has_node(self, name: str) -> None:
        """Wait until the node is ready, and the controllers have removed the taint that it has until then."""

        async def ready() -> bool:
            answer = await self._client.get(f"/api/v1/nodes/{name}")
            if answer.status_code != HTTPStatus.OK:
                return False
            node = answer.json()
            conditions = node["status"].get("conditions", ())
            return not node["spec"].get("taints") and any(
                each["type"] == "Ready" and each["status"] == "True" for each in conditions
            )

        await _until(ready)

    async def apply(self, path: str, wanted: Mapping[str, Any]) -> None:
        """Make an object what is wanted, by server-side apply.

        Raises:
            httpx.HTTPStatusError: it is refused.
        """
        answer = await self._client.patch(
            path,
            params={"fieldManager": "patterns", "force": "true"},
            headers={"Content-Type": "application/apply-patch+yaml"},
            content=json.dumps(wanted),
        )
        answer.raise_for_status()

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _answers(self, path: str) -> bool:
        return (await self._client.get(path)).status_code == HTTPStatus.OK


async def _until(asked: Callable[[], Awaitable[bool]]) -> None:
    while True:
        try:
            if await asked():
                return
        except httpx.TransportError:
            pass  # not listening yet; who waits has a deadline
        await asyncio.sleep(_POLL)
