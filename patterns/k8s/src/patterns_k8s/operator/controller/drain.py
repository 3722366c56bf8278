"""The end of an OrderProcessor: its workers finish first, then it may go, and the cluster collects the rest.

A namespace that is being deleted ends its pods by itself, with their grace, and stays until they have ended. With the
operator's Role it also takes the right to do anything about them (docs/adr/0067).
"""

from collections.abc import Collection

from patterns_k8s.operator.api.answers import Refused
from patterns_k8s.operator.api.ports import Children
from patterns_k8s.operator.controller.own_children import OwnChildren
from patterns_k8s.operator.controller.ownership import NameTaken
from patterns_k8s.operator.desired.processor import Owner, child_reference, selector_of

__all__ = ["drain"]


async def drain(cluster: Children, owner: Owner, *, former: Collection[str] = ()) -> int:
    """Take the workers away, and return how many have not ended yet; asking again is asking for the same.

    ``former`` are names of Deployments of its that are still there from a version before. A Deployment that is not this
    owner's, or was orphaned, keeps its pods, and they are not waited for. Nor is a backfill: what it has not published
    another run would publish. Nor are pods that only the deletion of their namespace can still end.
    """
    try:
        return await _drain(cluster, owner, former)
    except Refused:
        if await cluster.is_terminating(owner.namespace):
            return 0
        raise


async def _drain(cluster: Children, owner: Owner, former: Collection[str]) -> int:
    children = OwnChildren(cluster)
    others = False
    for name in (owner.child_name, *former):
        try:
            await children.change(owner, child_reference(owner, "Deployment", name), {"replicas": 0}, adopt=False)
        except NameTaken:
            others = True
    if others and not former:
        return 0
    # Pods may be left of one that is gone.
    return await cluster.count_pods(owner.namespace, selector_of(owner.name))
