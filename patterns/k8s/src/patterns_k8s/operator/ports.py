"""What the operator's decisions need from outside."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from patterns_k8s.operator.processor import Manifest

__all__ = ["Children", "Merges", "Tell"]

Tell = Callable[[str, str, str], None]
"""Posts an event about the OrderProcessor: its type (Normal or Warning), its reason, its message."""


class Merges(Protocol):
    """The cluster, as far as a change of an object needs it; raises ClusterError."""

    async def merge(self, reference: Manifest, change: Mapping[str, Any], *, part: str = "") -> Manifest:
        """Change fields of an object, or of its ``part``, and return it as it is kept."""
        ...


class Children(Merges, Protocol):
    """The cluster, as far as a look needs it; every method raises ClusterError."""

    async def apply(self, manifest: Manifest) -> Manifest:
        """Make the object what the manifest says and return it as it is kept."""
        ...

    async def create(self, manifest: Manifest) -> None:
        """Create the object if it is not there."""
        ...

    async def delete(self, reference: Manifest) -> None:
        """Delete the object if it is there."""
        ...
