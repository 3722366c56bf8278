"""An OrderProcessor is scaled as a Deployment is: what is wanted is in the spec, what there is in the status."""

import json
from copy import deepcopy
from typing import Any

import pytest
import yaml
from tests.kube_cluster import NAMESPACE, KubeCluster
from tests.operator_install import MANIFESTS
from tests.order_processors import live_pods, status, wait_condition, wait_pods
from tests.order_queue import OrderQueue
from tests.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("operator_pod")]
FEW = {"min": 1, "max": 3}
EXTERNAL = {"mode": "External"}


def scale(cluster: KubeCluster, name: str, kind: str = "orderprocessor") -> tuple[int, int]:
    """Return how many pods the scale subresource says are wanted, and are there."""
    found = json.loads(cluster.kubectl("get", kind, name, "--subresource=scale", "--output=json"))
    assert found["apiVersion"] == "autoscaling/v1"
    return found["spec"]["replicas"], found["status"].get("replicas", 0)


def autoscaler(name: str, **limits: int) -> dict[str, Any]:
    """Return a HorizontalPodAutoscaler; without a metrics server it still holds its limits."""
    cpu = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}
    target = {"apiVersion": "patterns.example.com/v1", "kind": "OrderProcessor", "name": name}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": name},
        "spec": {"scaleTargetRef": target, "metrics": [{"type": "Resource", "resource": cpu}], **limits},
    }


def test_kubectl_scale_is_seen_through(cluster: KubeCluster, queue: OrderQueue) -> None:
    """It waits until the pods are there; beyond the limits the operator writes what it holds to."""
    cluster.apply(queue.processor(replicas=FEW, scaling={"cooldownSeconds": 3600}))
    wait_condition(cluster, queue.name, "WorkersReady")
    assert scale(cluster, queue.name) == (1, 1)
    cluster.kubectl("scale", f"op/{queue.name}", "--replicas=2", "--timeout=60s", seconds=70)
    assert scale(cluster, queue.name) == (2, 2)
    wait_pods(cluster, queue.name, 2)
    selected = cluster.kubectl("get", "pods", f"--selector={status(cluster, queue.name)['selector']}", "--output=name")
    assert len(selected.split()) == 2
    cluster.kubectl("scale", f"op/{queue.name}", "--replicas=9", "--timeout=60s", seconds=70)
    eventually(lambda: scale(cluster, queue.name) == (3, 3), seconds=60)
    assert wait_condition(cluster, queue.name, "AtMaximum", kind="Scaling")["status"] == "True"


def test_an_autoscaler_drives_the_pods(cluster: KubeCluster, queue: OrderQueue) -> None:
    """Kubernetes' own, and any other by the same request; the limits are the OrderProcessor's."""
    cluster.apply(queue.processor(replicas=FEW, scaling=EXTERNAL))
    wait_condition(cluster, queue.name, "WorkersReady")
    cluster.apply(autoscaler(queue.name, minReplicas=2, maxReplicas=3))
    eventually(lambda: scale(cluster, queue.name) == (2, 2), seconds=90)
    wait_pods(cluster, queue.name, 2)
    cluster.kubectl("delete", "horizontalpodautoscaler", queue.name)

    path = f"/apis/patterns.example.com/v1/namespaces/{NAMESPACE}/orderprocessors/{queue.name}/scale"
    found = json.loads(cluster.kubectl("get", f"--raw={path}"))
    found["spec"]["replicas"] = 1
    cluster.kubectl("replace", f"--raw={path}", "--filename=-", given=json.dumps(found))
    eventually(lambda: scale(cluster, queue.name) == (1, 1), seconds=60)
    assert wait_condition(cluster, queue.name, "SetExternally", kind="Scaling")["status"] == "True"

    refused = cluster.kubectl("scale", f"op/{queue.name}", "--replicas=4", fails=True)
    assert "workers must be within replicas.min and replicas.max" in refused
    cluster.apply(queue.processor(replicas={"min": 2, "max": 3}, scaling=EXTERNAL))
    held = wait_condition(cluster, queue.name, "OutOfBounds", kind="Scaling")
    assert held["message"] == "spec.workers is 1 and spec.replicas goes from 2 to 3: held at 2"
    eventually(lambda: len(live_pods(cluster, queue.name)) == 2, seconds=60)


def test_an_object_of_the_definition_before_has_a_scale(cluster: KubeCluster) -> None:
    """The default is filled in where it is read, and nothing else of it has changed."""
    definition = yaml.safe_load((MANIFESTS / "crd.yaml").read_text())
    kinds = definition["spec"]["names"]
    kinds |= {"kind": "Formerly", "listKind": "FormerlyList", "plural": "formerlies", "singular": "formerly"}
    kinds |= {"shortNames": [], "categories": []}
    definition["metadata"]["name"] = f"formerlies.{definition['spec']['group']}"
    before = deepcopy(definition)
    (version,) = before["spec"]["versions"]
    version["subresources"]["scale"]["specReplicasPath"] = ".spec.replicas.min"
    spec = version["schema"]["openAPIV3Schema"]["properties"]["spec"]
    del spec["properties"]["workers"], spec["x-kubernetes-validations"]
    del spec["properties"]["scaling"]["properties"]["mode"], spec["properties"]["scaling"]["default"]["mode"]
    cluster.apply(before)
    try:
        cluster.kubectl("wait", "--for=condition=Established", "--timeout=30s", f"crd/{definition['metadata']['name']}")
        old = {"image": "example.com/patterns-k8s:v1", "replicas": {"min": 2, "max": 5}}
        kind = {"apiVersion": "patterns.example.com/v1", "kind": "Formerly", "metadata": {"name": "old"}}
        eventually(
            lambda: (
                "created"
                in cluster.kubectl("apply", "--filename=-", given=json.dumps({**kind, "spec": old}), fails=None)
            ),
            seconds=20,
        )
        assert scale(cluster, "old", "formerly") == (2, 0)
        kept = (cluster.get("formerly", "old") or {})["spec"]
        cluster.apply(definition)
        eventually(lambda: scale(cluster, "old", "formerly") == (1, 0), seconds=20)
        found = (cluster.get("formerly", "old") or {})["spec"]
        assert found.pop("workers") == 1
        assert found["scaling"].pop("mode") == "QueueDepth"
        assert found == kept
    finally:
        cluster.kubectl("delete", "crd", definition["metadata"]["name"], "--timeout=30s", seconds=40)
