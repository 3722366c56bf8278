"""How the pattern is inside its cluster, as `patterns status` shows it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from patterns_deploy.kubernetes.earlier_layout import find_operator
from patterns_deploy.kubernetes.kubectl import Kubectl, KubectlFailed
from patterns_deploy.place import Place
from patterns_infra.kubernetes_names import NAMESPACE

__all__ = ["ClusterHealth", "read_cluster_health"]

_KIND = "orderprocessors.patterns.example.com"
_REQUEST_SECONDS = 10
_MEANT = {"Suspended"}
"""Why an OrderProcessor may be without workers and nobody has to do anything."""


@dataclass(slots=True)
class ClusterHealth:
    """What was found.

    Attributes:
        processors: a line for each OrderProcessor, by its name.
        problems: one line for each thing that is not as it should be.
    """

    processors: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def read_cluster_health(place: Place) -> ClusterHealth:
    """Look into the cluster that this machine has a kubeconfig of; without one there is nothing to tell."""
    if place.kubeconfig is None:
        return ClusterHealth()
    try:
        return _look(Kubectl(place.kubeconfig, dict(os.environ)))
    except KubectlFailed as failed:
        return ClusterHealth(problems=[f"the cluster does not tell: {failed}"])


def _look(kubectl: Kubectl) -> ClusterHealth:
    patience = f"--request-timeout={_REQUEST_SECONDS}s"
    health = ClusterHealth()
    operator = find_operator(kubectl, patience)
    if not (operator or {}).get("status", {}).get("availableReplicas"):
        health.problems.append("no operator is available: nothing scales, nothing is repaired")
    for each in kubectl.items(_KIND, "--all-namespaces", patience):
        name, namespace, ready = each["metadata"]["name"], each["metadata"]["namespace"], _ready(each)
        if namespace != NAMESPACE:
            health.problems.append(f"OrderProcessor {name}: no operator watches its namespace, {namespace}")
            continue
        status = each.get("status", {})
        pods = f"{status.get('readyReplicas', 0)} of {status.get('desiredReplicas', 0)} pods"
        health.processors[name] = f"{ready['reason']}, {pods}, {status.get('messages', 0)} messages"
        if ready["status"] != "True" and ready["reason"] not in _MEANT:
            health.problems.append(f"OrderProcessor {name}: {ready['reason']}: {ready['message']}")
    if not health.processors:
        health.processors["no OrderProcessor"] = "orders wait until one is applied"
    return health


def _ready(processor: Mapping[str, Any]) -> Mapping[str, str]:
    conditions = processor.get("status", {}).get("conditions", ())
    unknown = {"status": "Unknown", "reason": "NotLookedAt", "message": "the operator has not looked at it"}
    return next((x for x in conditions if x["type"] == "Ready"), unknown)
