"""What the operator asks of the cluster: to apply, patch, create, delete, list and watch.

A client library would be a second connection pool and a hundred megabytes for these requests (docs/adr/0020).
"""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from patterns_k8s.operator.api.answers import Expired, Gone, Refused, Unavailable
from patterns_k8s.operator.api.connection import Connection
from patterns_k8s.operator.desired.processor import API_VERSIONS, CHILDREN, MANAGED_BY, MANAGER, Manifest
from patterns_k8s.resource.order_processor import GROUP, KIND, PLURAL, VERSION

__all__ = ["Cluster"]

_PLURALS = {
    ("v1", "Event"): "events",
    ("v1", "Pod"): "pods",
    (f"{GROUP}/{VERSION}", KIND): PLURAL,
    **{(API_VERSIONS[kind], kind): plural for plural, (_, _, kind) in CHILDREN.items()},
}
_NO_VERSION = "1"
"""A version that no object has: etcd counts from it. What is applied with it is created or refused."""

_OURS = f"labelSelector={MANAGED_BY}%3D{MANAGER}"
"""Other people's objects are left out by the server, so that they cost nothing."""

_PAGE = 250
_WATCH_SECONDS = 300
"""After which the server ends a watch. A connection that died in silence is noticed a little later."""


class Cluster:
    """Objects of one namespace or many."""

    def __init__(self, connection: Connection) -> None:
        """Ask over this connection."""
        self._connection = connection

    async def close(self) -> None:
        """Close the connections."""
        await self._connection.close()

    async def get(self, reference: Mapping[str, Any]) -> Manifest:
        """Return the object; raises Gone when it is not there."""
        return await self._connection.ask("GET", _path(reference))

    async def apply(self, manifest: Manifest, *, uid: str = "") -> Manifest:
        """Make the object what the manifest says (server-side apply) and return it as the cluster keeps it.

        Fields that others took over are taken back; fields that the manifest does not name are left alone. Applying
        the same again changes nothing. ``uid`` is the object's; without it there must be none.

        Raises:
            Conflict: there is another object of that name, or none with this uid.
        """
        meant = {"uid": uid} if uid else {"resourceVersion": _NO_VERSION}
        path = f"{_path(manifest)}?fieldManager={MANAGER}&force=true"
        body = {**manifest, "metadata": {**manifest["metadata"], **meant}}
        return await self._connection.ask("PATCH", path, body, kind="application/apply-patch+yaml", again=False)

    async def create(self, manifest: Manifest) -> Manifest:
        """Create the object and return it; raises Conflict when there is one of that name."""
        try:
            path = f"{_path(manifest, named=False)}?fieldManager={MANAGER}"
            return await self._connection.ask("POST", path, manifest, again=False)
        except Gone as gone:  # the namespace
            raise Refused(f"POST {manifest['kind']}", gone.why) from gone

    async def merge(self, reference: Manifest, change: Mapping[str, Any], *, part: str = "") -> Manifest:
        """Change fields of an object (JSON merge patch), or of its ``part``, say ``/status``, and return it.

        Raises Conflict when the change names a ``uid`` or ``resourceVersion`` that the object does not have.
        """
        path = f"{_path(reference)}{part}?fieldManager={MANAGER}"
        again = not {"uid", "resourceVersion"} & change.get("metadata", {}).keys()
        return await self._connection.ask("PATCH", path, change, kind="application/merge-patch+json", again=again)

    async def delete(self, reference: Manifest, *, version: str) -> None:
        """Delete the object of this version and, in the background, what belongs to it; one that is gone is deleted.

        Raises Conflict when it has another version.
        """
        options = {"propagationPolicy": "Background", "preconditions": {"resourceVersion": version}}
        try:
            await self._connection.ask("DELETE", _path(reference), options, again=False)
        except Gone:
            return

    async def is_terminating(self, namespace: str) -> bool:
        """Return whether the namespace is being deleted, and with it everything in it."""
        try:
            found = await self._connection.ask("GET", f"/api/v1/namespaces/{namespace}")
        except Gone:
            return False
        return bool(found["metadata"].get("deletionTimestamp"))

    async def list_pods(self, namespace: str, labels: Mapping[str, str], *, account: str = "") -> list[Manifest]:
        """Return the pods that have these labels, and this service account if one is named."""
        query = "labelSelector=" + ",".join(f"{key}={value}" for key, value in labels.items())
        query += f"&fieldSelector=spec.serviceAccountName%3D{account}" if account else ""
        answer = await self._connection.ask("GET", f"{_collection(namespace, 'v1', 'Pod')}?{query}")
        pods: list[Manifest] = answer["items"]
        return pods

    async def count_pods(self, namespace: str, labels: Mapping[str, str], *, account: str = "") -> int:
        """Return how many of these pods have not ended."""
        ended = {"Succeeded", "Failed"}
        pods = await self.list_pods(namespace, labels, account=account)
        return sum(pod.get("status", {}).get("phase") not in ended for pod in pods)

    async def list_children(self, namespace: str, version: str, kind: str) -> AsyncIterator[tuple[str, list[Manifest]]]:
        """Yield the operator's objects of this kind, a page at a time, each with the time that the listing shows.

        That is the ``since`` of a watch that misses nothing.
        """
        path = f"{_collection(namespace, version, kind)}?{_OURS}&limit={_PAGE}"
        more = ""
        while True:
            page = await self._connection.ask("GET", path + more)
            # Items of a listing do not say what they are.
            items = [{"apiVersion": version, "kind": kind, **item} for item in page["items"]]
            yield page["metadata"]["resourceVersion"], items
            if not page["metadata"].get("continue"):
                return
            more = f"&continue={quote(page['metadata']['continue'], safe='')}"

    async def watch_children(
        self, namespace: str, version: str, kind: str, since: str
    ) -> AsyncIterator[tuple[str, Manifest]]:
        """Yield what happens to the operator's objects of this kind after ``since``, until the server ends it.

        That is the type of a change with the object, or ``BOOKMARK`` with nothing but a new ``since`` in it.

        Raises:
            Expired: ``since`` was too long ago.
            ClusterError: the watch was refused, or broke off.
        """
        path = (
            f"{_collection(namespace, version, kind)}?{_OURS}&watch=true&resourceVersion={since}"
            f"&allowWatchBookmarks=true&timeoutSeconds={_WATCH_SECONDS}"
        )
        async with aclosing(self._connection.lines(path, seconds=_WATCH_SECONDS + 30)) as lines:
            async for line in lines:
                event = json.loads(line)
                if event["type"] == "ERROR":
                    status = event["object"]
                    failure = Expired if status.get("code") == HTTPStatus.GONE else Unavailable
                    raise failure(f"watch of {kind}", str(status.get("message", status)))
                yield event["type"], event["object"]


def _path(manifest: Mapping[str, Any], *, named: bool = True) -> str:
    metadata = manifest["metadata"]
    path = _collection(metadata["namespace"], manifest["apiVersion"], manifest["kind"])
    return f"{path}/{metadata['name']}" if named else path


def _collection(namespace: str, version: str, kind: str) -> str:
    root = f"/apis/{version}" if "/" in version else f"/api/{version}"
    return f"{root}/namespaces/{namespace}/{_PLURALS[version, kind]}"
