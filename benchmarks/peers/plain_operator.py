"""Our operator with one of its own parts replaced by the plain way, for `benchmarks.k8s.parts`.

- ``watch``: children are heard of by kopf's event handlers.
- ``client``: requests are made by lightkube, with its typed models.
- ``settled``: every look compares every child and the whole status, whether anything is new or not.
- ``drift``: every change of a child, of its status, too, has it applied again.
"""

from collections.abc import Callable, Mapping
from typing import Any

import kopf
from lightkube import ApiError, AsyncClient, KubeConfig
from lightkube.core import resource as res
from lightkube.generic_resource import create_namespaced_resource
from lightkube.resources.apps_v1 import Deployment
from lightkube.resources.batch_v1 import Job
from lightkube.resources.core_v1 import Event, Pod, ServiceAccount
from lightkube.resources.networking_v1 import NetworkPolicy
from lightkube.resources.policy_v1 import PodDisruptionBudget
from lightkube.types import PatchType

from patterns_k8s.operator.api.answers import Answer
from patterns_k8s.operator.controller import child_applier, tended
from patterns_k8s.operator.controller.reconciler import Reconciler
from patterns_k8s.operator.desired.drift import fingerprint
from patterns_k8s.operator.desired.processor import CHILDREN, MANAGED_BY, MANAGER, Manifest
from patterns_k8s.operator.parts import Parts
from patterns_k8s.resource.order_processor import GROUP, KIND, PLURAL, VERSION

OrderProcessor = create_namespaced_resource(GROUP, VERSION, KIND, PLURAL)
_RESOURCES: dict[str, Any] = {
    each.__name__: each for each in (Deployment, Event, Job, NetworkPolicy, Pod, PodDisruptionBudget, ServiceAccount)
} | {KIND: OrderProcessor}


def hear_by_kopf(registry: kopf.OperatorRegistry, parts: Parts, _kubeconfig: str) -> None:
    """Take in what kopf's handlers hear of children."""
    parts.child_watch.begin = parts.child_watch.close = lambda: None  # type: ignore[method-assign]

    def register(plural: str, group: str, version: str, kind: str) -> None:
        @kopf.on.event(group, version, plural, registry=registry, id=f"heard-{plural}", labels={MANAGED_BY: MANAGER})
        async def heard(event: kopf.RawEvent, **_: object) -> None:
            body: Any = event["object"]
            parts.memories.told(kind, body, deleted=event["type"] == "DELETED")

    for plural, (group, version, kind) in CHILDREN.items():
        register(plural, group, version, kind)


class LightkubeRequests:
    """The requests of a look, made by lightkube."""

    def __init__(self, kubeconfig: str) -> None:
        """Take the kubeconfig."""
        self._client = AsyncClient(config=KubeConfig.from_file(kubeconfig), field_manager=MANAGER)

    async def get(self, reference: Mapping[str, Any]) -> Manifest:
        """Return the object."""
        kind, metadata = reference["kind"], reference["metadata"]
        return await self._done(self._client.get(_RESOURCES[kind], metadata["name"], namespace=metadata["namespace"]))

    async def apply(self, manifest: Manifest, *, uid: str = "") -> Manifest:
        """Apply, to the object of this uid or a new one."""
        meant = {"uid": uid} if uid else {"resourceVersion": "1"}
        body = {**manifest, "metadata": {**manifest["metadata"], **meant}}
        model = _RESOURCES[manifest["kind"]].from_dict(body)
        return await self._done(self._client.apply(model, force=True))

    async def create(self, manifest: Manifest) -> Manifest:
        """Create the object."""
        return await self._done(self._client.create(_RESOURCES[manifest["kind"]].from_dict(manifest)))

    async def merge(self, reference: Manifest, change: Mapping[str, Any], *, part: str = "") -> Manifest:
        """Change the object, or a part of it."""
        of = _RESOURCES[reference["kind"]]
        target = {"": of, "/status": getattr(of, "Status", of), "/scale": getattr(of, "Scale", of)}[part]
        name, namespace = reference["metadata"]["name"], reference["metadata"]["namespace"]
        return await self._done(
            self._client.patch(target, name, dict(change), namespace=namespace, patch_type=PatchType.MERGE)
        )

    async def count_pods(self, namespace: str, labels: Mapping[str, str], *, account: str = "") -> int:
        """Count the pods that have not ended."""
        fields: Any = {"spec.serviceAccountName": account} if account else None
        pods = self._client.list(Pod, namespace=namespace, labels=dict(labels), fields=fields)
        return len([each async for each in pods if (each.status and each.status.phase) not in {"Succeeded", "Failed"}])

    async def _done(self, request: Any) -> Manifest:  # noqa: ANN401 - a request for any model
        try:
            found: res.Resource = await request
        except ApiError as error:
            answer = Answer(int(error.status.code or 0), error.status.to_dict())
            raise answer.failure("lightkube") from error
        body: Manifest = found.to_dict()  # type: ignore[attr-defined]
        return body


def ask_by_lightkube(_registry: kopf.OperatorRegistry, parts: Parts, kubeconfig: str) -> None:
    """Make the requests of a look by lightkube."""
    requests = LightkubeRequests(kubeconfig)
    for verb in ("get", "apply", "create", "merge", "count_pods"):
        setattr(parts.cluster, verb, getattr(requests, verb))


def never_settle(_registry: kopf.OperatorRegistry, _parts: Parts, _kubeconfig: str) -> None:
    """Let every look go the whole way."""
    reconcile = Reconciler.reconcile

    async def whole(self: Reconciler, processor: Any, state: Any, *rest: Any) -> bool:  # noqa: ANN401 - handed on
        state.settled = None
        return await reconcile(self, processor, state, *rest)

    Reconciler.reconcile = whole  # type: ignore[assignment, method-assign]


def apply_at_every_change(_registry: kopf.OperatorRegistry, _parts: Parts, _kubeconfig: str) -> None:
    """Take every version for another object."""
    for module in (tended, child_applier):
        vars(module)["mark_of"] = lambda live: fingerprint(live["metadata"]["resourceVersion"])


__all__ = ["PLAIN"]

PLAIN: dict[str, Callable[[kopf.OperatorRegistry, Parts, str], None]] = {
    "watch": hear_by_kopf,
    "client": ask_by_lightkube,
    "settled": never_settle,
    "drift": apply_at_every_change,
}
