"""The pattern as `patterns deploy` leaves it and `patterns destroy` takes it away, with the others around it."""

import json
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.calls import one_line, signed_in
from tests.clients import administrator
from tests.commands import patterns
from tests.roles import assumed, is_refused
from tests.waiting import eventually

from patterns_cli.demo.shoppers import Shopper
from patterns_deploy.errors import DeployFailed
from patterns_deploy.kubernetes.deploying import reached_locally
from patterns_deploy.kubernetes.installing import Installer
from patterns_deploy.kubernetes.kubectl import Kubectl
from patterns_deploy.kubernetes.rendering import Installation
from patterns_infra.kubernetes_names import (
    CERTIFICATE,
    NAMESPACE,
    OPERATOR,
    OPERATOR_NAMESPACE,
    PROCESSOR,
    WORKERS,
)
from patterns_infra.registry import PATTERNS
from patterns_local.chosen_cluster import ChosenCluster
from patterns_local.cluster_choice import cluster_uid, settle_cluster
from patterns_local.local_aws import child_environment
from patterns_local.platform import LOCAL_STAGE, Platform

pytestmark = pytest.mark.integration

IN_NAMESPACE, IN_SYSTEM = f"--namespace={NAMESPACE}", f"--namespace={OPERATOR_NAMESPACE}"
OF_OPERATOR = f"--selector=app.kubernetes.io/name={OPERATOR}"
OF_WORKERS = "--selector=app.kubernetes.io/name=order-worker"
KINDS = "orderprocessors.patterns.example.com"


@pytest.fixture
def kubectl(platform: Platform) -> Kubectl:
    """Return the platform's cluster, as its administrator."""
    assert platform.kubeconfig
    return Kubectl(platform.kubeconfig, child_environment(platform.endpoint_url))


@pytest.fixture
def orders(platform: Platform) -> Path:
    """Return the manifest that the deployment left for the user."""
    return platform.folder.orders_manifest("local", LOCAL_STAGE)


@pytest.fixture
def wanted(platform: Platform, kubectl: Kubectl) -> Installation:
    """Return what is installed."""
    image = str(platform.outputs()["k8s"]["worker_image"])
    wanted = Installation(overlay="local", stage=LOCAL_STAGE, region=platform.region, image=image)
    return reached_locally(kubectl, wanted, remembered=platform.folder.webhook_port)


@pytest.fixture
def working(kubectl: Kubectl, orders: Path) -> Iterator[None]:
    """Have the shop's own OrderProcessor for one test."""
    kubectl.run("apply", f"--filename={orders}")
    kubectl.run("wait", "--for=condition=Ready", f"{KINDS}/{PROCESSOR}", IN_NAMESPACE, "--timeout=60s", seconds=90)
    yield
    kubectl.delete(KINDS, PROCESSOR, IN_NAMESPACE, seconds=120)


def pods(kubectl: Kubectl) -> set[str]:
    """Return the operator's pods, each known by its uid."""
    return {x["metadata"]["uid"] for x in kubectl.items("pods", OF_OPERATOR, "--all-namespaces")}


def installer(kubectl: Kubectl) -> Installer:
    """Return what installs, and shows nothing."""
    return Installer(kubectl, lambda _, __: None)


def test_outputs_name_the_cluster(platform: Platform) -> None:
    """As other programs look for them; the kubeconfig is a file that is there."""
    found = platform.outputs()["k8s"]
    assert {"cluster_name", "kubeconfig", "namespace", "fulfilment_queue_url", "fulfilment_dead_letter_url"} <= set(
        found
    )
    assert found["cluster_name"] == PATTERNS["k8s"].stack_name(LOCAL_STAGE)
    assert found["namespace"] == NAMESPACE
    assert Path(str(found["kubeconfig"])).is_file()
    cluster = administrator(platform, "eks").describe_cluster(name=found["cluster_name"])["cluster"]
    assert cluster["status"] == "ACTIVE"


def test_deploying_again_changes_nothing(platform: Platform, kubectl: Kubectl) -> None:
    """The same pods with the same certificate; the user is told how to begin."""
    before = pods(kubectl)
    assert before
    done = patterns(platform, "deploy", "k8s")
    assert done.returncode == 0, done.stderr
    assert "kubectl apply -f " in done.stderr
    assert pods(kubectl) == before


def test_status_tells_of_order_processors(platform: Platform, kubectl: Kubectl, orders: Path) -> None:
    """That there is none, the state of each, and when no operator runs."""

    def told() -> dict[str, Any]:
        statuses = json.loads(patterns(platform, "status", "--json").stdout)
        (found,) = (x for x in statuses if x["pattern"] == "k8s")
        return dict(found)

    before = told()
    assert before["processors"] == {"no OrderProcessor": "orders wait until one is applied"}
    assert not [x for x in before["problems"] if "operator" in x or "OrderProcessor" in x]
    kubectl.run("apply", f"--filename={orders}")
    kubectl.run("wait", "--for=condition=Ready", f"{KINDS}/{PROCESSOR}", IN_NAMESPACE, "--timeout=60s", seconds=90)
    assert told()["processors"][PROCESSOR].startswith("WorkersReady, 1 of 1 pods")
    kubectl.run("scale", f"deployment/{OPERATOR}", "--replicas=0", IN_SYSTEM)
    assert eventually(lambda: [x for x in told()["problems"] if x.startswith("no operator is available")], seconds=30)
    kubectl.run("scale", f"deployment/{OPERATOR}", "--replicas=1", IN_SYSTEM)
    kubectl.run("rollout", "status", f"deployment/{OPERATOR}", IN_SYSTEM, "--timeout=60s", seconds=90)
    kubectl.delete(KINDS, PROCESSOR, IN_NAMESPACE, seconds=120)


@pytest.mark.usefixtures("working")
def test_an_order_is_fulfilled_by_three_patterns(api: httpx.Client, alice: Shopper, platform: Platform) -> None:
    """Placed in the web API, decided in a pod, told by the topic, and the web API knows, with no other action."""
    placed = api.post("/orders", json=one_line(), headers=signed_in(alice)).json()

    def status() -> str:
        return str(api.get(f"/orders/{placed['order_id']}", headers=signed_in(alice)).json()["status"])

    assert eventually(lambda: status() == "FULFILLED", seconds=60)
    depth = administrator(platform, "sqs").get_queue_attributes(
        QueueUrl=platform.outputs()["k8s"]["fulfilment_dead_letter_url"],
        AttributeNames=["ApproximateNumberOfMessages"],
    )
    assert depth["Attributes"]["ApproximateNumberOfMessages"] == "0"


def test_a_missing_image_is_reported_and_can_be_corrected(kubectl: Kubectl, wanted: Installation) -> None:
    """The line says what is being waited for, the detail what the cluster says of the pod; the right image goes in."""
    wrong = replace(wanted, image=wanted.image.rpartition(":")[0] + ":not-built")
    with pytest.raises(DeployFailed, match="the operator was not ready within 3 s: 0 of 1 ") as caught:
        installer(kubectl).install(wrong, seconds=3)
    assert "not-built" in caught.value.detail
    assert re.search(r"ErrImagePull|ImagePullBackOff", caught.value.detail)
    assert PROCESSOR in installer(kubectl).install(wanted, seconds=60)


def test_an_operator_that_fails_is_quoted(kubectl: Kubectl, wanted: Installation) -> None:
    """The end of its log says why, with the name of the variable."""
    wrong = replace(wanted, settings={**wanted.settings, "LOOK_SECONDS": "often"})
    with pytest.raises(DeployFailed) as caught:
        installer(kubectl).install(wrong, seconds=6)
    assert "LOOK_SECONDS" in caught.value.detail
    installer(kubectl).install(wanted, seconds=60)


@pytest.mark.usefixtures("working")
def test_an_operator_of_a_version_before_is_replaced(kubectl: Kubectl, wanted: Installation) -> None:
    """It was in the OrderProcessors' namespace. Never two act, nothing of it is left, and no worker notices."""
    workers = {each["metadata"]["uid"] for each in kubectl.items("pods", OF_WORKERS, IN_NAMESPACE)}
    assert workers
    earlier = [_moved(found) for kind, name in EARLIER if (found := kubectl.get(kind, name, IN_SYSTEM))]
    assert len(earlier) == len(EARLIER)
    (settings,) = (x for x in earlier[0]["spec"]["template"]["spec"]["containers"][0]["envFrom"] if "configMapRef" in x)
    generated = kubectl.get("configmap", settings["configMapRef"]["name"], IN_SYSTEM)
    assert generated
    kubectl.delete("namespace", OPERATOR_NAMESPACE, seconds=120)
    items = {"apiVersion": "v1", "kind": "List", "items": [*earlier, _moved(generated)]}
    kubectl.run("apply", "--server-side", "--filename=-", given=json.dumps(items))
    assert eventually(lambda: pods(kubectl), seconds=60)
    with pytest.raises(DeployFailed, match="has the operator of stage 'local'"):
        installer(kubectl).install(replace(wanted, stage="other"), seconds=1)
    installer(kubectl).install(wanted, seconds=120)
    assert {x["metadata"]["namespace"] for x in kubectl.items("pods", OF_OPERATOR, "--all-namespaces")} == {
        OPERATOR_NAMESPACE
    }
    for kind, name in (*EARLIER, ("configmap", generated["metadata"]["name"])):
        assert kubectl.get(kind, name, IN_NAMESPACE) is None, (kind, name)
    assert {each["metadata"]["uid"] for each in kubectl.items("pods", OF_WORKERS, IN_NAMESPACE)} == workers
    before = pods(kubectl)
    installer(kubectl).install(wanted, seconds=120)
    assert pods(kubectl) == before


EARLIER = (
    *((kind, OPERATOR) for kind in ("deployment", "service", "serviceaccount", "networkpolicy", "poddisruptionbudget")),
    *((kind, CERTIFICATE) for kind in ("cronjob", "serviceaccount", "role", "rolebinding", "networkpolicy")),
    ("secret", f"{OPERATOR}-webhook"),
)
"""What a version before had in the namespace of the OrderProcessors."""


def _moved(found: dict[str, Any]) -> dict[str, Any]:
    """Return an object as it was made, in the namespace of the OrderProcessors."""
    kept = {key: value for key, value in found["metadata"].items() if key in {"name", "labels", "annotations"}}
    spec = {key: value for key, value in found.get("spec", {}).items() if not key.startswith("clusterIP")}
    made = {**found, "metadata": {**kept, "namespace": NAMESPACE}, **({"spec": spec} if spec else {})}
    made.pop("status", None)
    return made


def test_a_cluster_has_room_for_one_stage(kubectl: Kubectl, wanted: Installation) -> None:
    """Another one is refused before anything is changed: the first would be replaced without a word."""
    before = pods(kubectl)
    with pytest.raises(DeployFailed, match="has the operator of stage 'local'"):
        installer(kubectl).install(replace(wanted, stage="other"), seconds=1)
    assert pods(kubectl) == before


def test_another_cluster_is_refused_while_the_platforms_own_has_the_operator(
    platform: Platform, kubectl: Kubectl
) -> None:
    """Two would work on one queue; and the platform's own is no other cluster, by whatever file it is named."""
    wished = ChosenCluster(context="kind-shop", uid="another", config="{}")
    with pytest.raises(DeployFailed, match=r"'local' is in the platform's own cluster, .* first: patterns destroy k8s"):
        settle_cluster(platform.folder, LOCAL_STAGE, wished)
    assert settle_cluster(platform.folder, "other", wished) == wished
    with pytest.raises(DeployFailed, match="it is used without --kubeconfig"):
        settle_cluster(platform.folder, LOCAL_STAGE, replace(wished, uid=cluster_uid(kubectl)))
    done = patterns(platform, "deploy", "k8s", "--kubeconfig", str(platform.kubeconfig), "--image", "example.com/x:1")
    assert done.returncode
    assert "has an operator already that gets its role from its node" in done.stderr


def test_a_cluster_that_cannot_be_reached_is_named(tmp_path: Path, platform: Platform, wanted: Installation) -> None:
    """In one line, with what to look at."""
    config = json.loads(Path(str(platform.kubeconfig)).read_text())
    config["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1"
    (tmp_path / "kubeconfig").write_text(json.dumps(config))
    nowhere = Kubectl(tmp_path / "kubeconfig", child_environment(platform.endpoint_url))
    with pytest.raises(DeployFailed, match=r"the cluster cannot be reached: .*127\.0\.0\.1:1.*\(look here\)"):
        Installer(nowhere, lambda _, __: None, "look here").install(wanted, seconds=1)


def test_the_workers_role_is_for_them_and_for_what_they_do(platform: Platform) -> None:
    """No other account gets it, and it is refused what the workers never request."""
    outputs = {key: str(value) for key, value in platform.outputs()["k8s"].items()}
    eks = administrator(platform, "eks")
    (found,) = eks.list_pod_identity_associations(clusterName=outputs["cluster_name"], serviceAccount=WORKERS)[
        "associations"
    ]
    arn = eks.describe_pod_identity_association(
        clusterName=outputs["cluster_name"], associationId=found["associationId"]
    )["association"]["roleArn"]
    sts = administrator(platform, "sts")
    for namespace, account in ((NAMESPACE, "default"), (OPERATOR_NAMESPACE, OPERATOR), (OPERATOR_NAMESPACE, WORKERS)):
        tags = {"kubernetes-namespace": namespace, "kubernetes-service-account": account}
        given = [{"Key": key, "Value": value} for key, value in tags.items()]
        with pytest.raises(sts.exceptions.ClientError, match="not authorized to perform: sts:AssumeRole"):
            sts.assume_role(RoleArn=arn, RoleSessionName="test", Tags=given)
    queue, dead = outputs["fulfilment_queue_url"], outputs["fulfilment_dead_letter_url"]
    with assumed(platform, arn.rpartition("/")[2]) as client:
        client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["VisibilityTimeout"])

        def sends(service: Any) -> object:  # noqa: ANN401 - boto3 makes its clients' classes
            return service("sqs").send_message(QueueUrl=queue, MessageBody="{}")

        def receives(service: Any) -> object:  # noqa: ANN401 - as above
            return service("sqs").receive_message(QueueUrl=dead)

        assert is_refused(platform, client, "sqs:SendMessage", sends)
        assert is_refused(platform, client, "sqs:ReceiveMessage", receives)
    administrator(platform, "sqs").purge_queue(QueueUrl=queue)


def test_destroying_drains_and_leaves_nothing(platform: Platform, kubectl: Kubectl, orders: Path) -> None:
    """Not while orders wait, unless they may be lost. Workers end first, and all can be deployed again."""
    queue = platform.outputs()["k8s"]["fulfilment_queue_url"]
    administrator(platform, "sqs").send_message(QueueUrl=queue, MessageBody="an order")
    refused = patterns(platform, "destroy", "k8s")
    assert refused.returncode == 1
    assert re.search(r"messages wait and would be lost: \d+ in Fulfilment.*--discard", refused.stderr)
    assert kubectl.get("deployment", OPERATOR, IN_SYSTEM)
    kubectl.run("apply", f"--filename={orders}")
    kubectl.run("wait", "--for=condition=Ready", f"{KINDS}/{PROCESSOR}", IN_NAMESPACE, "--timeout=60s", seconds=90)
    done = patterns(platform, "destroy", "k8s", "--discard")
    assert done.returncode == 0, done.stderr
    assert re.search(r"messages that are lost: \d+ in Fulfilment", done.stderr)
    assert f"{PATTERNS['k8s'].stack_name(LOCAL_STAGE)}: destroyed" in done.stderr
    roles = [f"clusterrole/patterns-orderprocessors-{role}" for role in ("view", "edit")]
    roles += [f"{kind}/{OPERATOR}" for kind in ("clusterrole", "clusterrolebinding")]
    places = [f"namespace/{name}" for name in (NAMESPACE, OPERATOR_NAMESPACE)]
    for kind in (*places, f"crd/{KINDS}", f"validatingwebhookconfiguration/{OPERATOR}", *roles):
        assert kubectl.get(kind) is None, kind
    assert "k8s" not in platform.outputs()
    assert not administrator(platform, "eks").list_clusters()["clusters"]
    assert not orders.exists()

    again = patterns(platform, "destroy", "k8s")
    assert again.returncode == 0, again.stderr
    assert "was not deployed" in again.stderr
    assert patterns(platform, "deploy", "k8s").returncode == 0
    assert orders.exists()
    assert len(pods(kubectl)) == 1


def test_without_an_operator_a_removal_goes_on(kubectl: Kubectl, wanted: Installation, orders: Path) -> None:
    """No operator would remove the finalizer; what the workers held is received again."""
    kubectl.run("apply", f"--filename={orders}")
    kubectl.run("wait", "--for=condition=QueueResolved", f"{KINDS}/{PROCESSOR}", IN_NAMESPACE, "--timeout=30s")
    kubectl.delete("deployment", OPERATOR, IN_SYSTEM)
    removed = threading.Thread(target=installer(kubectl).remove)
    removed.start()
    removed.join(timeout=120)
    assert not removed.is_alive()
    assert kubectl.get(f"crd/{KINDS}") is None
    installer(kubectl).install(wanted, seconds=60)
