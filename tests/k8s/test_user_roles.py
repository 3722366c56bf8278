"""The cluster's own roles view, edit and admin reach OrderProcessors, as far as each reaches Deployments."""

import json
from collections.abc import Iterator

import pytest
from tests.kube_cluster import KubeCluster
from tests.order_processors import status, wait_condition
from tests.order_queue import OrderQueue
from tests.waiting import eventually

pytestmark = pytest.mark.integration

READ = {"get", "list", "watch"}
WRITE = {"create", "update", "patch", "delete", "deletecollection"}
VERBS = READ | WRITE
ALLOWED = {
    "view": {"orderprocessors": READ, "orderprocessors/status": READ, "orderprocessors/scale": READ},
    "edit": {
        "orderprocessors": READ | WRITE,
        "orderprocessors/status": READ,
        "orderprocessors/scale": READ | {"update", "patch"},
    },
    "admin": {
        "orderprocessors": READ | WRITE,
        "orderprocessors/status": READ,
        "orderprocessors/scale": READ | {"update", "patch"},
    },
    "none": {},
}
"""What users may do, by the cluster's role that is bound to them in the namespace."""
RESOURCES = ("orderprocessors", "orderprocessors/status", "orderprocessors/scale")


@pytest.fixture(scope="module")
def users(cluster: KubeCluster, operators: object) -> Iterator[None]:  # noqa: ARG001 - everything must be installed
    """Bind a role of the cluster to a user of the same name; the controller adds the rules a moment later."""
    roles = [role for role in ALLOWED if role != "none"]
    for role in roles:
        cluster.kubectl("create", "rolebinding", f"user-{role}", f"--clusterrole={role}", f"--user={role}")
    eventually(lambda: _may(cluster, "view", "get", "orderprocessors"), seconds=30)
    eventually(lambda: _may(cluster, "edit", "create", "orderprocessors"), seconds=30)
    eventually(lambda: _may(cluster, "admin", "create", "orderprocessors"), seconds=30)
    yield
    cluster.kubectl("delete", "rolebinding", *(f"user-{role}" for role in roles))


def _may(cluster: KubeCluster, user: str, verb: str, resource: str, *, group: str = "system:authenticated") -> bool:
    """Ask the API server what it would answer this user."""
    plural, _, part = resource.partition("/")
    words = ("auth", "can-i", verb, plural, f"--as={user}", f"--as-group={group}")
    return cluster.kubectl(*words, *([f"--subresource={part}"] if part else []), fails=None).startswith("yes")


@pytest.mark.usefixtures("users")
@pytest.mark.parametrize("user", ALLOWED)
def test_what_a_role_of_the_cluster_may_do(cluster: KubeCluster, user: str) -> None:
    """View reads; edit and admin write, too, and scale; no role writes a status."""
    rules = json.loads(cluster.kubectl("get", "clusterrole", user, "--output=json"))["rules"] if ALLOWED[user] else []
    granted: dict[str, set[str]] = {}
    for rule in rules:
        for group in set(rule.get("apiGroups", ())) & {"patterns.example.com", "kopf.dev"}:
            for resource in rule["resources"]:
                named = resource if group == "patterns.example.com" else f"{resource}.{group}"
                granted.setdefault(named, set()).update(rule["verbs"])
    assert granted == ALLOWED[user]
    # One verb of each kind is asked about: what the authorizer makes of the rules is Kubernetes' own.
    for resource in RESOURCES:
        for verb in ("get", "patch"):
            assert _may(cluster, user, verb, resource) == (verb in ALLOWED[user].get(resource, ())), (verb, resource)


@pytest.mark.usefixtures("users", "operator")
def test_an_editor_has_a_life_of_an_order_processor(cluster: KubeCluster, queue: OrderQueue) -> None:
    """Declares, scales and deletes it; its status stays the operator's, and a viewer changes nothing."""
    editor, viewer = "--as=edit", "--as=view"
    declared = json.dumps(queue.processor(replicas={"min": 0, "max": 3}, workers=0, scaling={"mode": "External"}))
    refused = cluster.kubectl("apply", viewer, "--filename=-", given=declared, fails=True)
    assert "cannot create resource" in refused or "cannot patch resource" in refused, refused
    cluster.kubectl("apply", editor, "--filename=-", given=declared)
    cluster.kubectl("scale", editor, f"orderprocessor/{queue.name}", "--replicas=1", "--timeout=60s", seconds=70)
    wait_condition(cluster, queue.name, "WorkersReady")
    assert queue.name in cluster.kubectl("get", "orderprocessors", viewer)
    patch = ("patch", "orderprocessor", queue.name, "--type=merge", '--patch={"status":{"replicas":99}}')
    said = cluster.kubectl(*patch, "--subresource=status", editor, fails=True)
    assert 'cannot patch resource "orderprocessors/status"' in said
    assert status(cluster, queue.name)["replicas"] == 1
    said = cluster.kubectl("scale", viewer, f"orderprocessor/{queue.name}", "--replicas=2", fails=True)
    assert "cannot patch resource" in said
    cluster.kubectl("delete", editor, "orderprocessor", queue.name, "--timeout=60s", seconds=70)
