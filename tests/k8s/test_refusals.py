"""Specs that make no sense are refused on admission, with a message that names the field."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.kube_cluster import NAMESPACE, KubeCluster
from tests.order_processors import status
from tests.order_queue import OrderQueue
from tests.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("operator_pod")]

BY_SCHEMA: list[tuple[str, Any, str]] = [
    ("image", "no-tag", "spec.image"),
    ("queue", "not a name", "spec.queue"),
    ("replicas", {"max": 201}, "spec.replicas.max"),
    ("concurrency", 0, "spec.concurrency"),
    ("concurrency", "many", "spec.concurrency"),
    ("scaling", {"cooldownSeconds": 1}, "spec.scaling.cooldownSeconds"),
    ("resources", {"limits": {"memory": "lots"}}, "spec.resources.limits.memory"),
    ("backfill", [{"from": "yesterday", "to": "2026-01-02"}], "spec.backfill[0].from"),
    ("backfill", [{"from": "2026-01-01", "to": "2026-01-02"}] * 2, "spec.backfill[1]"),
]
BY_RULE: list[tuple[str, Any, str]] = [
    ("replicas", {"min": 3, "max": 2}, "spec.replicas: Invalid value: min must not be over max"),
    ("backfill", [{"from": "2026-01-02", "to": "2026-01-01"}], "from must not be after to"),
]
BY_WEBHOOK: list[tuple[str, Any, str]] = [
    ("resources", {"requests": {"memory": "1Gi"}, "limits": {"memory": "512Mi"}}, "spec.resources.requests.memory"),
    ("backfill", [{"from": "2026-01-01", "to": "2999-01-01"}], "spec.backfill[0].to: 2999-01-01 is in the future"),
    (
        "backfill",
        [{"from": "2026-01-01", "to": "2026-01-03"}, {"from": "2026-01-03", "to": "2026-01-04"}],
        "spec.backfill[1]: overlaps with spec.backfill[0]",
    ),
]


@pytest.fixture(scope="module")
def declared(cluster: KubeCluster) -> OrderQueue:
    """Return a queue of which nothing but an OrderProcessor's spec is needed."""
    return OrderQueue(cluster, "refused")


@pytest.mark.parametrize(("field", "value", "message"), BY_SCHEMA + BY_RULE + BY_WEBHOOK)
def test_an_invalid_spec_is_refused(
    cluster: KubeCluster, declared: OrderQueue, field: str, value: object, message: str
) -> None:
    """By the schema, by a rule of it, or by the operator; nothing is kept."""
    refused = cluster.apply(declared.processor(**{field: value}), fails=True)
    assert message in refused
    assert cluster.get("orderprocessor", declared.name) is None


def test_an_unknown_field_is_refused(cluster: KubeCluster, declared: OrderQueue) -> None:
    """The client, which knows the schema, names it."""
    assert 'ValidationError(OrderProcessor.spec): unknown field "replica"' in cluster.apply(
        declared.processor(replica=3), fails=True
    )


def test_a_long_name_is_refused(cluster: KubeCluster) -> None:
    """Names of Jobs are made of it."""
    too_long = OrderQueue(cluster, "n" * 37)
    assert "metadata.name must have at most 36 characters" in cluster.apply(too_long.processor(), fails=True)


def test_what_is_probably_not_meant_is_warned_of(
    cluster: KubeCluster, queue: OrderQueue, make_queue: Callable[..., OrderQueue]
) -> None:
    """A tag that moves, and a second one on the same queue; both are kept."""
    assert "the tag latest moves" in cluster.apply(queue.processor(image="example.com/patterns-k8s:latest"))
    # What the operator has reported on, it knows.
    eventually(lambda: status(cluster, queue.name), seconds=60)
    other = make_queue()
    twin = other.processor(suspend=True, queue=queue.processor()["spec"]["queue"])
    assert f"is also worked on by {queue.name}" in cluster.apply(twin)


def test_a_namespace_that_no_operator_watches_is_warned_of(cluster: KubeCluster, declared: OrderQueue) -> None:
    """There it would have neither workers nor a status that says so."""
    cluster.kubectl("create", "namespace", "elsewhere")
    processor = declared.processor()
    processor["metadata"]["namespace"] = "elsewhere"
    there = ("apply", "--namespace=elsewhere", "--filename=-")
    told = cluster.kubectl(*there, given=json.dumps(processor))
    assert "Warning: metadata.namespace: no operator watches elsewhere" in told
    assert f"declare it in {NAMESPACE}" in told
    cluster.kubectl("delete", "namespace", "elsewhere", "--wait=false")


def test_a_change_is_judged_as_a_new_one_is(cluster: KubeCluster, queue: OrderQueue) -> None:
    """What was refused leaves what was declared before as it is."""
    cluster.apply(queue.processor(suspend=True))
    future = [{"from": "2026-01-01", "to": "2999-01-01"}]
    assert "spec.backfill[0].to" in cluster.apply(queue.processor(suspend=True, backfill=future), fails=True)
    kept = cluster.get("orderprocessor", queue.name)
    assert kept is not None
    assert "backfill" not in kept["spec"]
