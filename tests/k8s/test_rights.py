"""What the operator may do and what it does are the same; this runs after everything else (see conftest).

The audit log has all that operators asked for in this session, whether as a pod or as a process, in peace and in
faults. So that the comparison holds for any choice of tests, a life of an OrderProcessor is lived here first.
"""

import json

import pytest
from tests.audit import AuditLog
from tests.kube_cluster import KubeCluster
from tests.operator_rights import OPERATOR_USER, rights_in_force, rights_used
from tests.operators import OperatorProcess
from tests.order_processors import wait_condition
from tests.order_queue import OrderQueue
from tests.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.faults]

DAYS = {"from": "2026-01-05", "to": "2026-01-06"}


@pytest.fixture
def lived(cluster: KubeCluster, operator: OperatorProcess, queue: OrderQueue) -> None:  # noqa: ARG001 - it must run
    """Live through all that an OrderProcessor can go through; its backfill never ends, since its image is nowhere."""
    endless = {"image": "example.com/patterns-k8s:nowhere", "backfill": [DAYS]}
    cluster.apply(queue.processor(**endless))
    eventually(lambda: _suspended(cluster, queue) == [False], seconds=30)
    cluster.apply(queue.processor(**endless, suspend=True))
    wait_condition(cluster, queue.name, "Suspended")
    eventually(lambda: _suspended(cluster, queue) == [True], seconds=30)
    cluster.apply(queue.processor(**endless, suspend=False))
    eventually(lambda: _suspended(cluster, queue) == [False], seconds=30)
    cluster.apply(queue.processor(**{**endless, "backfill": []}))
    eventually(lambda: _suspended(cluster, queue) == [], seconds=30)
    cluster.kubectl("delete", "orderprocessor", queue.name, "--timeout=60s", seconds=70)


def _suspended(cluster: KubeCluster, queue: OrderQueue) -> list[bool]:
    return [bool(job["spec"].get("suspend")) for job in cluster.list("jobs", instance=queue.name)]


@pytest.mark.usefixtures("lived")
def test_the_operator_may_do_what_it_does_and_no_more(cluster: KubeCluster, audit: AuditLog) -> None:
    """Nothing that it asked for is beyond its rights, and it has no right that it never used."""
    calls = audit.calls(OPERATOR_USER)
    allowed = rights_in_force(cluster)
    # An API server that a fault has just started again has not read the roles yet, and refuses what they allow.
    refused = rights_used([call for call in calls if not call.allowed], allowed)
    assert refused <= allowed, f"refused, and by no role: {sorted(refused - allowed)}"
    used = rights_used([call for call in calls if call.allowed], allowed)
    assert used == allowed, f"never used: {sorted(allowed - used)}; by no role of its own: {sorted(used - allowed)}"


def test_workers_ask_the_cluster_for_nothing(audit: AuditLog, cluster: KubeCluster) -> None:
    """They have no token, and their accounts no rights."""
    users = {json.loads(line)["user"]["username"] for line in audit.lines()}
    accounts = {user for user in users if user.startswith("system:serviceaccount:patterns:")}
    assert accounts == {OPERATOR_USER}
    for binding in json.loads(cluster.kubectl("get", "rolebindings", "--output=json"))["items"]:
        assert [subject["name"] for subject in binding["subjects"]] == ["patterns-operator"]
