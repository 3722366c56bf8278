"""What the operator may do and what it does are the same; this runs after everything else (see conftest).

The audit log has all that operators asked for in this session, whether as a pod or as a process, in peace and in
faults. So that the comparison holds for any choice of tests, a life of an OrderProcessor is lived here first.
"""

import json
import re

import pytest
from tests.audit import AuditLog
from tests.kube_cluster import NAMESPACE, SYSTEM, KubeCluster
from tests.operator_install import OPERATOR, restore_namespace
from tests.operator_rights import OPERATOR_USER, rights_in_force, rights_used
from tests.operators import OperatorProcess
from tests.order_processors import child, deployment, wait_condition
from tests.order_queue import OrderQueue
from tests.waiting import eventually

from patterns_infra.kubernetes_names import CERTIFICATE

pytestmark = [pytest.mark.integration, pytest.mark.faults]

KINDS = ("serviceaccount", "networkpolicy", "poddisruptionbudget", "deployment")
DAYS = {"from": "2026-01-05", "to": "2026-01-06"}


@pytest.fixture
def lived(cluster: KubeCluster, operator: OperatorProcess, queue: OrderQueue) -> None:  # noqa: ARG001 - it must run
    """Live through all that an OrderProcessor can go through; its backfill never ends, since its image is nowhere."""
    endless = {"image": "example.com/patterns-k8s:nowhere", "backfill": [DAYS], "replicas": {"min": 2, "max": 2}}
    cluster.apply(queue.processor(**endless))
    eventually(lambda: _suspended(cluster, queue) == [False], seconds=30)
    cluster.kubectl("delete", "orderprocessor", queue.name, "--cascade=orphan", "--timeout=30s", seconds=40)
    cluster.apply(queue.processor(**endless))
    wait_condition(cluster, queue.name, "ErrImagePull")
    _repair_twice(cluster, queue)
    _name_as_before(cluster, queue)
    cluster.apply(queue.processor(**endless, suspend=True))
    wait_condition(cluster, queue.name, "Suspended")
    eventually(lambda: _suspended(cluster, queue) == [True], seconds=30)
    eventually(lambda: not any(cluster.get(kind, queue.name) for kind in KINDS[2:]), seconds=60)
    cluster.apply(queue.processor(**endless, suspend=False))
    eventually(lambda: _suspended(cluster, queue) == [False], seconds=30)
    cluster.apply(queue.processor(**{**endless, "backfill": []}))
    eventually(lambda: _suspended(cluster, queue) == [], seconds=30)
    # A backfill of the version before would have needed them.
    eventually(lambda: not any(cluster.get(kind, queue.name) for kind in KINDS[:2]), seconds=60)
    _delete_the_namespace(cluster)


def _delete_the_namespace(cluster: KubeCluster) -> None:
    """Have the operator find that its rights went before its OrderProcessors, in whichever order a cluster deletes."""
    cluster.kubectl("delete", "rolebinding", OPERATOR)
    may = ("auth", "can-i", "get", "deployments", f"--as={OPERATOR_USER}")
    eventually(lambda: cluster.kubectl(*may, fails=None).startswith("no"), seconds=30)
    cluster.kubectl("delete", "namespace", NAMESPACE, "--timeout=200s", seconds=210)
    restore_namespace(cluster)
    eventually(lambda: cluster.kubectl(*may, fails=None).startswith("yes"), seconds=30)


def _repair_twice(cluster: KubeCluster, queue: OrderQueue) -> None:
    """Have something happen again: the second time is a count in the Event that is there."""
    selected = f"--field-selector=involvedObject.name={queue.name},reason=Repaired"
    for _ in range(2):
        cluster.kubectl("scale", "deployment", child(queue.name), "--replicas=3")
        eventually(lambda: deployment(cluster, queue.name)["spec"]["replicas"] == 2, seconds=20)
    counts = ("--output=jsonpath={.items[*].count}", selected)
    eventually(lambda: max(map(int, cluster.kubectl("get", "events", *counts).split()), default=0) > 1, seconds=20)


def _name_as_before(cluster: KubeCluster, queue: OrderQueue) -> None:
    """Have the children that a version before has named otherwise."""
    for kind in KINDS:
        found = cluster.get(kind, child(queue.name))
        assert found is not None
        kept = {key: found["metadata"][key] for key in ("namespace", "labels", "ownerReferences")}
        cluster.apply({**found, "metadata": {**kept, "name": queue.name}})


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
    accounts = {user for user in users if re.match(rf"system:serviceaccount:({NAMESPACE}|{SYSTEM}):", user)}
    renewing = f"system:serviceaccount:{SYSTEM}:{CERTIFICATE}"
    assert accounts - {renewing} == {OPERATOR_USER}
    bindings = json.loads(cluster.kubectl("get", "rolebindings", "--output=json"))["items"]
    subjects = sorted(subject["name"] for binding in bindings for subject in binding["subjects"])
    assert subjects == ["patterns-operator"]
