"""kmock's API server with what an operator relies on: versions, generations, server-side apply, conflicts, faults.

It knows no schemas, no defaults and no garbage collection; the local control plane has them.
"""

import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from typing import Any

import attrs
import jsonpatch
import kmock
from aiohttp import web

from patterns_k8s.operator.desired.processor import CHILDREN, Manifest
from patterns_k8s.resource.order_processor import GROUP, KIND, PLURAL, VERSION

__all__ = ["ORDER_PROCESSORS", "Emulator", "Fault", "resource_of"]

ORDER_PROCESSORS = kmock.resource(GROUP, VERSION, PLURAL)
_ANNOTATION = re.compile(r"([a-z0-9.-]+/)?[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?")
_NAMESPACE = re.compile(r"/api/v1/namespaces/(?P<name>[^/]+)")
Request = Any
"""kmock's request, whose class it does not export with types."""


@attrs.define
class Fault:
    """Answers so many requests that match with this status instead of doing what they ask."""

    matches: Callable[[Request], bool]
    status: int
    times: int
    met: int = 0


def resource_of(plural: str) -> kmock.resource:
    """Return kmock's name for a kind of children."""
    group, version, _ = CHILDREN[plural]
    return kmock.resource(group, version, plural)


class Emulator(kmock.KubernetesEmulator):
    """An API server of one namespace. Those in ``terminating`` are being deleted."""

    def __attrs_post_init__(self) -> None:
        """Declare the kinds that the operator watches and makes."""
        super().__attrs_post_init__()
        self.faults: list[Fault] = []
        self.seen: list[tuple[str, str]] = []
        self.terminating: set[str] = set()
        self._versions = count(1_000)
        verbs = ["get", "list", "watch", "create", "patch", "delete"]
        kinds = {
            ORDER_PROCESSORS: (KIND, ["status", "scale"]),
            kmock.resource("", "v1", "pods"): ("Pod", ["status"]),
            kmock.resource("", "v1", "events"): ("Event", []),
            # kopf waits until it knows of these, whether it may list them or not.
            kmock.resource("", "v1", "namespaces"): ("Namespace", []),
            kmock.resource("apiextensions.k8s.io", "v1", "customresourcedefinitions"): ("CustomResourceDefinition", []),
        } | {resource_of(plural): (kind, ["status"]) for plural, (_, _, kind) in CHILDREN.items()}
        for resource, (kind, subresources) in kinds.items():
            self.resources[resource] = kmock.ResourceInfo(
                kind=kind, singular=kind.lower(), namespaced=True, verbs=set(verbs), subresources=set(subresources)
            )

    async def _handle(self, request: Request) -> web.StreamResponse:
        # kmock takes what is asked of a namespace itself for a listing in it.
        if found := _NAMESPACE.fullmatch(str(request.url.path)):
            ending = {"deletionTimestamp": "2026-11-30T12:00:00Z"} if found["name"] in self.terminating else {}
            return web.json_response(
                {"apiVersion": "v1", "kind": "Namespace", "metadata": dict(found.groupdict(), **ending)}
            )
        if request.resource is not None and request.action is not None:
            self.seen.append((request.action.value, request.resource.plural))
            for fault in self.faults:
                if fault.met < fault.times and fault.matches(request):
                    fault.met += 1
                    return _failure(fault.status)
            prepared = await self._prepare(request)
            if isinstance(prepared, web.Response):
                return prepared
            request = prepared
        try:
            response: web.StreamResponse = await super()._handle(request)
        finally:
            # To answer one, kmock goes through all that it knows of, several times.
            self._requests = [known for known in self._requests if known is not request]
        return response

    def live(self, resource: kmock.resource, namespace: str | None, name: str) -> Manifest | None:
        """Return an object as it is now, None when it is not there."""
        key = (resource, namespace, name)
        return None if key not in self.objects or self.objects[key].deleted else dict(self.objects[key].raw)

    async def _prepare(self, request: Request) -> Request | web.Response:
        """Return the request as one that kmock can do, with what a real server would add; or a refusal."""
        if request.action is kmock.action.CREATE:
            self._stamp_new(request.data, request.namespace)
            if self.live(request.resource, request.namespace, request.data["metadata"]["name"]) is not None:
                return _failure(409)
        elif request.action is kmock.action.DELETE:
            live = self.live(request.resource, request.namespace, request.name)
            wanted = (request.data or {}).get("preconditions", {}).get("resourceVersion")
            if live is not None and wanted not in {None, live["metadata"]["resourceVersion"]}:
                return _failure(409)
        elif request.action is kmock.action.UPDATE:
            live = self.live(request.resource, request.namespace, request.name)
            if request.subresource == "scale":
                request.data["spec"] = {"workers": request.data["spec"]["replicas"]}
            if live is not None:
                return self._stamp_change(request, live)
            if _applies(request):
                if request.data["metadata"].get("uid"):
                    return _failure(409)
                self._stamp_new(request.data, request.namespace)
                self.objects[request.resource, request.namespace, request.name] = dict(request.data)
                await self._buses[request.resource].put({"type": "ADDED", "object": dict(request.data)})
        return request

    def _stamp_new(self, body: Manifest, namespace: str | None) -> None:
        metadata = body["metadata"]
        metadata.setdefault("name", f"{metadata.get('generateName', '')}{uuid.uuid4().hex[:5]}")
        metadata |= {
            "namespace": namespace,
            "uid": str(uuid.uuid4()),
            "generation": 1,
            "resourceVersion": str(next(self._versions)),
            "creationTimestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }

    def _stamp_change(self, request: Request, live: Manifest) -> Request | web.Response:
        if isinstance(request.data, list):
            try:
                wanted_body = jsonpatch.apply_patch(live, request.data)
            except jsonpatch.JsonPatchTestFailed:
                return _failure(422)
            # kmock knows requests by their identity, so a copy would not do.
            object.__setattr__(request, "data", _difference(live, wanted_body))
        metadata = request.data.setdefault("metadata", {})
        if not all(_ANNOTATION.fullmatch(name) for name in metadata.get("annotations", ())):
            return _failure(422)
        if metadata.get("uid", live["metadata"]["uid"]) != live["metadata"]["uid"]:
            return _failure(422, field="metadata.uid")
        wanted = metadata.get("resourceVersion")
        if wanted is not None and wanted != live["metadata"]["resourceVersion"]:
            return _failure(409)
        if _contains(live, request.data):
            metadata["resourceVersion"] = live["metadata"]["resourceVersion"]
            return request
        metadata["resourceVersion"] = str(next(self._versions))
        if "spec" in request.data and not _contains(live.get("spec"), request.data["spec"]):
            metadata["generation"] = live["metadata"]["generation"] + 1
        return request

    @contextmanager
    def failing(self, matches: Callable[[Request], bool], status: int, *, times: int = 1_000_000) -> Iterator[Fault]:
        """Fail requests while the block lasts."""
        fault = Fault(matches, status, times)
        self.faults.append(fault)
        try:
            yield fault
        finally:
            self.faults.remove(fault)

    async def expire_watches(self, namespace: str) -> None:
        """Tell everybody who watches that their place in the stream is too old (410)."""
        status = {"kind": "Status", "code": 410, "reason": "Expired", "metadata": {"namespace": namespace}}
        for bus in list(self._buses.values()):
            await bus.put({"type": "ERROR", "object": status})


def _failure(status: int, *, field: str = "") -> web.Response:
    body = {
        "apiVersion": "v1",
        "kind": "Status",
        "status": "Failure",
        "code": status,
        "message": f"made to say {status}",
        "details": {"causes": [{"field": field}] if field else []},
    }
    return web.json_response(body, status=status, headers={"Retry-After": "0"} if status == 429 else None)  # noqa: PLR2004 - HTTP's number


def _applies(request: Request) -> bool:
    return "apply-patch" in request.headers.get("Content-Type", "")


def _contains(live: Any, part: Any) -> bool:  # noqa: ANN401 - JSON
    if isinstance(part, Mapping) and isinstance(live, Mapping):
        return all(
            (name not in live) if value is None else name in live and _contains(live[name], value)
            for name, value in part.items()
        )
    return bool(live == part)


def _difference(old: Any, new: Any) -> Any:  # noqa: ANN401 - JSON
    """Return the merge patch from one to the other."""
    if not (isinstance(old, Mapping) and isinstance(new, Mapping)):
        return new
    changed = {name: _difference(old.get(name), value) for name, value in new.items() if old.get(name) != value}
    return changed | dict.fromkeys(old.keys() - new.keys())
