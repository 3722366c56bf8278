"""The Kubernetes pattern's part of the demo: an OrderProcessor from its first manifest to its last pod."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from patterns_cli.demo.cluster_view import ClusterView
from patterns_cli.demo.event_tap import topic_tap
from patterns_cli.demo.order_flow import OrderFlow, decide_orders, scale
from patterns_cli.demo.scene import Scene, eventually
from patterns_cli.demo.stand_in_topic import published_topic, stand_in_topic
from patterns_infra.kubernetes_names import OPERATOR, PROCESSOR, WORKERS

__all__ = ["order_processor", "play"]

_MANAGED = f"--selector=app.kubernetes.io/managed-by={OPERATOR}"
_CHILDREN = "deployments,serviceaccounts,poddisruptionbudgets,networkpolicies"
_MOST_PODS = 4
_SECONDS = 90.0


async def play(scene: Scene) -> None:
    """Install nothing (that was the deployment's), declare, refuse, decide orders, scale, repair, and clear away."""
    cluster = ClusterView(scene)
    # Of a cluster of the user's own only its nodes know what they can pull, and there is the operator's.
    scene.outputs = {**scene.outputs, "worker_image": await cluster.operator_image()}
    await _definitions(scene, cluster)
    await _refusals(scene, cluster)
    async with _declared(scene, cluster) as topic:
        if topic:
            with topic_tap(scene.client, topic, name=f"patterns-demo-{secrets.token_hex(3)}") as tap:
                flow = OrderFlow(scene, cluster, tap)
                if not scene.whole:
                    await decide_orders(flow)
                await scale(flow, most=_MOST_PODS)
            await _repair(scene, cluster)
        await _clear(scene, cluster)


async def _definitions(scene: Scene, cluster: ClusterView) -> None:
    async with scene.part("the definition of OrderProcessor", seconds=30):
        await cluster.show("api-resources", "--api-group=patterns.example.com")
        found = await cluster.get("crd", "orderprocessors.patterns.example.com") or {}
        conditions = {x["type"]: x["status"] for x in found.get("status", {}).get("conditions", ())}
        scene.checks.equal("look for the definition", expected="True", seen=conditions.get("Established"))


async def _refusals(scene: Scene, cluster: ClusterView) -> None:
    """One that the schema's rules refuse, one that only the operator's webhook can."""
    wrong: dict[str, dict[str, Any]] = {
        "spec.replicas": {"replicas": {"min": 5, "max": 3}},
        "spec.resources.requests.memory": {
            "resources": {"requests": {"memory": "512Mi"}, "limits": {"memory": "256Mi"}}
        },
    }
    async with scene.part("OrderProcessors that make no sense", seconds=30):
        for field, spec in wrong.items():
            why = await cluster.refused("refused", order_processor(scene, **spec))
            scene.checks.equal(
                f"apply one whose {field} is wrong", expected=field, seen=field if field in why else why or "taken"
            )


@asynccontextmanager
async def _declared(scene: Scene, cluster: ClusterView) -> AsyncIterator[str]:
    """Apply the shop's OrderProcessor and give the topic that it tells; bring one where no other pattern has."""
    topic = published_topic(scene.client, scene.stage)
    spec: dict[str, Any] = {
        "replicas": {"min": 1, "max": _MOST_PODS},
        "scaling": {"messagesPerPod": 10, "cooldownSeconds": 10},
        # Slow on purpose: with all ten at once the queue would be empty before a second pod could help.
        "concurrency": 2,
    }
    if topic:
        async with scene.part("an OrderProcessor", seconds=_SECONDS):
            await cluster.apply(PROCESSOR, order_processor(scene, **spec))
            await _works(scene, cluster)
        yield topic
        return
    async with scene.part("an OrderProcessor, whose topic nobody has brought yet", seconds=_SECONDS):
        await cluster.apply(PROCESSOR, order_processor(scene, **spec))
        seen = await cluster.condition(PROCESSOR, "Ready", until="False")
        scene.checks.equal("ask it how it is", expected="False NameNotPublished", seen=seen)
    with stand_in_topic(scene.client, scene.stage) as arn:
        async with scene.part("the topic comes", seconds=_SECONDS):
            await _works(scene, cluster)
        yield arn


async def _works(scene: Scene, cluster: ClusterView) -> None:
    seen = await cluster.condition(PROCESSOR, "Ready", until="True")
    scene.checks.equal("wait until its workers are ready", expected="True WorkersReady", seen=seen)
    await cluster.show("get", "orderprocessors,pods")


async def _repair(scene: Scene, cluster: ClusterView) -> None:
    async with scene.part("children that somebody deletes", seconds=_SECONDS):
        before = await cluster.names(_CHILDREN, _MANAGED)
        old = await cluster.get("deployment", WORKERS)
        await cluster.show("delete", f"deployment/{WORKERS}", f"poddisruptionbudget/{WORKERS}")
        back = await eventually(
            lambda: cluster.names(_CHILDREN, _MANAGED), until=lambda seen: seen == before, seconds=30
        )
        scene.checks.equal("delete two of its children: what is there", expected=before, seen=back)
        new = await cluster.get("deployment", WORKERS)
        same = old and new and old["metadata"]["uid"] == new["metadata"]["uid"]
        scene.checks.equal(
            "look whether it is another deployment", expected="another", seen="same" if same else "another"
        )
        seen = await cluster.condition(PROCESSOR, "Ready", until="True")
        scene.checks.equal("wait until its workers are ready again", expected="True WorkersReady", seen=seen)


async def _clear(scene: Scene, cluster: ClusterView) -> None:
    async with scene.part("deleting the OrderProcessor", seconds=2 * _SECONDS):
        await cluster.show("delete", f"orderprocessor/{PROCESSOR}", "--timeout=120s", seconds=150)
        left = await eventually(
            lambda: cluster.names(f"{_CHILDREN},pods", _MANAGED), until=lambda seen: not seen, seconds=60
        )
        scene.checks.equal("look for what is left of it", expected="nothing", seen=left or "nothing")


def order_processor(scene: Scene, **spec: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of the spec
    """Return the shop's OrderProcessor with these fields, for the image that the operator runs."""
    return {
        "apiVersion": "patterns.example.com/v1",
        "kind": "OrderProcessor",
        "metadata": {"name": PROCESSOR, "namespace": scene.outputs["namespace"]},
        "spec": {"image": scene.outputs["worker_image"], **spec},
    }
