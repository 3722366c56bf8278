"""What kustomize makes of the manifests with what a deployment adds: stock kubectl renders it, no cluster is asked."""

import base64
import datetime as dt
import hashlib
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from patterns_deploy.kubernetes.kubectl import Kubectl
from patterns_deploy.kubernetes.rendering import STAGE_LABEL, Installation, write_operator, write_orders
from patterns_deploy.kubernetes.role_secret import EXPIRES, RoleSecret, read_role_secret
from patterns_deploy.kubernetes.webhook_certificate import WebhookCertificate, webhook_certificate
from patterns_infra.kubernetes_names import (
    CERTIFICATE,
    NAMESPACE,
    OPERATOR,
    OPERATOR_CREDENTIALS,
    OPERATOR_NAMESPACE,
    PROCESSOR,
    WORKER_CREDENTIALS,
)

IMAGE = "000000000000.dkr.ecr.us-east-1.amazonaws.com/patterns-dev-k8s-images:0a1b"
PLACES = {OPERATOR_CREDENTIALS: OPERATOR_NAMESPACE, WORKER_CREDENTIALS: NAMESPACE}
Objects = dict[tuple[str, str], dict[str, Any]]


@pytest.fixture(scope="module")
def certificate() -> WebhookCertificate:
    """Return a certificate for the operator's Service."""
    return webhook_certificate(f"{OPERATOR}.{OPERATOR_NAMESPACE}.svc", None, None, now=dt.datetime.now(dt.UTC))


def rendered(folder: Path) -> Objects:
    """Return what a kustomization comes to, by kind and name; a digest at the end of a name is left out."""
    text = Kubectl(folder / "none", dict(os.environ)).run("kustomize", str(folder))
    return {(x["kind"], x["metadata"]["name"]): x for x in yaml.safe_load_all(text)}


def installation(**more: Any) -> Installation:  # noqa: ANN401 - fields of it
    """Return one for stage ``dev``."""
    return Installation(**{"overlay": "aws", "stage": "dev", "region": "eu-central-1", "image": IMAGE, **more})


def settings_of(objects: Objects) -> dict[str, str]:
    """Return the variables that the operator's pods get from their config map."""
    reference = container(objects)["envFrom"][0]
    found: dict[str, str] = objects["ConfigMap", reference["configMapRef"]["name"]]["data"]
    return found


def container(objects: Objects) -> dict[str, Any]:
    """Return the operator's container."""
    (found,) = objects["Deployment", OPERATOR]["spec"]["template"]["spec"]["containers"]
    return dict(found)


@pytest.mark.parametrize("overlay", ["local", "aws", "cluster"])
def test_what_a_deployment_adds(tmp_path: Path, certificate: WebhookCertificate, overlay: str) -> None:
    """The image, stage and region, the certificate where the operator reads it and where the API server trusts it."""
    write_operator(tmp_path, installation(overlay=overlay, settings={"LOOK_SECONDS": "7"}), certificate)
    objects = rendered(tmp_path)
    assert container(objects)["image"] == IMAGE
    told = settings_of(objects)
    assert (told["STAGE"], told["AWS_REGION"], told["LOOK_SECONDS"]) == ("dev", "eu-central-1", "7")
    secret = objects["Secret", f"{OPERATOR}-webhook"]
    assert secret["metadata"]["namespace"] == OPERATOR_NAMESPACE
    assert {name: base64.b64decode(x) for name, x in secret["data"].items()} == dict(certificate.files)
    (webhook,) = objects["ValidatingWebhookConfiguration", OPERATOR]["webhooks"]
    assert base64.b64decode(webhook["clientConfig"]["caBundle"]) == certificate.files["ca.crt"]
    assert webhook["clientConfig"]["service"]["name"] == OPERATOR
    assert objects["Deployment", OPERATOR]["metadata"]["labels"][STAGE_LABEL] == "dev"


def test_another_certificate_is_another_rollout(tmp_path: Path, certificate: WebhookCertificate) -> None:
    """The one before may be of no use, and a Secret's volume takes a minute to follow."""
    other = webhook_certificate("other", None, None, now=dt.datetime.now(dt.UTC))
    templates = []
    for each in (certificate, certificate, other):
        write_operator(tmp_path, installation(), each)
        templates.append(rendered(tmp_path)["Deployment", OPERATOR]["spec"]["template"])
    assert templates[0] == templates[1]
    assert templates[0] != templates[2]
    digest = hashlib.sha256(certificate.files["tls.crt"]).hexdigest()
    assert any(digest.startswith(x) for x in templates[0]["metadata"]["annotations"].values())


def test_without_services_the_operator_is_asked_by_its_address(tmp_path: Path, certificate: WebhookCertificate) -> None:
    """A webhook has one of both, never both."""
    url = "https://127.0.0.1:1234/validate"
    write_operator(tmp_path, installation(overlay="local", webhook_url=url), certificate)
    (webhook,) = rendered(tmp_path)["ValidatingWebhookConfiguration", OPERATOR]["webhooks"]
    assert webhook["clientConfig"].keys() == {"url", "caBundle"}
    assert webhook["clientConfig"]["url"] == url


def test_a_security_group_for_the_workers(tmp_path: Path, certificate: WebhookCertificate) -> None:
    """With managed nodes: the pods that the operator makes, and the group that the stack made."""
    wanted = installation(components=("security-groups",), worker_group="sg-0123456789abcdef0")
    write_operator(tmp_path, wanted, certificate)
    policy = rendered(tmp_path)["SecurityGroupPolicy", "order-workers"]
    assert policy["metadata"]["namespace"] == NAMESPACE
    assert policy["spec"]["securityGroups"]["groupIds"] == ["sg-0123456789abcdef0"]
    (chosen,) = policy["spec"]["podSelector"]["matchExpressions"]
    network = (Path(__file__).parents[4] / "patterns/k8s/src/patterns_k8s/operator/desired/children.py").read_text()
    assert chosen["key"] == "app.kubernetes.io/name"
    assert all(f'"{name}"' in network for name in chosen["values"]), "not the pods that a network policy is for"


def keys(name: str, key: str = "ASIA0123") -> RoleSecret:
    """Return a role's keys."""
    variables = {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": "a+/b==", "AWS_SESSION_TOKEN": "t=="}
    expires = dt.datetime(2026, 11, 26, tzinfo=dt.UTC)
    return RoleSecret(name=name, namespace=PLACES[name], variables=variables, expires=expires)


def elsewhere(endpoint: str = "http://172.18.0.1:4566", key: str = "ASIA0123") -> Installation:
    """Return an installation in a cluster of the user's own, kind for example."""
    return installation(
        overlay="cluster",
        settings={"AWS_ENDPOINT_URL": endpoint},
        components=("credentials",),
        role_secrets=(keys(OPERATOR_CREDENTIALS, key), keys(WORKER_CREDENTIALS)),
    )


def test_a_cluster_of_ones_own(tmp_path: Path, certificate: WebhookCertificate) -> None:
    """One operator, asked by its Service, that reads its role from a Secret and names another one to its workers."""
    write_operator(tmp_path, elsewhere(), certificate)
    objects = rendered(tmp_path)
    pod = objects["Deployment", OPERATOR]["spec"]
    assert pod["replicas"] == 1
    assert "topologySpreadConstraints" not in pod["template"]["spec"]
    assert container(objects)["envFrom"][1:] == [{"secretRef": {"name": OPERATOR_CREDENTIALS}}]
    told = settings_of(objects)
    assert told["AWS_ENDPOINT_URL"] == "http://172.18.0.1:4566"
    assert told["WORKER_CREDENTIALS"] == WORKER_CREDENTIALS
    assert "WEBHOOK_HOST" not in told
    (webhook,) = objects["ValidatingWebhookConfiguration", OPERATOR]["webhooks"]
    assert webhook["clientConfig"]["service"]["name"] == OPERATOR
    for name in (OPERATOR_CREDENTIALS, WORKER_CREDENTIALS):
        secret = objects["Secret", name]
        assert secret["metadata"]["namespace"] == PLACES[name]
        assert read_role_secret(secret) == keys(name), "not what is read again by the next deployment"
    everything_else = [x for (kind, _), x in objects.items() if kind != "Secret"]
    assert "ASIA0123" not in str(everything_else)


@pytest.mark.parametrize(
    ("endpoint", "port"),
    [("http://172.18.0.1:4566", 4566), ("https://aws.example.com", 443), ("http://aws.example.com", 80)],
)
def test_the_operator_is_let_out_to_aws_where_it_is(
    tmp_path: Path, certificate: WebhookCertificate, endpoint: str, port: int
) -> None:
    """Kind and k3d enforce network policies; without an address of its own nothing more is open."""
    write_operator(tmp_path, installation(overlay="cluster"), certificate)
    before = rendered(tmp_path)["NetworkPolicy", OPERATOR]["spec"]["egress"]
    write_operator(tmp_path, elsewhere(endpoint), certificate)
    assert rendered(tmp_path)["NetworkPolicy", OPERATOR]["spec"]["egress"] == [
        *before,
        {"ports": [{"port": port, "protocol": "TCP"}]},
    ]


def test_other_keys_are_another_rollout(tmp_path: Path, certificate: WebhookCertificate) -> None:
    """The operator reads them when it starts."""
    templates = []
    for key in ("ASIA0123", "ASIA0123", "ASIA4567"):
        write_operator(tmp_path, elsewhere(key=key), certificate)
        templates.append(rendered(tmp_path)["Deployment", OPERATOR]["spec"]["template"])
    assert templates[0] == templates[1]
    assert templates[0] != templates[2]
    assert "ASIA" not in str(templates)


def test_an_image_by_its_digest(tmp_path: Path, certificate: WebhookCertificate) -> None:
    """For whoever trusts no tag; the operator's and the workers'."""
    image = f"registry.example.com:5000/shop/patterns-k8s@sha256:{'0a' * 32}"
    write_operator(tmp_path, installation(image=image), certificate)
    assert container(rendered(tmp_path))["image"] == image
    write_orders(tmp_path, image)
    assert rendered(tmp_path)["OrderProcessor", PROCESSOR]["spec"]["image"] == image


def test_a_secret_of_somebody_elses_making_is_not_taken_for_keys() -> None:
    """Nor one without a date."""
    good = {
        "metadata": {"name": "n", "namespace": "p", "annotations": {EXPIRES: "2026-11-26T00:00:00+00:00"}},
        "data": {"A": "Yg=="},
    }
    found = read_role_secret(good)
    assert found
    assert found.variables == {"A": "b"}
    now = dt.datetime(2026, 11, 25, 23, tzinfo=dt.UTC)
    assert found.lasts(3600, now=now)
    assert not found.lasts(3601, now=now)
    assert "'b'" not in repr(found), "keys must not come into a log"
    for wrong in (
        None,
        {**good, "data": None},
        {**good, "data": {"A": "Yg"}},
        {**good, "metadata": {"name": "n", "namespace": "p"}},
        {**good, "metadata": {"name": "n", "namespace": "p", "annotations": {EXPIRES: "tomorrow"}}},
        {**good, "metadata": {"name": "n", "namespace": "p", "annotations": {EXPIRES: "2026-11-26T00:00:00"}}},
    ):
        assert read_role_secret(wrong) is None


def test_auto_mode_minds_network_policies(tmp_path: Path, certificate: WebhookCertificate) -> None:
    """It does not unless it is told to, in a namespace of its own."""
    write_operator(tmp_path, installation(components=("auto-mode",)), certificate)
    switch = rendered(tmp_path)["ConfigMap", "amazon-vpc-cni"]
    assert switch["metadata"]["namespace"] == "kube-system"
    assert switch["data"] == {"enable-network-policy-controller": "true"}


def test_operators_are_on_two_hosts(tmp_path: Path, certificate: WebhookCertificate) -> None:
    """On EKS, where there are two; also when both would fit on one. Those of another revision do not count."""
    write_operator(tmp_path, installation(), certificate)
    deployment = rendered(tmp_path)["Deployment", OPERATOR]["spec"]
    assert deployment["replicas"] == 2
    spread = {x["topologyKey"]: x for x in deployment["template"]["spec"]["topologySpreadConstraints"]}
    hosts = spread["kubernetes.io/hostname"]
    assert (hosts["maxSkew"], hosts["minDomains"], hosts["whenUnsatisfiable"]) == (1, 2, "DoNotSchedule")
    assert hosts["matchLabelKeys"] == ["pod-template-hash"]
    assert hosts["labelSelector"] == deployment["selector"]
    assert spread["topology.kubernetes.io/zone"]["whenUnsatisfiable"] == "ScheduleAnyway"


@pytest.mark.parametrize("overlay", ["local", "aws", "cluster"])
def test_the_operator_comes_before_pods_of_no_priority(
    tmp_path: Path, certificate: WebhookCertificate, overlay: str
) -> None:
    """By a class that comes with it, which is not the default of other pods, and below those of the system."""
    write_operator(tmp_path, installation(overlay=overlay), certificate)
    objects = rendered(tmp_path)
    named = objects["Deployment", OPERATOR]["spec"]["template"]["spec"]["priorityClassName"]
    given = objects["PriorityClass", named]
    assert "namespace" not in given["metadata"]
    assert not given.get("globalDefault", False)
    assert 0 < given["value"] < 1_000_000_000


def test_the_shop_s_own_order_processor(tmp_path: Path) -> None:
    """With the image that was deployed, which kustomize would not find by itself in a kind of ours."""
    write_orders(tmp_path, IMAGE)
    objects = rendered(tmp_path)
    assert list(objects) == [("OrderProcessor", PROCESSOR)]
    assert objects["OrderProcessor", PROCESSOR]["spec"]["image"] == IMAGE


def test_the_certificate_is_renewed_by_the_image_that_was_deployed(
    tmp_path: Path, certificate: WebhookCertificate
) -> None:
    """Wherever the operator is; its rights are on objects that are there. It has no way out to AWS."""
    write_operator(tmp_path, elsewhere(), certificate)
    objects = rendered(tmp_path)
    job = objects["CronJob", CERTIFICATE]
    assert job["metadata"]["namespace"] == OPERATOR_NAMESPACE
    pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert pod["containers"][0]["image"] == IMAGE
    assert objects["ServiceAccount", pod["serviceAccountName"]]["metadata"]["namespace"] == OPERATOR_NAMESPACE
    for kind, plural in (("Role", "Secret"), ("ClusterRole", "ValidatingWebhookConfiguration")):
        [rule] = objects[kind, CERTIFICATE]["rules"]
        assert (plural, *rule["resourceNames"]) in objects
    for kind in ("RoleBinding", "ClusterRoleBinding"):
        [subject] = objects[kind, CERTIFICATE]["subjects"]
        assert (subject["name"], subject["namespace"]) == (pod["serviceAccountName"], OPERATOR_NAMESPACE)
    ports = [port for rule in objects["NetworkPolicy", CERTIFICATE]["spec"]["egress"] for port in rule["ports"]]
    assert {port["port"] for port in ports} == {53, 443, 6443}
