"""What this cluster takes and cannot keep: kubectl shows a warning for it, and nothing is refused."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

__all__ = ["policies"]

_API = "admissionregistration.k8s.io/v1"


@dataclass(frozen=True, slots=True)
class _Warning:
    """A warning about objects of one resource.

    Attributes:
        group: API group of the resource.
        resource: its plural.
        unless: CEL; no warning for objects for which it is true.
        message: what kubectl shows.
    """

    group: str
    resource: str
    unless: str
    message: str


_WARNINGS = (
    _Warning(
        "networking.k8s.io",
        "networkpolicies",
        "false",
        "not enforced here: pods are processes of this machine and share its network",
    ),
    _Warning(
        "",
        "services",
        "object.spec.type == 'ExternalName'",
        "leads nowhere here: there is no cluster network; pods have addresses of this machine",
    ),
)


def policies() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the path of each object that makes the API server warn, and the object, for server-side apply."""
    for warning in _WARNINGS:
        name = f"patterns-local-{warning.resource}"
        rule = {
            "apiGroups": [warning.group],
            "apiVersions": ["v1"],
            "operations": ["CREATE", "UPDATE"],
            "resources": [warning.resource],
        }
        spec = {
            "failurePolicy": "Ignore",
            "matchConstraints": {"resourceRules": [rule]},
            "validations": [{"expression": warning.unless, "message": warning.message}],
        }
        yield _object("ValidatingAdmissionPolicy", "validatingadmissionpolicies", name, spec)
        binding = {"policyName": name, "validationActions": ["Warn"]}
        yield _object("ValidatingAdmissionPolicyBinding", "validatingadmissionpolicybindings", name, binding)


def _object(kind: str, plural: str, name: str, spec: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return f"/apis/{_API}/{plural}/{name}", {"apiVersion": _API, "kind": kind, "metadata": {"name": name}, "spec": spec}
