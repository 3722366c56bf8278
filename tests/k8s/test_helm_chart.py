"""A release of the chart by Helm itself: installed, upgraded and taken out, in a cluster of its own."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.helm import CHART, Helm
from tests.kube_cluster import KubeCluster, running_cluster
from tests.operator_install import OPERATOR, free_port
from tests.order_processors import wait_condition
from tests.order_queue import OrderQueue, outcomes_of, placed_orders

from patterns_deploy.errors import DeployFailed
from patterns_deploy.folder import LocalFolder
from patterns_deploy.kubernetes.installing import Installer
from patterns_deploy.kubernetes.kubectl import Kubectl
from patterns_deploy.ports import HOST
from patterns_local.local_aws import REGION, ROOT_KEYS

pytestmark = pytest.mark.integration

RELEASE, PLACE = "patterns", "operators"
"""The release and its namespace; OrderProcessors are in another one."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KubeCluster]:
    """Start a cluster in which nothing is installed, with AWS and the namespace that is watched."""
    with running_cluster(LocalFolder(tmp_path_factory.mktemp("charted"))) as cluster:
        cluster.kubectl("create", "namespace", "patterns")
        secret = [f"--from-literal={name}={value}" for name, value in ROOT_KEYS.variables().items()]
        cluster.kubectl("create", "namespace", PLACE)
        cluster.kubectl("create", "secret", "generic", "role", *secret, f"--namespace={PLACE}")
        cluster.kubectl("create", "secret", "generic", "role", *secret)
        yield cluster


def test_a_release_from_its_installation_to_its_end(place: KubeCluster, tmp_path: Path) -> None:
    """It decides orders, keeps its certificate when it is upgraded, and leaves nothing but the definitions."""
    helm = Helm.prepare(tmp_path, place.folder.kubeconfig)
    port = free_port()
    values: dict[str, Any] = {
        "stage": "local",
        "aws": {"region": REGION, "endpointUrl": place.aws},
        "image": {"tag": "v1"},
        "watchNamespace": "patterns",
        "credentials": {"operatorSecret": "role", "workerSecret": "role"},
        "settings": {"LOOK_SECONDS": "1", "WEBHOOK_HOST": HOST, "WEBHOOK_PORT": str(port)},
        "webhook": {"url": f"https://{HOST}:{port}/validate"},
        # The one that comes cannot listen where the one that goes still does.
        "strategy": {"type": "Recreate"},
    }
    waits = ("--wait", "--timeout=120s", f"--namespace={PLACE}")
    said = helm.run("install", RELEASE, str(CHART), *waits, values=values)
    assert "STATUS: deployed" in said
    assert "namespace: patterns" in said

    queue = OrderQueue(place, "charted")
    queue.publish()
    refused = place.apply(queue.processor(image="patterns-k8s:v1", backfill=[FUTURE]), fails=True)
    assert "admission webhook" in refused
    orders = placed_orders(10)
    queue.send(orders)
    place.apply(queue.processor())
    wait_condition(place, queue.name, "WorkersReady")
    assert queue.wait_told(outcomes_of(orders)) == dict.fromkeys(outcomes_of(orders), 1)

    scraped = _scrape(place, "order-worker", 8080, "patterns")
    assert sum(value for (name, _), value in scraped.items() if name == "patterns_worker_messages_total") == len(orders)
    assert _scrape(place, OPERATOR, 8082, PLACE)["patterns_operator_processors", ()] == 1

    certificate, pods = _certificate(place), _pods(place)
    with pytest.raises(DeployFailed, match=f"Helm release '{RELEASE}'.*--namespace {PLACE}"):
        Installer(Kubectl(place.folder.kubeconfig, dict(os.environ)), lambda _, __: None).remove()
    said = helm.run("upgrade", RELEASE, str(CHART), *waits, values=values)
    assert (_certificate(place), _pods(place)) == (certificate, pods), "an upgrade of nothing changes nothing"
    values["settings"]["LOOK_SECONDS"] = "2"
    values["image"]["tag"] = "v2"
    helm.run("upgrade", RELEASE, str(CHART), *waits, values=values)
    assert _certificate(place) == certificate
    assert not _pods(place) & pods
    place.apply(queue.processor(concurrency=7))
    wait_condition(place, queue.name, "WorkersReady")

    said = helm.run("install", "another", str(CHART), "--namespace=default", values=values, fails=True)
    assert "invalid ownership metadata" in said or "cannot be imported" in said, said

    place.kubectl("delete", "orderprocessor", queue.name, "--timeout=60s", seconds=70)
    helm.run("uninstall", RELEASE, *waits)
    left = [
        place.kubectl(
            "get", kind, f"--namespace={PLACE}", "--output=name", "--selector=app.kubernetes.io/part-of=patterns"
        )
        for kind in ("all,configmap,secret,serviceaccount", "clusterrole,validatingwebhookconfiguration")
    ]
    assert "patterns" not in "".join(left), left
    assert place.get("role", OPERATOR) is place.get("clusterkopfpeering", OPERATOR) is None
    assert place.get("crd", "orderprocessors.patterns.example.com"), "deleting it would delete every OrderProcessor"


FUTURE = {"from": "2999-01-01", "to": "2999-01-02"}
"""Days that admission refuses, and the schema does not."""


def _scrape(cluster: KubeCluster, name: str, port: int, namespace: str) -> dict[tuple[str, tuple[str, ...]], float]:
    """Return what the one pod of this name exports, by metric and by the values of its labels."""
    selected = (f"--namespace={namespace}", f"--selector=app.kubernetes.io/name={name}", "--output=json")
    (pod,) = json.loads(cluster.kubectl("get", "pods", *selected))["items"]
    text = httpx.get(f"http://{pod['status']['podIP']}:{port}/metrics", timeout=10).raise_for_status().text
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def _certificate(cluster: KubeCluster) -> dict[str, str]:
    data = json.loads(cluster.kubectl("get", "secret", f"{OPERATOR}-webhook", f"--namespace={PLACE}", "--output=json"))[
        "data"
    ]
    return dict(data)


def _pods(cluster: KubeCluster) -> set[str]:
    printed = cluster.kubectl(
        "get", "pods", f"--namespace={PLACE}", f"--selector=app.kubernetes.io/name={OPERATOR}", "--output=json"
    )
    return {each["metadata"]["uid"] for each in json.loads(printed)["items"]}
