"""What the handlers hand on to."""

from collections.abc import Callable
from dataclasses import dataclass

import kopf

from patterns_k8s.operator.api.cluster import Cluster
from patterns_k8s.operator.controller.child_watch import ChildWatch
from patterns_k8s.operator.controller.memories import Memories
from patterns_k8s.operator.controller.reminders import Reminders
from patterns_k8s.operator.controller.tending import Tending
from patterns_k8s.operator.observability.event_recorder import EventRecorder
from patterns_k8s.operator.observability.metrics import Metrics
from patterns_k8s.operator.observability.status_server import StatusServer
from patterns_k8s.operator.settings import OperatorSettings

__all__ = ["Connect", "Parts"]

Connect = Callable[[kopf.OperatorSettings], kopf.ConnectionInfo]
"""Finds the credentials for the cluster."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """All of an operator but kopf."""

    settings: OperatorSettings
    connect: Connect
    cluster: Cluster
    memories: Memories
    tending: Tending
    metrics: Metrics
    reminders: Reminders
    child_watch: ChildWatch
    events: EventRecorder
    status_server: StatusServer
