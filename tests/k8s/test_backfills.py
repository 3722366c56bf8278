"""Declared days are looked through once each, as a Job, and their undecided orders are told of."""

import json
from datetime import UTC, datetime

import pytest
from tests.kube_cluster import NAMESPACE, KubeCluster
from tests.order_processors import status, wait_condition
from tests.order_queue import OrderQueue, outcomes_of, placed_orders
from tests.waiting import eventually

from patterns_shared.adapters.order_ids import new_order_id
from patterns_shared.adapters.order_items import order_to_item
from patterns_shared.domain.events import change_event_id, outcome_event_id
from patterns_shared.domain.orders import OrderStatus
from patterns_shared.testing import make_order
from patterns_shared.testing.made import TRACEPARENT

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("operator_pod")]

FIRST = {"from": "2026-01-05", "to": "2026-01-06"}
SECOND = {"from": "2026-02-01", "to": "2026-02-01"}


@pytest.fixture(scope="module")
def undecided(cluster: KubeCluster) -> dict[str, set[str]]:
    """Fill the orders table and return the ids of the outcomes that are due, by the first day of the range."""
    dynamodb = cluster.client("dynamodb")
    dynamodb.create_table(
        TableName="patterns-local-orders",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
    )
    due: dict[str, set[str]] = {"2026-01-05": set(), "2026-02-01": set()}
    for first, day, state in (
        ("2026-01-05", 5, OrderStatus.PLACED),
        ("2026-01-05", 6, OrderStatus.PLACED),
        ("", 7, OrderStatus.PLACED),
        ("", 6, OrderStatus.FULFILLED),
    ):
        placed = datetime(2026, 1, day, 12, tzinfo=UTC)
        order = make_order(order_id=new_order_id(placed), placed_at=placed, status=state)
        dynamodb.put_item(TableName="patterns-local-orders", Item=order_to_item(order, traceparent=TRACEPARENT))
        if first:
            due[first].add(outcome_event_id(change_event_id(order.order_id, order.order_version)))
    placed = datetime(2026, 2, 1, tzinfo=UTC)
    order = make_order(order_id=new_order_id(placed), placed_at=placed)
    dynamodb.put_item(TableName="patterns-local-orders", Item=order_to_item(order, traceparent=TRACEPARENT))
    due["2026-02-01"].add(outcome_event_id(change_event_id(order.order_id, 1)))
    return due


def test_each_range_runs_once(cluster: KubeCluster, queue: OrderQueue, undecided: dict[str, set[str]]) -> None:
    """While workers go on; a finished one does not run again when its Job is deleted, and goes with its range."""
    cluster.apply(queue.processor(backfill=[FIRST]))
    _wait_states(cluster, queue, ["Complete"])
    assert queue.wait_told(undecided["2026-01-05"]) == dict.fromkeys(undecided["2026-01-05"], 1)

    job = f"{queue.name}-backfill-20260105-20260106"
    cluster.kubectl("delete", "job", job)
    cluster.apply(queue.processor(backfill=[FIRST, SECOND]))
    _wait_states(cluster, queue, ["Complete", "Complete"])
    both = undecided["2026-01-05"] | undecided["2026-02-01"]
    assert queue.wait_told(both) == dict.fromkeys(both, 1)
    assert cluster.get("job", job) is None

    second = f"{queue.name}-backfill-20260201-20260201"
    assert cluster.get("job", second) is not None
    cluster.apply(queue.processor(backfill=[FIRST]))
    eventually(lambda: cluster.get("job", second) is None, seconds=30)
    assert queue.heard() == dict.fromkeys(both, 1)
    orders = placed_orders(3)
    queue.send(orders)
    queue.wait_told(outcomes_of(orders))


def test_a_backfill_waits_while_suspended(
    cluster: KubeCluster, queue: OrderQueue, undecided: dict[str, set[str]]
) -> None:
    """It is declared, says that it waits, and runs when it may."""
    cluster.apply(queue.processor(suspend=True, backfill=[SECOND]))
    wait_condition(cluster, queue.name, "Suspended")
    _wait_states(cluster, queue, ["Waiting"])
    cluster.apply(queue.processor(suspend=False, backfill=[SECOND]))
    _wait_states(cluster, queue, ["Complete"])
    queue.wait_told(undecided["2026-02-01"])


def test_a_pod_that_the_cluster_takes_away_is_no_failed_try(cluster: KubeCluster, queue: OrderQueue) -> None:
    """It is replaced, however often nodes are drained; a Job with the same policy on a lost node shows it."""
    cluster.apply(queue.processor(image="example.com/patterns-k8s:nowhere", backfill=[FIRST]))
    (backfill,) = eventually(lambda: cluster.list("jobs", instance=queue.name), seconds=30)
    pods = {"labels": {"app.kubernetes.io/instance": f"{queue.name}-drained"}}
    spec = {key: backfill["spec"][key] for key in ("backoffLimit", "podFailurePolicy")}
    pod_spec = backfill["spec"]["template"]["spec"] | {"nodeName": "no-kubelet"}
    metadata = {"name": f"{queue.name}-drained", "namespace": NAMESPACE}
    drained = {"metadata": metadata, "spec": spec | {"template": {"metadata": pods, "spec": pod_spec}}}
    cluster.apply({"apiVersion": "batch/v1", "kind": "Job", **drained})
    (pod,) = eventually(lambda: cluster.list("pods", instance=metadata["name"]), seconds=30)
    # As a kubelet leaves it on a node that is drained.
    disrupted = {"type": "DisruptionTarget", "status": "True", "reason": "EvictionByEvictionAPI", "message": "drained"}
    patch = f"--patch={json.dumps({'status': {'phase': 'Failed', 'conditions': [disrupted]}})}"
    cluster.kubectl("patch", "pod", pod["metadata"]["name"], "--subresource=status", "--type=merge", patch)
    eventually(lambda: len(cluster.list("pods", instance=metadata["name"])) == 2, seconds=40)
    seen = (cluster.get("job", metadata["name"]) or {})["status"]
    assert not seen.get("failed"), seen
    cluster.kubectl("delete", "job", metadata["name"], "--wait=false")


def _wait_states(cluster: KubeCluster, queue: OrderQueue, wanted: list[str]) -> None:
    def states() -> list[str]:
        return [each["state"] for each in status(cluster, queue.name).get("backfills", ())]

    eventually(lambda: states() == wanted, seconds=60, pause=0.3)
