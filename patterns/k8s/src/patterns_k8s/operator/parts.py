"""What the handlers hand on to."""

from collections.abc import Callable
from dataclasses import dataclass

import kopf

from patterns_k8s.operator.cluster import Cluster
from patterns_k8s.operator.inventory import Inventory
from patterns_k8s.operator.metrics import Metrics
from patterns_k8s.operator.reminders import Reminders
from patterns_k8s.operator.settings import OperatorSettings
from patterns_k8s.operator.status_server import StatusServer
from patterns_k8s.operator.tended import Memories
from patterns_k8s.operator.tending import Tending

__all__ = ["Parts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """All of an operator but kopf. ``connect`` finds the credentials for the cluster."""

    settings: OperatorSettings
    connect: Callable[[kopf.OperatorSettings], kopf.ConnectionInfo]
    cluster: Cluster
    memories: Memories
    tending: Tending
    metrics: Metrics
    reminders: Reminders
    inventory: Inventory
    status_server: StatusServer
