"""Children with the names that a version before gave them: like the OrderProcessor, with no suffix.

They go when what takes their place works, so that there are workers all the while: the disruption budget at once (of
two over one pod neither lets it be moved), the Deployment when the new one's pods are ready, and the account and the
network policy when all that needs them, workers and backfills, has ended.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from patterns_k8s.operator.api.ports import Children
from patterns_k8s.operator.controller.own_children import OwnChildren
from patterns_k8s.operator.desired.processor import INSTANCE, Owner, child_reference

__all__ = ["FormerChild", "FormerChildren"]


@dataclass(frozen=True, slots=True)
class FormerChild:
    """One of them: its name and, of a Deployment, how many pods it is to have."""

    name: str
    replicas: int = 0

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> "FormerChild":
        """Return what the cluster tells of it."""
        return cls(str(body["metadata"]["name"]), int(body.get("spec", {}).get("replicas", 0)))


class FormerChildren:
    """Clears them away."""

    def __init__(self, cluster: Children) -> None:
        """Take the cluster."""
        self._cluster = cluster
        self._children = OwnChildren(cluster)

    async def retire(
        self, owner: Owner, former: dict[str, FormerChild], *, replaced: bool, backfills: bool
    ) -> list[str]:
        """Delete those whose time has come, forget them, and return the names of Deployments that went.

        ``replaced`` is whether as many new pods work as there must be, ``backfills`` whether any has not ended: a Job
        that is suspended, or waits for its next try, has no pod, and needs its account for the next one.
        """
        if "PodDisruptionBudget" in former:
            await self._delete(owner, former, "PodDisruptionBudget")
        if "Deployment" in former:
            if not replaced:
                return []
            name = former["Deployment"].name
            await self._delete(owner, former, "Deployment")
            return [name]
        if not former or backfills:
            return []
        if not await self._cluster.count_pods(owner.namespace, {INSTANCE: owner.name}, account=owner.name):
            for kind in list(former):
                await self._delete(owner, former, kind)
        return []

    async def _delete(self, owner: Owner, former: dict[str, FormerChild], kind: str) -> None:
        await self._children.delete(owner, child_reference(owner, kind, former[kind].name))
        former.pop(kind, None)
