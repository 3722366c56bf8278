"""One OrderProcessor as the operator sees it, and the names and labels of what belongs to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from patterns_k8s.resource.order_processor import GROUP, KIND, VERSION, OrderProcessorSpec

__all__ = [
    "API_VERSIONS",
    "CHILDREN",
    "INSTANCE",
    "MANAGED_BY",
    "MANAGER",
    "Manifest",
    "Owner",
    "Processor",
    "child_name",
    "child_reference",
    "labels_of",
    "reference_of",
    "selector_of",
]

MANAGER = "patterns-operator"
"""Who manages the children: their label, and the field manager of what is applied."""

MANAGED_BY = "app.kubernetes.io/managed-by"
INSTANCE = "app.kubernetes.io/instance"
"""Labels of children and their pods: the operator, and the OrderProcessor's name."""

CHILDREN = {
    "serviceaccounts": ("", "v1", "ServiceAccount"),
    "networkpolicies": ("networking.k8s.io", "v1", "NetworkPolicy"),
    "poddisruptionbudgets": ("policy", "v1", "PodDisruptionBudget"),
    "deployments": ("apps", "v1", "Deployment"),
    "jobs": ("batch", "v1", "Job"),
}
"""Kinds of children by their plurals: group, version, kind."""

API_VERSIONS = {kind: f"{group}/{version}".lstrip("/") for group, version, kind in CHILDREN.values()}
"""``apiVersion`` of children by their kinds."""

CHILD_SUFFIX = "-workers"
"""Ends the names of children, so that no ordinary name (``web``, ``default``) is one of them."""

Manifest = dict[str, Any]
"""An object of the cluster as JSON values."""


@dataclass(frozen=True, slots=True)
class Owner:
    """An OrderProcessor as the controller of its children."""

    name: str
    namespace: str
    uid: str

    @property
    def child_name(self) -> str:
        """The name of its ServiceAccount, NetworkPolicy, PodDisruptionBudget and Deployment."""
        return child_name(self.name)

    @property
    def controller_reference(self) -> Manifest:
        """What names it in a child's ``ownerReferences``.

        It does not block the owner's deletion: that would need one right more, and the finalizer drains.
        """
        return {
            "apiVersion": f"{GROUP}/{VERSION}",
            "kind": KIND,
            "name": self.name,
            "uid": self.uid,
            "controller": True,
        }


@dataclass(frozen=True, slots=True)
class Processor:
    """An OrderProcessor whose spec can be read.

    Attributes:
        version: of the object that the spec was read of; a later one is a greater number.
        has_workers: whether the cluster's definition knows ``spec.workers``; one of a version before does not.
    """

    name: str
    namespace: str
    uid: str
    generation: int
    spec: OrderProcessorSpec
    version: int = field(default=0, compare=False)
    has_workers: bool = True

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
            version=int(metadata.get("resourceVersion", 0)),
            has_workers="workers" in body["spec"],
        )

    @property
    def owner(self) -> Owner:
        """It as the controller of its children."""
        return Owner(self.name, self.namespace, self.uid)

    def owns(self, manifest: Manifest) -> Manifest:
        """Return the manifest as a child: when the OrderProcessor goes, the cluster collects it."""
        references = [self.owner.controller_reference]
        metadata = {"namespace": self.namespace, **manifest["metadata"], "ownerReferences": references}
        return {**manifest, "metadata": metadata}


def child_name(name: str) -> str:
    """Return the name of the children of the OrderProcessor of this name, but for its Jobs; no two share one."""
    return name + CHILD_SUFFIX


def selector_of(name: str, component: str = "worker") -> dict[str, str]:
    """Return the labels by which the pods of one OrderProcessor are found."""
    return {"app.kubernetes.io/name": f"order-{component}", INSTANCE: name}


def labels_of(name: str, component: str = "worker") -> dict[str, str]:
    """Return the labels of a child."""
    return {
        **selector_of(name, component),
        "app.kubernetes.io/component": component,
        "app.kubernetes.io/part-of": "patterns",
        MANAGED_BY: MANAGER,
    }


def child_reference(owner: Owner, kind: str, name: str = "") -> Manifest:
    """Return by what a child is found: the one of this kind, or the one of another ``name``."""
    return {
        "apiVersion": API_VERSIONS[kind],
        "kind": kind,
        "metadata": {"name": name or owner.child_name, "namespace": owner.namespace},
    }


def reference_of(name: str, namespace: str) -> Manifest:
    """Return by what an OrderProcessor is found."""
    return {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": KIND,
        "metadata": {"name": name, "namespace": namespace},
    }
