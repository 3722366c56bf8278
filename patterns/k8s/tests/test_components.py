"""The optional components fit the programs: Argo CD and KEDA do what the operator does."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
import yaml
from lupa.lua51 import LuaRuntime

from patterns_k8s.operator.desired.children import Route, desired
from patterns_k8s.operator.desired.conditions import DeploymentSeen, Observation, status_of
from patterns_k8s.operator.desired.findings import Found, Missing, QueueFound, TopicFound, Unknown
from patterns_k8s.operator.desired.pod_causes import REASONS, Cause
from patterns_k8s.operator.desired.pods import Surroundings
from patterns_k8s.operator.desired.processor import MANAGED_BY, Processor
from patterns_k8s.resource.crd import MANIFEST
from patterns_k8s.resource.order_processor import OrderProcessorSpec

COMPONENTS = MANIFEST.parent / "components"
QUEUE, TOPIC = QueueFound("https://queue", messages=0, visibility=60), TopicFound("arn:topic")


@cache
def documents(name: str) -> tuple[dict[str, Any], ...]:
    """Return the documents of a component's file."""
    return tuple(yaml.safe_load_all((COMPONENTS / name).read_text(encoding="utf-8")))


def processor(**spec: Any) -> Processor:  # noqa: ANN401 - fields of a spec
    """Return the shop's own OrderProcessor."""
    given = OrderProcessorSpec.model_validate({"image": "patterns-k8s:made-by-deploy", **spec})
    return Processor(name="orders", namespace="patterns", uid="", generation=2, spec=given)


def workers() -> dict[str, dict[str, Any]]:
    """Return what the operator would apply for it, by kind."""
    route = Route(queue_url="made-by-the-stack", topic_arn="made-by-the-stack", visibility=60)
    place = Surroundings(stage="dev", region="eu-central-1")
    return {each["kind"]: each for each in desired(processor(), route=route, replicas=1, surroundings=place)}


def test_monitors_ask_where_the_programs_answer() -> None:
    """The operator by the port of its Service, workers by a port of theirs; and Prometheus is let in there."""
    (service_monitor,) = documents("monitoring/service-monitor.yaml")
    (pod_monitor,) = documents("monitoring/pod-monitor.yaml")
    (policy,) = documents("monitoring/network-policy.yaml")
    operator = tuple(yaml.safe_load_all((MANIFEST.parent / "base/operator.yaml").read_text(encoding="utf-8")))
    (service,) = (each for each in operator if each["kind"] == "Service")
    (endpoint,) = service_monitor["spec"]["endpoints"]
    assert service_monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert endpoint["port"] in {port["name"] for port in service["spec"]["ports"]}
    worker = workers()["Deployment"]["spec"]["template"]
    (scraped,) = pod_monitor["spec"]["podMetricsEndpoints"]
    ports = {port["name"] for port in worker["spec"]["containers"][0]["ports"]}
    assert scraped["port"] in ports
    assert {port["port"] for rule in policy["spec"]["ingress"] for port in rule["ports"]} == {scraped["port"]}
    for selector in (pod_monitor["spec"]["selector"], policy["spec"]["podSelector"]):
        assert selector["matchLabels"].items() <= worker["metadata"]["labels"].items()


def test_keda_s_workers_are_the_operator_s() -> None:
    """All but the owner, the manager, and the replicas, which KEDA sets."""
    expected = workers()
    for child in expected.values():
        del child["metadata"]["ownerReferences"], child["metadata"]["labels"][MANAGED_BY]
    del (
        expected["Deployment"]["spec"]["replicas"],
        expected["Deployment"]["spec"]["template"]["metadata"]["labels"][MANAGED_BY],
    )
    assert {each["kind"]: each for each in documents("keda/workers.yaml")} == expected


def test_keda_scales_by_the_defaults_of_an_order_processor() -> None:
    """Between as many pods, for as many messages, with the same cool-down; at the Deployment that is there."""
    scaled, authentication = documents("keda/scaled-object.yaml")
    spec, declared = scaled["spec"], processor().spec
    assert spec["scaleTargetRef"] == {"name": workers()["Deployment"]["metadata"]["name"]}
    assert (spec["minReplicaCount"], spec["maxReplicaCount"]) == (declared.replicas.min, declared.replicas.max)
    (trigger,) = spec["triggers"]
    assert trigger["metadata"]["queueLength"] == str(declared.scaling.messages_per_pod)
    assert trigger["authenticationRef"]["name"] == authentication["metadata"]["name"]
    down = spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]["scaleDown"]
    assert down["stabilizationWindowSeconds"] == declared.scaling.cooldown_seconds


READY = DeploymentSeen(current=True, updated=1, ready=1, total=1)
SITUATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "WorkersReady": ("Healthy", {}),
    "RollingOut": ("Progressing", {"deployment": DeploymentSeen(current=False)}),
    "PodsNotReady": ("Progressing", {"deployment": DeploymentSeen(current=True, updated=1, total=1)}),
    "NotProgressing": ("Degraded", {"deployment": DeploymentSeen(stuck="took too long")}),
    "FailedCreate": ("Degraded", {"deployment": DeploymentSeen(current=True, refused="exceeded quota")}),
    **{
        reason: (
            "Progressing" if reason == "Unschedulable" else "Degraded",
            {"deployment": DeploymentSeen(current=True, updated=1, total=1), "cause": Cause(reason, "it says why", 1)},
        )
        for reason in REASONS
    },
    "Suspended": ("Suspended", {"spec": {"suspend": True}}),
    "NameNotPublished": ("Degraded", {"topic": Missing("NameNotPublished", "it is not published"), "route": None}),
    "QueueMissing": ("Degraded", {"queue": Missing("QueueMissing", "it is gone"), "route": None}),
    "LookupFailed": ("Degraded", {"queue": Unknown("LookupFailed", "AWS is away"), "route": None}),
    "NameTaken": ("Degraded", {"problem": ("NameTaken", "deployment orders-workers is another's")}),
    "Refused": ("Degraded", {"problem": ("Refused", "the quota is used up")}),
    "InvalidSpec": ("Degraded", {"problem": ("InvalidSpec", "it cannot be read")}),
}


@pytest.fixture(scope="module")
def health() -> Callable[[dict[str, Any]], tuple[str, str]]:
    """Return Argo CD's health of an object: its script in Lua 5.1, the language's version there."""
    script = (COMPONENTS / "argo-cd/health.lua").read_text(encoding="utf-8")

    def check(manifest: dict[str, Any]) -> tuple[str, str]:
        lua = LuaRuntime(unpack_returned_tuples=True)
        lua.globals().obj = lua.table_from(manifest, recursive=True)
        answer = lua.execute(script)
        return str(answer.status), str(answer.message)

    return check


@pytest.mark.parametrize("reason", SITUATIONS)
def test_argo_cd_knows_how_an_order_processor_is(
    reason: str, health: Callable[[dict[str, Any]], tuple[str, str]]
) -> None:
    """By statuses as the operator writes them."""
    expected, traits = SITUATIONS[reason]
    traits = {"queue": QUEUE, "topic": TOPIC, "route": Route("q", "t", 60), "deployment": READY, **traits}
    declared = processor(**traits.pop("spec", {}))
    observed = Observation(found=Found(traits.pop("queue"), traits.pop("topic")), replicas=1, **traits)
    status = status_of(declared, observed, {}, datetime(2026, 1, 5, tzinfo=UTC))
    assert health({"metadata": {"generation": 2}, "status": status})[0] == expected
    assert health({"metadata": {"generation": 2}, "status": status})[1].startswith(f"{reason}: ")
    # Said about a spec before this one.
    assert health({"metadata": {"generation": 3}, "status": status})[0] == "Progressing"


def test_argo_cd_waits_for_an_operator_that_has_said_nothing(
    health: Callable[[dict[str, Any]], tuple[str, str]],
) -> None:
    """Without a status, or with one that is empty."""
    waiting = ("Progressing", "the operator has not looked at it yet")
    statuses: list[dict[str, Any]] = [{}, {"status": {}}, {"status": {"conditions": []}}]
    for status in statuses:
        assert health({"metadata": {"generation": 1}, **status}) == waiting
