"""One OrderProcessor with a cluster in a dictionary: what the operator does about it, a look at a time."""

import asyncio
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

from patterns_k8s.operator.controller.memories import Memories
from patterns_k8s.operator.controller.reconciler import Reconciler
from patterns_k8s.operator.controller.tended import Tended
from patterns_k8s.operator.desired.backfills import read_record
from patterns_k8s.operator.desired.findings import Missing, QueueFound, TopicFound, Unknown
from patterns_k8s.operator.desired.pods import Surroundings
from patterns_k8s.operator.desired.processor import Processor
from patterns_k8s.operator.observability.metrics import Metrics
from patterns_k8s.resource.order_processor import OrderProcessorSpec
from patterns_k8s.testing.fake_cluster import FakeCluster

__all__ = ["CHILD", "KINDS", "NO_TOPIC", "QUEUE", "TOPIC", "World", "settle"]

# ruff: noqa: S101 - the assertion is what a test is about

START = datetime(2026, 11, 25, 12, tzinfo=UTC)
QUEUE = QueueFound("https://sqs.example.com/fulfilment", messages=0, visibility=60)
TOPIC = TopicFound("arn:aws:sns:eu-central-1:123456789012:order-events")
NO_TOPIC = Missing("NameNotPublished", "/patterns/test/async/topic_arn is not published yet")
CHILD = "orders-workers"
KINDS = ["ServiceAccount", "NetworkPolicy", "PodDisruptionBudget", "Deployment"]


class World:
    """A cluster, what is found out, and one OrderProcessor that is looked after; ``look`` looks once."""

    def __init__(self) -> None:
        """Start with a new OrderProcessor, and everything there."""
        self.cluster = FakeCluster()
        self.found_queue: QueueFound | Missing | Unknown = QUEUE
        self.found_topic: TopicFound | Missing | Unknown = TOPIC
        self.seconds = 0.0
        self.events: list[tuple[str, str]] = []
        self.spec: dict[str, Any] = {"image": "patterns-k8s:1", "replicas": {"min": 1, "max": 10}}
        self.generation = 1
        self.metrics = Metrics()
        self.restart()
        self.cluster.objects["OrderProcessor", "orders"] = {"metadata": {"name": "orders", "uid": "uid-1"}, "spec": {}}

    def restart(self) -> None:
        """Forget everything, as an operator that was killed does."""
        self.memories = Memories()
        self.reconciler = Reconciler(
            self.cluster,
            self,
            surroundings=Surroundings(stage="test", region="eu-central-1"),
            metrics=self.metrics,
            now=lambda: START + timedelta(seconds=self.seconds),
            clock=lambda: self.seconds,
        )

    async def queue(self, _name: str) -> QueueFound | Missing | Unknown:
        """Return the queue."""
        return self.found_queue

    async def topic(self, _name: str) -> TopicFound | Missing | Unknown:
        """Return the topic."""
        return self.found_topic

    @property
    def tended(self) -> Tended:
        """What is remembered."""
        return self.memories.recall("uid-1")

    @property
    def status(self) -> dict[str, Any]:
        """What was reported."""
        status: dict[str, Any] = self.cluster.objects["OrderProcessor", "orders"].get("status", {})
        return status

    def condition(self, kind: str) -> tuple[str, str]:
        """Return a condition's status and reason."""
        (found,) = [each for each in self.status["conditions"] if each["type"] == kind]
        return found["status"], found["reason"]

    def declare(self, **spec: Any) -> None:  # noqa: ANN401 - fields of a spec
        """Change the spec."""
        self.spec |= spec
        self.generation += 1

    def look(self) -> list[tuple[str, str]]:
        """Look once, and return what was asked of the cluster.

        What a look declares makes a new generation, which is looked at at once, as when a watch tells of it.
        """
        self.cluster.asked.clear()
        self._look_once()
        if ("merge/scale", "OrderProcessor") in self.cluster.asked:
            self.scale(self.cluster.objects["OrderProcessor", "orders"]["spec"]["workers"])
            self._look_once()
        return list(self.cluster.asked)

    def scale(self, workers: int) -> None:
        """Set the wanted pods, as a client of the scale subresource does."""
        self.cluster.objects["OrderProcessor", "orders"]["spec"]["workers"] = workers
        self.declare(workers=workers)

    def _look_once(self) -> None:
        body = self.cluster.objects["OrderProcessor", "orders"]
        processor = Processor(
            name="orders",
            namespace="shop",
            uid="uid-1",
            generation=self.generation,
            spec=OrderProcessorSpec.read(self.spec),
            version=int(body["metadata"].get("resourceVersion", 0)),
        )
        self.tended.processor = processor
        if self.tended.recorded is None:
            self.tended.recorded = read_record(body["metadata"].get("annotations", {}))

        def tell(kind: str, reason: str, _message: str) -> None:
            self.events.append((kind, reason))

        asyncio.run(self.reconciler.reconcile(processor, self.tended, self.status, tell))

    def tell_of(self, kind: str, *, deleted: bool = False, uid: str = "") -> None:
        """Tell the operator of its children of this kind, as the cluster does, or this one of all of them."""
        for (each, _), body in list(self.cluster.objects.items()):
            if each == kind and uid:
                self.memories.recall(uid).told(kind, body, deleted=deleted)
            elif each == kind:
                self.memories.told(kind, body, deleted=deleted)

    def tell_of_status(self) -> None:
        """Tell the operator of the OrderProcessor as it is now, as the cluster does."""
        body = deepcopy(self.cluster.objects["OrderProcessor", "orders"])
        body["metadata"]["generation"] = self.generation
        self.memories.edited("uid-1", body)

    def run_pods(self) -> None:
        """Let the Deployment's pods run, as its controller and the kubelet do."""
        body = self.cluster.objects["Deployment", CHILD]
        pods = body["spec"]["replicas"]
        counts = dict.fromkeys(("replicas", "updatedReplicas", "readyReplicas"), pods)
        status = {"observedGeneration": body["metadata"]["generation"], **counts}
        self.cluster.edit("Deployment", CHILD, {"status": status})
        self.tell_of("Deployment")

    @property
    def replicas(self) -> int:
        """Pods of the Deployment."""
        replicas: int = self.cluster.objects["Deployment", CHILD]["spec"]["replicas"]
        return replicas


def settle(world: World) -> None:
    """Look until the pods run and nothing is left to do."""
    world.look()
    world.run_pods()
    world.look()
    assert world.look() == []
