"""What the operator's decisions need from outside."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from patterns_k8s.operator.desired.processor import Manifest

__all__ = ["Children", "Merges", "Tell"]

Tell = Callable[[str, str, str], None]
"""Posts an event about the OrderProcessor: its type (Normal or Warning), its reason, its message."""


class Merges(Protocol):
    """The cluster, as far as a change of an object needs it; raises ClusterError."""

    async def merge(self, reference: Manifest, change: Mapping[str, Any], *, part: str = "") -> Manifest:
        """Change fields of an object, or of its ``part``, and return it as it is kept.

        Raises Conflict when the change names a ``uid`` or ``resourceVersion`` that the object does not have.
        """
        ...


class Children(Merges, Protocol):
    """The cluster, as far as a look needs it; every method raises ClusterError."""

    async def get(self, reference: Mapping[str, Any]) -> Manifest:
        """Return the object; raises Gone when it is not there."""
        ...

    async def apply(self, manifest: Manifest, *, uid: str = "") -> Manifest:
        """Make the object with this uid, or a new one, what the manifest says and return it as it is kept.

        Raises Conflict when there is another one, or none with this uid.
        """
        ...

    async def create(self, manifest: Manifest) -> Manifest:
        """Create the object and return it; raises Conflict when there is one of that name."""
        ...

    async def delete(self, reference: Manifest, *, version: str) -> None:
        """Delete the object if it is there; raises Conflict when it has another version."""
        ...

    async def is_terminating(self, namespace: str) -> bool:
        """Return whether the namespace is being deleted, and with it everything in it."""
        ...

    async def list_pods(self, namespace: str, labels: Mapping[str, str]) -> list[Manifest]:
        """Return the pods with these labels, those that have ended included."""
        ...

    async def count_pods(self, namespace: str, labels: Mapping[str, str], *, account: str = "") -> int:
        """Return how many pods have these labels, and this service account if one is named, and have not ended."""
        ...
