"""Whose an object is. Pure.

The rules are those of Kubernetes' own controllers. An object belongs to whom its controller reference names by uid
(``metav1.IsControlledBy``). One that has no controller is adopted when it carries the labels of this owner's children
(``ControllerRefManager``): such are left by ``kubectl delete --cascade=orphan``. Everything else is not touched.
"""

from collections.abc import Mapping
from typing import Any

from patterns_k8s.operator.api.answers import ClusterError
from patterns_k8s.operator.desired.processor import INSTANCE, MANAGED_BY, MANAGER, Manifest, Owner
from patterns_k8s.resource.order_processor import KIND

__all__ = ["NameTaken", "controller_of", "is_adoptable", "is_own", "owner_uid"]


class NameTaken(ClusterError):
    """The name of a child belongs to an object that is not the owner's. Says which, and who controls it."""

    def __init__(self, live: Mapping[str, Any]) -> None:
        """Take the object."""
        self.kind, self.name = str(live["kind"]), str(live["metadata"]["name"])
        super().__init__(f"{self.kind} {self.name}", f"exists and {_whose(live)}; it is left as it is")


def controller_of(body: Mapping[str, Any]) -> Manifest | None:
    """Return the reference to the object's controller, None when it has none."""
    references = body["metadata"].get("ownerReferences") or ()
    return next((dict(each) for each in references if each.get("controller")), None)


def owner_uid(body: Mapping[str, Any]) -> str | None:
    """Return the uid of the OrderProcessor that controls this object, None when none does."""
    controller = controller_of(body)
    return str(controller["uid"]) if controller and controller.get("kind") == KIND else None


def is_own(body: Mapping[str, Any], owner: Owner) -> bool:
    """Return whether this owner controls the object."""
    controller = controller_of(body)
    return controller is not None and controller.get("uid") == owner.uid


def is_adoptable(body: Mapping[str, Any], owner: Owner) -> bool:
    """Return whether the object has no controller and is labelled as a child of an OrderProcessor of this name."""
    metadata = body["metadata"]
    labels = metadata.get("labels") or {}
    ours = labels.get(MANAGED_BY) == MANAGER and labels.get(INSTANCE) == owner.name
    return controller_of(body) is None and ours and not metadata.get("deletionTimestamp")


def _whose(live: Mapping[str, Any]) -> str:
    controller = controller_of(live)
    if controller is None:
        return "has neither this OrderProcessor as its controller nor the labels of a child that it left behind"
    # The name alone would not tell an OrderProcessor from the one before it.
    return f"is controlled by {controller['kind']} {controller['name']} (uid {controller['uid']})"
