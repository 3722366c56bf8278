"""One OrderProcessor as the operator sees it, and the names and labels of what belongs to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from patterns_k8s.resource.order_processor import GROUP, KIND, VERSION, OrderProcessorSpec

__all__ = [
    "CHILDREN",
    "MANAGED_BY",
    "MANAGER",
    "Manifest",
    "Processor",
    "labels_of",
    "owner_uid",
    "reference_of",
    "selector_of",
]

MANAGER = "patterns-operator"
"""Who manages the children: their label, and the field manager of what is applied."""

MANAGED_BY = "app.kubernetes.io/managed-by"
CHILDREN = {
    "serviceaccounts": ("", "v1", "ServiceAccount"),
    "networkpolicies": ("networking.k8s.io", "v1", "NetworkPolicy"),
    "poddisruptionbudgets": ("policy", "v1", "PodDisruptionBudget"),
    "deployments": ("apps", "v1", "Deployment"),
    "jobs": ("batch", "v1", "Job"),
}
"""Kinds of children by their plurals: group, version, kind."""

Manifest = dict[str, Any]
"""An object of the cluster as JSON values."""


@dataclass(frozen=True, slots=True)
class Processor:
    """An OrderProcessor whose spec can be read."""

    name: str
    namespace: str
    uid: str
    generation: int
    spec: OrderProcessorSpec

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> "Processor":
        """Return the OrderProcessor; raises pydantic's ValidationError for a spec that cannot be read."""
        metadata = body["metadata"]
        return cls(
            name=metadata["name"],
            namespace=metadata["namespace"],
            uid=metadata["uid"],
            generation=metadata.get("generation", 1),
            spec=OrderProcessorSpec.read(body["spec"]),
        )

    def owns(self, manifest: Manifest) -> Manifest:
        """Return the manifest as a child: when the OrderProcessor goes, the cluster collects it.

        The reference does not block the owner's deletion: that would need one right more, and the finalizer drains.
        """
        reference = {
            "apiVersion": f"{GROUP}/{VERSION}",
            "kind": KIND,
            "name": self.name,
            "uid": self.uid,
            "controller": True,
        }
        metadata = {"namespace": self.namespace, **manifest["metadata"], "ownerReferences": [reference]}
        return {**manifest, "metadata": metadata}


def selector_of(name: str, component: str = "worker") -> dict[str, str]:
    """Return the labels by which the pods of one OrderProcessor are found."""
    return {"app.kubernetes.io/name": f"order-{component}", "app.kubernetes.io/instance": name}


def labels_of(name: str, component: str = "worker") -> dict[str, str]:
    """Return the labels of a child."""
    return {
        **selector_of(name, component),
        "app.kubernetes.io/component": component,
        "app.kubernetes.io/part-of": "patterns",
        MANAGED_BY: MANAGER,
    }


def owner_uid(body: Mapping[str, Any]) -> str | None:
    """Return the uid of the OrderProcessor that controls this object, None when none does."""
    for reference in body["metadata"].get("ownerReferences", ()):
        if reference.get("kind") == KIND and reference.get("controller"):
            return str(reference["uid"])
    return None


def reference_of(name: str, namespace: str) -> Manifest:
    """Return by what an OrderProcessor is found."""
    return {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": KIND,
        "metadata": {"name": name, "namespace": namespace},
    }
