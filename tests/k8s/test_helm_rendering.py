"""What Helm makes of the chart without a cluster: linted, and compared with what kustomize builds."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.helm import CHART, Helm
from tests.operator_install import MANIFESTS, OPERATOR

pytestmark = pytest.mark.integration

Objects = dict[tuple[str, str], dict[str, Any]]
LEAST = {"stage": "dev", "aws": {"region": "eu-central-1"}, "image": {"tag": "v1"}}
"""What an installation on EKS must say."""


@pytest.fixture(scope="module")
def helm(tmp_path_factory: pytest.TempPathFactory) -> Helm:
    """Return Helm without a cluster."""
    home = tmp_path_factory.mktemp("helm")
    return Helm.prepare(home, home / "none")


def test_lint(helm: Helm) -> None:
    """Neither an error nor a warning."""
    said = helm.run("lint", "--strict", str(CHART), values=LEAST)
    assert "0 chart(s) failed" in said
    assert not re.search(r"\[(WARNING|ERROR)\]", said), said


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"stage": ""}, "stage is required"),
        ({"aws": {"region": ""}}, "aws.region is required"),
        ({"image": {"tag": ""}}, "image.tag is required"),
        ({"replica": 2}, "replica"),
        # What --set makes of a tag of digits.
        ({"image": {"tag": 12345}}, "/image/tag"),
    ],
    ids=["stage", "region", "image", "unknown", "number"],
)
def test_what_is_missing_or_wrong_is_named(helm: Helm, change: dict[str, Any], says: str) -> None:
    """Before anything is applied."""
    assert says in helm.run("template", "patterns", str(CHART), values={**LEAST, **change}, fails=True)


@pytest.mark.parametrize("monitoring", [False, True], ids=["plain", "monitoring"])
def test_it_is_what_kustomize_builds(helm: Helm, tmp_path: Path, *, monitoring: bool) -> None:
    """Object by object, but for what the chart adds: its labels, its checksums, its certificate."""
    values = {
        **LEAST,
        "settings": {"LOOK_SECONDS": "2"},
        "monitoring": {"enabled": monitoring, "dashboard": monitoring},
        "watchNamespace": "patterns",
    }
    rendered = helm.render(values, namespace="patterns-system")
    charted, built = _by_name(rendered), _kustomized(tmp_path, monitoring=monitoring)
    secret = charted.pop(("Secret", f"{OPERATOR}-webhook"))
    assert set(secret["data"]) == {"tls.crt", "tls.key", "ca.crt"}
    del built["Namespace", "patterns"], built["Namespace", "patterns-system"]
    assert charted.keys() == built.keys()
    for key, wanted in built.items():
        assert _alike(charted[key]) == _alike(wanted), key


def test_options_reach_the_pods(helm: Helm) -> None:
    """Each where a pod, a policy or the API server looks for it."""
    objects = _by_name(
        helm.render(
            {
                **LEAST,
                "aws": {"region": "eu-central-1", "endpointUrl": "http://172.18.0.1:4566"},
                "image": {"repository": "registry.example.com:5000/shop/k8s", "digest": f"sha256:{'0a' * 32}"},
                "replicas": 2,
                "serviceAccount": {"annotations": {"eks.amazonaws.com/role-arn": "arn:aws:iam::0:role/operator"}},
                "webhook": {"secret": "ours", "annotations": {"cert-manager.io/inject-ca-from": "patterns/ours"}},
                "nodeSelector": {"kubernetes.io/arch": "amd64"},
                "tolerations": [{"key": "dedicated", "operator": "Exists"}],
                "podAnnotations": {"example.com/team": "orders"},
                "userRoles": False,
            }
        )
    )
    pod = objects["Deployment", OPERATOR]["spec"]["template"]
    (container,) = pod["spec"]["containers"]
    assert objects["Deployment", OPERATOR]["spec"]["replicas"] == 2
    assert container["image"] == f"registry.example.com:5000/shop/k8s@sha256:{'0a' * 32}"
    assert pod["spec"]["nodeSelector"] == {"kubernetes.io/arch": "amd64"}
    assert pod["spec"]["tolerations"] == [{"key": "dedicated", "operator": "Exists"}]
    assert pod["metadata"]["annotations"]["example.com/team"] == "orders"
    assert pod["spec"]["volumes"][0]["secret"] == {"secretName": "ours"}
    egress = objects["NetworkPolicy", OPERATOR]["spec"]["egress"]
    assert egress[-1] == {"ports": [{"port": 4566, "protocol": "TCP"}]}
    account = objects["ServiceAccount", OPERATOR]["metadata"]
    assert account["annotations"] == {"eks.amazonaws.com/role-arn": "arn:aws:iam::0:role/operator"}
    webhook = objects["ValidatingWebhookConfiguration", OPERATOR]
    assert webhook["metadata"]["annotations"] == {"cert-manager.io/inject-ca-from": "patterns/ours"}
    assert "caBundle" not in webhook["webhooks"][0]["clientConfig"]
    assert {key for key in objects if key[0] in {"ClusterRole", "Secret"}} == {("ClusterRole", OPERATOR)}


def _by_name(objects: list[dict[str, Any]]) -> Objects:
    found = {(each["kind"], each["metadata"]["name"]): each for each in objects}
    assert len(found) == len(objects)
    return found


def _kustomized(folder: Path, *, monitoring: bool) -> Objects:
    """Return what the overlay for any cluster comes to with the same image and settings."""
    where = {name: os.path.relpath(MANIFESTS / name, folder.resolve()) for name in ("overlays", "components")}
    kustomization = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": [f"{where['overlays']}/cluster"],
        "components": [f"{where['components']}/monitoring"] if monitoring else [],
        "images": [{"name": "patterns-k8s", "newTag": "v1"}],
        "configMapGenerator": [
            {
                "name": f"{OPERATOR}-settings",
                "namespace": "patterns-system",
                "behavior": "merge",
                "literals": ["STAGE=dev", "AWS_REGION=eu-central-1"],
                "options": {"disableNameSuffixHash": True},
            }
        ],
    }
    (folder / "kustomization.yaml").write_text(json.dumps(kustomization))
    kubectl = Path(sys.prefix) / "bin" / "kubectl"
    printed = subprocess.run([kubectl, "kustomize", folder], capture_output=True, text=True, check=True, timeout=60)
    return _by_name(list(yaml.safe_load_all(printed.stdout)))


def _alike(manifest: dict[str, Any]) -> dict[str, Any]:
    """Return an object without what only one of the two has."""
    made = json.loads(json.dumps(manifest))
    labels = made["metadata"].get("labels", {})
    for name in ("app.kubernetes.io/managed-by", "helm.sh/chart", "patterns.example.com/stage"):
        labels.pop(name, None)
    if made["kind"] == "ConfigMap":
        made["metadata"].pop("labels", None)  # an overlay generates it, and has no labels of its own
    if made["kind"] == "Deployment":
        template = made["spec"]["template"]
        template["metadata"].pop("annotations", None)
        (container,) = template["spec"]["containers"]
        container.pop("imagePullPolicy", None)
    for webhook in made.get("webhooks", ()):
        webhook["clientConfig"].pop("caBundle", None)
    return dict(made)
