"""The one place that talks to the cluster: applies, patches, creates, deletes, and counts pods.

On aiohttp, which kopf brings, and with the credentials that kopf finds. A client library would be a second connection
pool and a hundred megabytes for five requests (docs/adr/0020).
"""

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import aiohttp
from kopf import ConnectionInfo

from patterns_k8s.operator.processor import MANAGED_BY, MANAGER, Manifest, owner_uid
from patterns_k8s.resource.order_processor import GROUP, KIND, PLURAL, VERSION

__all__ = ["CONNECTIONS", "Cluster", "ClusterError", "Gone", "Refused", "Unavailable"]

CONNECTIONS = 32
"""Requests at once; more wait."""
_PLURALS = {
    ("v1", "Pod"): "pods",
    ("v1", "ServiceAccount"): "serviceaccounts",
    ("apps/v1", "Deployment"): "deployments",
    ("batch/v1", "Job"): "jobs",
    ("networking.k8s.io/v1", "NetworkPolicy"): "networkpolicies",
    ("policy/v1", "PodDisruptionBudget"): "poddisruptionbudgets",
    (f"{GROUP}/{VERSION}", KIND): PLURAL,
}
_JSON = "application/json"
_METADATA_ONLY = f"{_JSON};as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,{_JSON}"
_PASSING = frozenset({409, 429, 500, 502, 503, 504})
_ATTEMPTS = 4
_LONGEST_WAIT = 10.0
_TIMEOUT = aiohttp.ClientTimeout(total=30, sock_connect=5)


class ClusterError(Exception):
    """The cluster did not do what it was asked. Says what was asked and what it answered."""

    def __init__(self, what: str, why: str) -> None:
        """Keep both."""
        super().__init__(f"{what}: {why}")
        self.why = why


class Gone(ClusterError):
    """What was asked about is not there."""


class Refused(ClusterError):
    """The cluster will refuse the same again: a missing right, or an object that it does not take."""


class Unavailable(ClusterError):
    """The cluster is down, throttles, or was changed by somebody else at the same time; later may be better."""


class Cluster:
    """Objects of one namespace or many, over one connection pool.

    Passing failures are tried again, four times in all, after what the server asks for or a little longer each time.
    """

    def __init__(
        self,
        connect: Callable[[], ConnectionInfo],
        *,
        note: Callable[[str, int], None] = lambda _verb, _status: None,
        first_wait: float = 0.2,
    ) -> None:
        """``connect`` returns fresh credentials; ``note`` is told of every answer, status 0 for none."""
        self._connect = connect
        self._note = note
        self._first_wait = first_wait
        self._session: aiohttp.ClientSession | None = None
        self._server = ""

    async def close(self) -> None:
        """Close the connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def apply(self, manifest: Manifest) -> Manifest:
        """Make the object what the manifest says (server-side apply) and return it as the cluster keeps it.

        Fields that others took over are taken back; fields that the manifest does not name are left alone. Applying
        the same again changes nothing.
        """
        path = f"{_path(manifest)}?fieldManager={MANAGER}&force=true"
        return await self._ask("PATCH", path, manifest, kind="application/apply-patch+yaml")

    async def create(self, manifest: Manifest) -> None:
        """Create the object; one of that name that is there already is left as it is."""
        try:
            path = f"{_path(manifest, named=False)}?fieldManager={MANAGER}"
            await self._ask("POST", path, manifest, kept=(HTTPStatus.CONFLICT,))
        except Gone as gone:  # the namespace
            raise Refused(f"POST {manifest['kind']}", gone.why) from gone

    async def merge(self, reference: Manifest, change: Mapping[str, Any], *, part: str = "") -> None:
        """Change fields of an object (JSON merge patch), or of its ``part``, say ``/status``."""
        path = f"{_path(reference)}{part}?fieldManager={MANAGER}"
        await self._ask("PATCH", path, change, kind="application/merge-patch+json")

    async def delete(self, reference: Manifest) -> None:
        """Delete the object and, in the background, what belongs to it; one that is not there is deleted."""
        try:
            await self._ask("DELETE", f"{_path(reference)}?propagationPolicy=Background", None)
        except Gone:
            return

    async def list_children(self, namespace: str, version: str, kind: str) -> list[tuple[str | None, str]]:
        """Return owner's uid and name of each of the operator's objects of this kind; only metadata is read."""
        reference = {"apiVersion": version, "kind": kind, "metadata": {"namespace": namespace}}
        path = f"{_path(reference, named=False)}?labelSelector={MANAGED_BY}%3D{MANAGER}"
        answer = await self._ask("GET", path, None, accept=_METADATA_ONLY)
        return [(owner_uid(each), each["metadata"]["name"]) for each in answer["items"]]

    async def count_pods(self, namespace: str, labels: Mapping[str, str]) -> int:
        """Return how many pods have these labels and have not ended."""
        selector = ",".join(f"{key}={value}" for key, value in labels.items())
        reference = {"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": namespace}}
        answer = await self._ask("GET", f"{_path(reference, named=False)}?labelSelector={selector}", None)
        ended = {"Succeeded", "Failed"}
        return sum(pod.get("status", {}).get("phase") not in ended for pod in answer["items"])

    async def _ask(
        self,
        verb: str,
        path: str,
        body: Mapping[str, Any] | None,
        *,
        kind: str = _JSON,
        accept: str = _JSON,
        kept: tuple[int, ...] = (),
    ) -> Manifest:
        """Make a request, again for what passes, and return the answer; statuses in ``kept`` are no failure."""
        what = f"{verb} {path.partition('?')[0]}"
        why, renewed = "", False
        for attempt in range(1, _ATTEMPTS + 1):
            answer = await self._once(verb, path, body, {"Content-Type": kind, "Accept": accept})
            self._note(verb, answer.status)
            if answer.fine or answer.status in kept:
                return answer.body
            why = str(answer.body.get("message") or f"status {answer.status}")
            if answer.status == HTTPStatus.UNAUTHORIZED and not renewed:
                # A token ran out, or was exchanged.
                renewed = True
                await self.close()
                continue
            if answer.status == HTTPStatus.NOT_FOUND:
                raise Gone(what, why)
            if answer.status and answer.status not in _PASSING:
                raise Refused(what, why)
            if attempt < _ATTEMPTS:
                pause = random.uniform(0.5, 1) * self._first_wait * 2**attempt
                await asyncio.sleep(min(max(pause, answer.retry_after), _LONGEST_WAIT))
        raise Unavailable(what, why)

    async def _once(
        self, verb: str, path: str, body: Mapping[str, Any] | None, headers: Mapping[str, str]
    ) -> "_Answer":
        session = self._open()
        try:
            async with session.request(verb, self._server + path, json=body, headers=headers) as response:
                return await _read(response)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return _Answer(0, {"message": str(error) or type(error).__name__})

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            info = self._connect()
            self._server = info.server.rstrip("/")
            tls = info.as_ssl_context() if self._server.startswith("https") else True
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=CONNECTIONS, ssl=tls),
                headers=info.as_http_headers() | {"User-Agent": MANAGER},
                timeout=_TIMEOUT,
            )
        return self._session


@dataclass(frozen=True, slots=True)
class _Answer:
    """An answer; status 0 when there was none. ``retry_after`` is in seconds."""

    status: int
    body: Manifest
    retry_after: float = 0.0

    @property
    def fine(self) -> bool:
        return 0 < self.status < HTTPStatus.BAD_REQUEST


async def _read(response: aiohttp.ClientResponse) -> _Answer:
    try:
        body = await response.json()
    except (aiohttp.ContentTypeError, ValueError):
        body = {}
    try:
        retry_after = float(response.headers.get("Retry-After", 0))
    except ValueError:
        retry_after = 0.0
    return _Answer(response.status, body if isinstance(body, dict) else {}, retry_after)


def _path(manifest: Mapping[str, Any], *, named: bool = True) -> str:
    version, metadata = manifest["apiVersion"], manifest["metadata"]
    root = f"/apis/{version}" if "/" in version else f"/api/{version}"
    plural = _PLURALS[version, manifest["kind"]]
    path = f"{root}/namespaces/{metadata['namespace']}/{plural}"
    return f"{path}/{metadata['name']}" if named else path
