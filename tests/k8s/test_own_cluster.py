"""`patterns deploy k8s --kubeconfig`: the operator in a user's own cluster, with the platform as its AWS.

A second control plane stands for that cluster. Its node gives pods neither roles nor addresses, so that whatever works
here works by what the deployment brought. The tests go on from one another, as a user would.
"""

import base64
import json
import os
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.kube_cluster import KubeCluster, running_cluster
from tests.order_queue import outcomes_of, placed_orders
from tests.waiting import eventually

from patterns_deploy.folder import LocalFolder
from patterns_deploy.kubernetes.role_secret import EXPIRES, read_role_secret
from patterns_deploy.ports import HOST
from patterns_infra.container_images import image_tag
from patterns_infra.kubernetes_names import (
    CERTIFICATE,
    NAMESPACE,
    OPERATOR,
    OPERATOR_CREDENTIALS,
    OPERATOR_NAMESPACE,
    PROCESS_NODE,
    PROCESS_NODE_LABEL,
    PROCESSOR,
    WORKER_CREDENTIALS,
    WORKERS,
)
from patterns_local.chosen_cluster import chosen_kubeconfig, read_chosen
from patterns_local.local_aws import Keys, client_for
from patterns_local.platform import LOCAL_STAGE, Platform
from patterns_local.process_engine import ProcessEngine
from patterns_shared.testing import body_of

pytestmark = pytest.mark.integration

CONTEXT, IMAGE = "theirs", "example.com/patterns-k8s:v1"
KINDS = "orderprocessors.patterns.example.com"


@dataclass(frozen=True)
class Own:
    """A user with a cluster, a kubeconfig of several contexts, and a folder for a platform.

    Attributes:
        cluster: their cluster.
        kubeconfig: their file.
        folder: of the platform.
        endpoint: where pods shall find AWS: not where the platform listens.
    """

    cluster: KubeCluster
    kubeconfig: Path
    folder: LocalFolder
    endpoint: str

    def patterns(self, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        """Run the command line as they do, with more variables."""
        return subprocess.run(
            [str(Path(sys.executable).with_name("patterns")), *arguments],
            env={**os.environ, "PATTERNS_LOCAL_STATE": str(self.folder.root), **variables},
            capture_output=True,
            text=True,
            check=False,
            timeout=400,
        )

    def succeed(self, *arguments: str, **variables: str) -> str:
        """Run it to success and return what it printed for people."""
        done = self.patterns(*arguments, **variables)
        assert done.returncode == 0, done.stderr
        return done.stderr

    def refused(self, *arguments: str) -> str:
        """Run it to one line of refusal, and return that."""
        done = self.patterns(*arguments)
        assert done.returncode, done.stderr
        assert done.stdout == ""
        (line,) = (line for line in done.stderr.splitlines() if line.startswith("patterns: "))
        return line

    def deploy(self, *more: str) -> str:
        """Deploy to the cluster."""
        chosen = ("--kubeconfig", str(self.kubeconfig), "--context", CONTEXT, "--image", IMAGE)
        return self.succeed("deploy", "async", "k8s", *chosen, *more)

    @property
    def platform(self) -> Platform:
        """The running platform."""
        return Platform.require(folder=self.folder)

    def secret(self, name: str) -> dict[str, Any]:
        """Return a Secret of the operator's or of the workers'."""
        found = self.cluster.get("secret", name, _place_of(name))
        assert found
        return found

    def keys(self, name: str) -> Keys:
        """Return the keys in a Secret."""
        data = {key: base64.b64decode(value).decode() for key, value in self.secret(name)["data"].items()}
        return Keys(data["AWS_ACCESS_KEY_ID"], data["AWS_SECRET_ACCESS_KEY"], data["AWS_SESSION_TOKEN"])

    def pods(self) -> dict[str, set[str]]:
        """Return the uids of pods by what they are."""
        found: dict[str, set[str]] = {}
        pods = [
            pod
            for place in (NAMESPACE, OPERATOR_NAMESPACE)
            for pod in json.loads(self.cluster.kubectl("get", "pods", "--output=json", f"--namespace={place}"))["items"]
        ]
        for pod in pods:
            found.setdefault(pod["metadata"]["labels"]["app.kubernetes.io/name"], set()).add(pod["metadata"]["uid"])
        return found

    def is_empty(self) -> bool:
        """Whether nothing of the project is in the cluster."""
        names = (
            *(f"{kind}/{OPERATOR}" for kind in ("validatingwebhookconfiguration", "priorityclass")),
            *(f"clusterrole/patterns-orderprocessors-{role}" for role in ("view", "edit")),
            *(f"{kind}/{name}" for name in (OPERATOR, CERTIFICATE) for kind in ("clusterrole", "clusterrolebinding")),
            *(f"namespace/{name}" for name in (NAMESPACE, OPERATOR_NAMESPACE)),
            *(f"crd/{KINDS}", "crd/clusterkopfpeerings.kopf.dev"),
        )
        left = [name for name in names if self.cluster.get(*name.split("/"))]
        return not left


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Own]:
    """Start the cluster, and write a file that names it among others; whatever is deployed ends with the module."""
    folder, home = tmp_path_factory.mktemp("theirs"), tmp_path_factory.mktemp("home")
    with running_cluster(LocalFolder(folder), with_aws=False) as cluster:
        kubeconfig = home / "config"
        kubeconfig.write_text(json.dumps(_among_others(json.loads(_as_json(cluster)))))
        with socket.create_server(("127.0.0.2", 0)) as probe:
            endpoint = "http://{}:{}".format(*probe.getsockname())
        made = Own(cluster, kubeconfig, LocalFolder(tmp_path_factory.mktemp("platform")), endpoint)
        try:
            yield made
        finally:
            made.patterns("down")


def _place_of(secret: str) -> str:
    return f"--namespace={OPERATOR_NAMESPACE if secret == OPERATOR_CREDENTIALS else NAMESPACE}"


def _as_json(cluster: KubeCluster) -> str:
    return cluster.kubectl("config", "view", "--raw", "--output=json")


def _among_others(document: dict[str, Any]) -> dict[str, Any]:
    """Return a kubeconfig whose current context is another, broken one, and in which the cluster has two names."""
    theirs, as_kind = ({**document["contexts"][0], "name": name} for name in (CONTEXT, f"kind-{CONTEXT}"))
    broken = {"name": "broken", "cluster": {"server": "https://127.0.0.1:1"}}
    other = {"name": "other", "context": {"cluster": "broken", "user": theirs["context"]["user"]}}
    clusters = [*document["clusters"], broken]
    return {**document, "clusters": clusters, "contexts": [other, theirs, as_kind], "current-context": "other"}


@pytest.fixture(scope="module")
def deployed(own: Own) -> Own:
    """Deploy to the cluster."""
    before = {path: path.read_bytes() for path in own.kubeconfig.parent.iterdir()}
    said = own.deploy("--aws-endpoint", own.endpoint)
    assert "kubectl apply -f " in said
    assert {path: path.read_bytes() for path in own.kubeconfig.parent.iterdir()} == before, "the user's files"
    return own


def test_the_cluster_is_the_patterns_from_then_on(deployed: Own) -> None:
    """The platform has none of its own; a copy of the one context, for its user alone, is what all commands take."""
    copy = chosen_kubeconfig(deployed.folder, LOCAL_STAGE)
    assert not deployed.folder.kubeconfig.exists()
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert [each["name"] for each in json.loads(copy.read_text())["contexts"]] == [CONTEXT]
    assert f"export KUBECONFIG={copy}\n" in deployed.patterns("env").stdout
    assert json.loads(deployed.patterns("outputs").stdout)["k8s"]["kubeconfig"] == str(copy)
    (status,) = (x for x in json.loads(deployed.patterns("status", "--json").stdout) if x["pattern"] == "k8s")
    assert status["processors"] == {"no OrderProcessor": "orders wait until one is applied"}
    assert not [x for x in status["problems"] if "operator" in x or "cluster" in x]


def test_operator_and_workers_have_the_roles_of_the_stack(deployed: Own) -> None:
    """Each its own, by keys that are good for hours and are nowhere but in the cluster."""
    found = set()
    for name, account in ((OPERATOR_CREDENTIALS, OPERATOR), (WORKER_CREDENTIALS, WORKERS)):
        keys, secret = deployed.keys(name), read_role_secret(deployed.secret(name))
        assert keys.access_key_id != "test", "the account's root"
        assert secret
        assert secret.lasts(11.9 * 3600, now=datetime.now(UTC))
        sts = client_for("sts", deployed.platform.endpoint_url, keys)
        role = sts.get_caller_identity()["Arn"].split("/")[1]
        eks = deployed.platform.client("eks")
        (cluster,) = eks.list_clusters()["clusters"]
        (at,) = eks.list_pod_identity_associations(clusterName=cluster, serviceAccount=account)["associations"]
        described = eks.describe_pod_identity_association(clusterName=cluster, associationId=at["associationId"])
        assert described["association"]["roleArn"].endswith(f"/{role}")
        found.add(role)
        kept = [x for x in deployed.folder.root.rglob("*") if x.is_file() and keys.secret_access_key in _text(x)]
        assert kept == []
    assert len(found) == 2


def _text(path: Path) -> str:
    return path.read_text(errors="replace")


def test_orders_are_decided(deployed: Own) -> None:
    """By a worker that finds queue and topic through the relay, at an address where the platform does not listen."""
    deployed.cluster.kubectl("apply", f"--filename={deployed.folder.orders_manifest('local', LOCAL_STAGE)}")
    deployed.cluster.kubectl("wait", "--for=condition=Ready", f"{KINDS}/{PROCESSOR}", "--timeout=90s", seconds=100)
    (pod,) = deployed.cluster.list("pods", instance=PROCESSOR, component="worker")
    (container,) = pod["spec"]["containers"]
    assert {"name": "AWS_ENDPOINT_URL", "value": deployed.endpoint} in container["env"]
    assert container["envFrom"] == [{"secretRef": {"name": WORKER_CREDENTIALS}}]
    outputs, sqs, sns = deployed.platform.outputs(), *map(deployed.platform.client, ("sqs", "sns"))
    ear = sqs.create_queue(QueueName="own-cluster-ear")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=ear, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
    allowed = json.dumps({"Version": "2012-10-17", "Statement": [policy]})
    sqs.set_queue_attributes(QueueUrl=ear, Attributes={"Policy": allowed})
    raw = {"RawMessageDelivery": "true"}
    sns.subscribe(TopicArn=outputs["async"]["topic_arn"], Protocol="sqs", Endpoint=arn, Attributes=raw)
    events = placed_orders(10)
    for event in events:
        sqs.send_message(QueueUrl=outputs["k8s"]["fulfilment_queue_url"], MessageBody=body_of(event))
    told: set[str] = set()

    def heard() -> bool:
        for message in sqs.receive_message(QueueUrl=ear, MaxNumberOfMessages=10).get("Messages", ()):
            told.add(json.loads(message["Body"])["id"])
        return told >= outcomes_of(events)

    eventually(heard, seconds=60)
    (status,) = (x for x in json.loads(deployed.patterns("status", "--json").stdout) if x["pattern"] == "k8s")
    assert status["processors"][PROCESSOR].startswith("WorkersReady, 1 of 1 pods")


def test_deploying_again_changes_nothing(deployed: Own) -> None:
    """With the same words, or with none: the same pods and keys."""
    before = deployed.pods(), deployed.keys(WORKER_CREDENTIALS)
    deployed.deploy("--aws-endpoint", deployed.endpoint)
    deployed.succeed("deploy", "k8s")
    assert (deployed.pods(), deployed.keys(WORKER_CREDENTIALS)) == before
    chosen = read_chosen(deployed.folder, LOCAL_STAGE)
    assert chosen
    assert (chosen.image, chosen.aws_endpoint) == (IMAGE, deployed.endpoint)
    assert not deployed.folder.kubeconfig.exists()


def test_keys_that_end_soon_are_renewed(deployed: Own) -> None:
    """Pods read them when they start, so others come in their place."""
    before, keys = deployed.pods(), deployed.keys(WORKER_CREDENTIALS)
    for name in (OPERATOR_CREDENTIALS, WORKER_CREDENTIALS):
        deployed.cluster.kubectl(
            *("annotate", "secret", name, _place_of(name), "--overwrite", f"{EXPIRES}=2026-01-01T00:00:00+00:00"),
        )
    deployed.succeed("deploy", "k8s")
    assert deployed.keys(WORKER_CREDENTIALS) != keys
    deployed.cluster.kubectl("rollout", "status", f"deployment/{WORKERS}", "--timeout=120s", seconds=130)
    eventually(lambda: not any(before[name] & uids for name, uids in deployed.pods().items()), seconds=120)
    deployed.cluster.kubectl("wait", "--for=condition=Ready", f"{KINDS}/{PROCESSOR}", "--timeout=60s", seconds=70)


def test_another_cluster_is_refused_while_this_one_has_the_operator(deployed: Own) -> None:
    """Two would work on one queue; the line says what to do first."""
    path = deployed.folder.chosen_cluster(LOCAL_STAGE)
    known = path.read_text()
    path.write_text(json.dumps({**json.loads(known), "uid": "another"}))
    chosen = ("--kubeconfig", str(deployed.kubeconfig), "--context", CONTEXT, "--image", IMAGE)
    line = deployed.refused("deploy", "k8s", *chosen)
    assert f"the operator of stage 'local' is in {CONTEXT}" in line
    assert "first: patterns destroy k8s" in line
    path.write_text(known)


def test_a_cluster_that_is_gone_can_be_forgotten(deployed: Own) -> None:
    """Nothing hangs on it: each command says in a line how."""
    path, copy = deployed.folder.chosen_cluster(LOCAL_STAGE), chosen_kubeconfig(deployed.folder, LOCAL_STAGE)
    known, config = path.read_text(), copy.read_text()
    gone = json.loads(config)
    gone["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1"
    copy.write_text(json.dumps(gone))
    for words in (("deploy", "k8s"), ("up", "k8s"), ("destroy", "k8s")):
        line = deployed.refused(*words)
        assert "the cluster cannot be reached" in line
        assert f"it is {CONTEXT}; if that is gone for good, forget it: rm {path}" in line
    assert "the cluster does not tell" in deployed.patterns("status", "--json").stdout
    path.unlink()
    assert deployed.platform.kubeconfig is None
    path.write_text(known)
    copy.write_text(config)


def test_down_says_what_is_left_and_destroy_needs_no_platform(deployed: Own) -> None:
    """Workers end without AWS, too; then nothing is left, neither there nor here."""
    assert (
        f"the operator of stage 'local' is still in {CONTEXT}; remove it: patterns destroy k8s --stage local"
        in deployed.succeed("down")
    )
    said = deployed.succeed("destroy", "k8s")
    assert f"{CONTEXT}: the operator is removed; the platform is down" in said
    assert deployed.is_empty()
    assert read_chosen(deployed.folder, LOCAL_STAGE) is None
    assert CONTEXT not in deployed.succeed("down")
    assert "the local platform is not up" in deployed.refused("destroy", "k8s")


def test_destroy_drains_and_leaves_nothing(own: Own) -> None:
    """With the platform up; pods that are processes here find it at its own address without being told."""
    own.deploy()
    own.cluster.kubectl("apply", f"--filename={own.folder.orders_manifest('local', LOCAL_STAGE)}")
    own.cluster.kubectl("wait", "--for=condition=Ready", f"{KINDS}/{PROCESSOR}", "--timeout=90s", seconds=100)
    (pod,) = own.cluster.list("pods", instance=PROCESSOR, component="worker")
    told = {each["name"]: each.get("value") for each in pod["spec"]["containers"][0]["env"]}
    assert told["AWS_ENDPOINT_URL"] == own.platform.endpoint_url
    assert HOST in own.platform.endpoint_url
    own.cluster.apply({"apiVersion": "kopf.dev/v1", "kind": "ClusterKopfPeering", "metadata": {"name": "other"}})
    said = own.succeed("destroy", "k8s")
    assert "patterns-local-k8s: destroyed" in said
    assert "other" in own.cluster.kubectl("get", "clusterkopfpeerings"), "another operator's"
    own.cluster.kubectl("delete", "crd", "clusterkopfpeerings.kopf.dev")
    assert own.is_empty()
    assert read_chosen(own.folder, LOCAL_STAGE) is None
    assert own.platform.kubeconfig is None
    assert not own.folder.orders_manifest("local", LOCAL_STAGE).exists()


def test_for_kind_the_image_is_built_and_loaded(own: Own, tmp_path: Path) -> None:
    """By docker's and kind's commands, here two that write down what they are asked for; kind's puts it on the node."""
    asked, images = tmp_path / "asked", own.cluster.folder.root / "images"
    loads = f'mkdir -p {images}/"${{tag##*:}}" && cp {images}/v1/image.json {images}/"${{tag##*:}}"'
    for name, does in (("docker", ":"), ("kind", f"for tag; do :; done; {loads}")):
        program = tmp_path / name
        program.write_text(f'#!/bin/sh\necho {name} "$@" >> {asked}\n{does}\n')
        program.chmod(0o755)
    with ProcessEngine(LocalFolder(tmp_path / "engine"), images=tmp_path) as engine:
        engine.wait_ready(abandoned=lambda: False)
        there = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "DOCKER_HOST": engine.url}
        there["PATTERNS_CONTAINERS"] = "processes"
        chosen = ("--kubeconfig", str(own.kubeconfig), "--context", f"kind-{CONTEXT}", "--aws-endpoint", own.endpoint)
        own.succeed("deploy", "k8s", *chosen, **there)
        image = f"patterns-k8s:{image_tag('patterns-k8s')}"
        build, load = asked.read_text().splitlines()
        assert build.startswith("docker build --file ")
        assert build.endswith(f" --tag {image} .")
        assert load == f"kind load docker-image --name {CONTEXT} {image}"
        operator = own.cluster.get("deployment", OPERATOR, f"--namespace={OPERATOR_NAMESPACE}")
        assert operator
        assert [each["image"] for each in operator["spec"]["template"]["spec"]["containers"]] == [image]
        own.succeed("up", "k8s", **there)
        assert len(asked.read_text().splitlines()) == 4, "another deployment may have other sources"
    own.succeed("destroy", "k8s")
    assert own.is_empty()


def test_pods_elsewhere_need_an_address(own: Own) -> None:
    """Only where pods are processes of this machine does 127.0.0.1 lead to the platform; the node's label tells."""
    label = f"{PROCESS_NODE_LABEL}=machine"
    own.cluster.kubectl("label", "nodes", "--all", "--overwrite", label)
    chosen = ("--kubeconfig", str(own.kubeconfig), "--context", CONTEXT, "--image", IMAGE)
    needed = f"--aws-endpoint is needed: the platform's address as pods of {CONTEXT} reach it"
    assert needed in own.refused("deploy", "k8s", *chosen)
    for address in ("127.0.0.1", "localhost", "0.0.0.0"):  # noqa: S104 - refused
        line = own.refused("deploy", "k8s", *chosen, "--aws-endpoint", f"http://{address}:4566")
        assert f"--aws-endpoint http://{address}:4566 is each pod itself in {CONTEXT}" in line
    own.cluster.kubectl("label", "nodes", "--all", "--overwrite", f"{PROCESS_NODE_LABEL}={PROCESS_NODE}")
    assert read_chosen(own.folder, LOCAL_STAGE) is None


def test_what_belongs_to_others_is_refused(own: Own) -> None:
    """A namespace of that name; and an operator that has its role from its node."""
    own.cluster.kubectl("create", "namespace", NAMESPACE)
    chosen = ("--kubeconfig", str(own.kubeconfig), "--context", CONTEXT, "--image", IMAGE)
    assert f"{CONTEXT} has a namespace 'patterns' that is not this project's" in own.refused("deploy", "k8s", *chosen)
    own.cluster.kubectl("label", "namespace", NAMESPACE, "app.kubernetes.io/part-of=patterns")
    own.cluster.kubectl("create", "namespace", OPERATOR_NAMESPACE)
    assert f"has a namespace '{OPERATOR_NAMESPACE}' that is not this project's" in own.refused("deploy", "k8s", *chosen)
    own.cluster.kubectl("delete", "namespace", OPERATOR_NAMESPACE, seconds=90)
    # As a version before has it.
    own.cluster.kubectl("create", "deployment", OPERATOR, "--image=example.com/x:1", "--replicas=0")
    assert f"{CONTEXT} has an operator already that gets its role" in own.refused("deploy", "k8s", *chosen)
    own.cluster.kubectl("delete", "namespace", NAMESPACE, seconds=90)
