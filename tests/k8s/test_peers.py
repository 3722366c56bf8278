"""Of several operators one acts; when it ends or dies another takes over, and they do not fight."""

import pytest
from tests.kube_cluster import KubeCluster
from tests.operators import Operators
from tests.order_processors import child, wait_condition
from tests.order_queue import OrderQueue
from tests.waiting import eventually

pytestmark = pytest.mark.integration


def test_two_operators_do_not_fight(cluster: KubeCluster, operators: Operators, queue: OrderQueue) -> None:
    """Each child is made once; the one that is left goes on when the other is killed, within the peering's time."""
    with operators.running() as first, operators.running(webhook=False) as second:
        cluster.apply(queue.processor(suspend=True))
        wait_condition(cluster, queue.name, "Suspended")
        acting = {each: _applied(each.metrics()) for each in (first, second)}
        assert sorted(acting.values()) == [0, 4], acting
        active = max(acting, key=lambda each: acting[each])
        # The webhook is answered by the first, so it must outlive the change: only who acts is killed.
        other = second if active is first else first
        active.kill()
        cluster.kubectl("delete", "serviceaccount", child(queue.name))
        eventually(lambda: cluster.get("serviceaccount", child(queue.name)), seconds=30)
        eventually(lambda: _applied(other.metrics()) >= 3, seconds=30)


def _applied(metrics: str) -> int:
    """Return how many children an operator has applied."""
    lines = [line for line in metrics.splitlines() if line.startswith("patterns_operator_applied_total")]
    return int(sum(float(line.rsplit(" ", 1)[1]) for line in lines))
