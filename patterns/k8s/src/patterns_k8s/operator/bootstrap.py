"""Wires the operator."""

import socket
import time
from dataclasses import dataclass

import kopf

from patterns_k8s.operator.api.aws_lookups import AwsLookups
from patterns_k8s.operator.api.cluster import Cluster
from patterns_k8s.operator.api.connection import Connection
from patterns_k8s.operator.api.credentials import connect
from patterns_k8s.operator.api.recent import Recent
from patterns_k8s.operator.controller.child_watch import ChildWatch
from patterns_k8s.operator.controller.memories import Memories
from patterns_k8s.operator.controller.processor_metrics import ProcessorMetrics
from patterns_k8s.operator.controller.reconciler import Lookups, Reconciler
from patterns_k8s.operator.controller.reminders import Reminders
from patterns_k8s.operator.controller.reports import Reports
from patterns_k8s.operator.controller.tending import Tending
from patterns_k8s.operator.desired.findings import Missing, QueueFound, TopicFound, Unknown
from patterns_k8s.operator.handlers import register
from patterns_k8s.operator.observability.event_recorder import EventRecorder
from patterns_k8s.operator.observability.metrics import Metrics
from patterns_k8s.operator.observability.status_server import StatusServer
from patterns_k8s.operator.parts import Connect, Parts
from patterns_k8s.operator.settings import OperatorSettings
from patterns_shared.adapters.aws_client import create_client
from patterns_shared.adapters.clock import utc_now

__all__ = ["make_operator", "make_parts"]


@dataclass(frozen=True, slots=True)
class _SharedLookups:
    """Looks at every queue and topic once for all OrderProcessors that name it."""

    queues: Recent[QueueFound | Missing | Unknown]
    topics: Recent[TopicFound | Missing | Unknown]

    async def queue(self, name: str) -> QueueFound | Missing | Unknown:
        return await self.queues.get(name)

    async def topic(self, name: str) -> TopicFound | Missing | Unknown:
        return await self.topics.get(name)


def make_operator(settings: OperatorSettings) -> tuple[kopf.OperatorRegistry, Parts]:
    """Return the operator: its handlers, and what they hand on to."""
    aws = AwsLookups(create_client("ssm"), create_client("sqs"), stage=settings.surroundings.stage)
    # A little less than from look to look, so that every look sees something new.
    fresh = settings.look_seconds * 0.7
    parts = make_parts(
        settings, _SharedLookups(Recent(aws.queue, seconds=fresh), Recent(aws.topic, seconds=fresh)), Metrics()
    )
    registry = kopf.OperatorRegistry()
    register(registry, parts)
    return registry, parts


def make_parts(settings: OperatorSettings, lookups: Lookups, metrics: Metrics, *, connect: Connect = connect) -> Parts:
    """Return what the handlers hand on to, with these lookups."""
    connection = Connection(
        lambda: connect(kopf.OperatorSettings()),
        note=lambda verb, status: metrics.requests.labels(verb, str(status)).inc(),
    )
    cluster = Cluster(connection)
    reconciler = Reconciler(
        cluster,
        lookups,
        surroundings=settings.surroundings,
        metrics=metrics,
        now=utc_now,
        clock=time.monotonic,
    )
    memories = Memories()
    metrics.registry.register(ProcessorMetrics(memories))
    return Parts(
        settings=settings,
        connect=connect,
        cluster=cluster,
        memories=memories,
        tending=Tending(
            reconciler, Reports(cluster, now=utc_now), memories, metrics, look_seconds=settings.look_seconds
        ),
        metrics=metrics,
        reminders=Reminders(cluster),
        child_watch=ChildWatch(cluster, memories, settings.namespace),
        events=EventRecorder(cluster, now=utc_now, instance=socket.gethostname()),
        status_server=StatusServer(metrics, admission=settings.webhook is not None),
    )
