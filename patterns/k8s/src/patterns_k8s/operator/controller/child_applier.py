"""Makes an OrderProcessor's children what their manifests say, where they differ."""

from collections.abc import Callable, Iterable
from copy import deepcopy

from patterns_k8s.operator.api.answers import Conflict
from patterns_k8s.operator.api.ports import Children, Tell
from patterns_k8s.operator.controller.own_children import OwnChildren
from patterns_k8s.operator.controller.ownership import is_own
from patterns_k8s.operator.controller.tended import Applied, Tended
from patterns_k8s.operator.desired.conditions import deployment_seen
from patterns_k8s.operator.desired.drift import fingerprint, mark_of, version_of
from patterns_k8s.operator.desired.edits import describe_edit
from patterns_k8s.operator.desired.processor import Manifest, Processor, child_reference
from patterns_k8s.operator.observability.metrics import Metrics

__all__ = ["ChildApplier"]

_UNTOLD: Manifest = {}
Rescale = Callable[[int], int]
"""Returns how many pods there must be, given how many a Deployment has that is there already."""


class ChildApplier:
    """Applies what differs from what was applied, and what is not as it was then.

    Whether that is in a field of the manifest is for the API server to find out: applying the same again changes
    nothing else, and so it is told as a repair only if something changed.
    """

    def __init__(self, cluster: Children, metrics: Metrics) -> None:
        """Take the cluster and the figures."""
        self._cluster = cluster
        self._children = OwnChildren(cluster)
        self._metrics = metrics

    async def apply(
        self, processor: Processor, tended: Tended, manifests: Iterable[Manifest], rescale: Rescale, tell: Tell
    ) -> None:
        """Apply each of the manifests that is new or whose object is not as it was applied.

        Raises:
            NameTaken: the name of one is another's; those after it, the Deployment above all, are left as they are.
            ClusterError: the cluster did not do it; what is left is done at the next look.
        """
        for manifest in manifests:
            kind, wanted = manifest["kind"], fingerprint(manifest)
            live = tended.changed.pop(kind, _UNTOLD)
            known = tended.applied.get(kind)
            unchanged = known is not None and known.manifest == wanted
            if unchanged and live is _UNTOLD:
                continue
            # Forgotten first, so that a failure is made good by the next look.
            tended.applied.pop(kind, None)
            applied, kept = await self._put(processor, manifest, _uid_of(processor, known, live), rescale)
            record = Applied(fingerprint(applied), mark_of(kept), version_of(kept), kept["metadata"]["uid"])
            tended.keep(kind, record, kept)
            self._metrics.applied.labels(kind).inc()
            if unchanged and (live is None or mark_of(live) != record.mark):
                self._metrics.repaired.labels(kind).inc()
                what = "was deleted by another client" if live is None else describe_edit(manifest, live)
                tell("Warning", "Repaired", f"{kind} {manifest['metadata']['name']} {what}")

    async def park(self, processor: Processor, tended: Tended) -> None:
        """Take the pods away from a Deployment that this operator, or one before it, made when there was a route."""
        tended.applied.pop("Deployment", None)
        tended.changed.pop("Deployment", None)
        deployment = child_reference(processor.owner, "Deployment")
        live = await self._children.change(processor.owner, deployment, {"replicas": 0})
        if live is not None:
            tended.deployment = deployment_seen(live)

    async def running(self, processor: Processor, tended: Tended) -> int | None:
        """Return how many pods the Deployment is to have that is there already, None when there is none."""
        live = await self._children.find(processor.owner, child_reference(processor.owner, "Deployment"))
        if live is None:
            return None
        tended.deployment = deployment_seen(live)
        return int(live["spec"].get("replicas", 0))

    async def _put(
        self, processor: Processor, manifest: Manifest, uid: str, rescale: Rescale
    ) -> tuple[Manifest, Manifest]:
        """Apply the manifest to the object of this uid, else create it, else apply it to the child that is there.

        Return what was applied, and the object.
        """
        try:
            return manifest, await self._cluster.apply(manifest, uid=uid)
        except Conflict:
            live = await self._children.existing(processor.owner, manifest)
        if manifest["kind"] == "Deployment" and not uid:
            # Another operator's, or one's from before a restart: it knows how many pods there were.
            manifest = deepcopy(manifest)
            manifest["spec"]["replicas"] = rescale(int(live["spec"].get("replicas", 0)))
        return manifest, await self._cluster.apply(manifest, uid=live["metadata"]["uid"])


def _uid_of(processor: Processor, known: Applied | None, live: Manifest | None) -> str:
    """Return the uid of the child as far as it is known to be there and the OrderProcessor's, else nothing."""
    if live is None or (live and not is_own(live, processor.owner)):
        return ""
    return str(live["metadata"]["uid"]) if live else known.uid if known else ""
