"""The way to an OrderProcessor's children: whose an object is, is read before it is changed or deleted.

Between the reading and the writing others may act, so every request says what it is about, and the API server refuses
it for anything else: a creation by a version that no object has, a change by the object's uid or version, a deletion by
its version.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from patterns_k8s.operator.api.answers import Conflict, Gone, Unavailable
from patterns_k8s.operator.api.ports import Children
from patterns_k8s.operator.controller.ownership import NameTaken, is_adoptable, is_own
from patterns_k8s.operator.desired.processor import Manifest, Owner, reference_of

__all__ = ["OwnChildren"]

_ATTEMPTS = 3
"""Of a change: a controller may write a status between the reading and the writing."""


class OwnChildren:
    """Finds and changes children; every method raises ClusterError, and NameTaken before it touches another's."""

    def __init__(self, cluster: Children) -> None:
        """Take the cluster."""
        self._cluster = cluster

    async def find(self, owner: Owner, reference: Mapping[str, Any], *, adopt: bool = True) -> Manifest | None:
        """Return the child of this kind and name, None when there is none.

        One that was orphaned is adopted, if ``adopt`` says so, and counts as another's otherwise.

        Raises:
            NameTaken: the object of this name is not the owner's.
            Gone: the owner is being deleted, or is another one by now.
        """
        try:
            live = await self._cluster.get(reference)
        except Gone:
            return None
        if is_own(live, owner):
            return live
        if not adopt or not is_adoptable(live, owner):
            raise NameTaken(live)
        await self._still_there(owner)
        # One that names this owner and does not control gives way: a uid must not be listed twice.
        others = [each for each in live["metadata"].get("ownerReferences") or () if each["uid"] != owner.uid]
        references = [*others, owner.controller_reference]
        return await self._merge(live, {"metadata": {"ownerReferences": references}})

    async def change(
        self, owner: Owner, reference: Mapping[str, Any], spec: Mapping[str, Any], *, adopt: bool = True
    ) -> Manifest | None:
        """Give the child these fields of its spec, if it has others, and return it; None when there is none.

        Raises as `find` does, and Conflict when it changes all the time.
        """
        for _ in range(_ATTEMPTS - 1):
            with suppress(Conflict):
                return await self._change(owner, reference, spec, adopt=adopt)
        return await self._change(owner, reference, spec, adopt=adopt)

    async def delete(self, owner: Owner, reference: Mapping[str, Any]) -> bool:
        """Delete the child, and return whether there was one; what is not the owner's stays."""
        try:
            live = await self.find(owner, reference, adopt=False)
        except NameTaken:
            return False
        if live is None:
            return False
        await self._cluster.delete(live, version=live["metadata"]["resourceVersion"])
        return True

    async def existing(self, owner: Owner, manifest: Manifest) -> Manifest:
        """Return the child that is there in place of a manifest that could not be created; raises as `find` does."""
        live = await self.find(owner, manifest)
        if live is None:
            raise Unavailable(f"{manifest['kind']} {manifest['metadata']['name']}", "came and went meanwhile")
        return live

    async def _change(
        self, owner: Owner, reference: Mapping[str, Any], spec: Mapping[str, Any], *, adopt: bool
    ) -> Manifest | None:
        live = await self.find(owner, reference, adopt=adopt)
        if live is None or spec.items() <= live["spec"].items():
            return live
        return await self._merge(live, {"spec": spec})

    async def _merge(self, live: Manifest, change: Mapping[str, Any]) -> Manifest:
        """Change a child as it was found; raises Conflict when it has changed since."""
        metadata = {**change.get("metadata", {}), "resourceVersion": live["metadata"]["resourceVersion"]}
        return await self._cluster.merge(live, {**change, "metadata": metadata})

    async def _still_there(self, owner: Owner) -> None:
        """Ask the API server itself, as Kubernetes' controllers do: an owner that is to go must not adopt."""
        reference = reference_of(owner.name, owner.namespace)
        metadata = (await self._cluster.get(reference))["metadata"]
        if metadata["uid"] != owner.uid or metadata.get("deletionTimestamp"):
            raise Gone(f"OrderProcessor {owner.name}", "is being deleted, so it adopts nothing")
