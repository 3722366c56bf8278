"""Every optional component is built by its example, as stock kubectl builds it."""

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from patterns_deploy.kubernetes.kubectl import Kubectl
from patterns_infra.kubernetes_names import MANIFESTS, NAMESPACE, OPERATOR, OPERATOR_NAMESPACE, WORKERS

OPTIONAL = ("monitoring", "argo-cd", "keda", "cert-manager", "external-secrets")
Objects = dict[tuple[str, str], dict[str, Any]]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Objects]:
    """Return the objects of every example, by kind and name."""
    kubectl = Kubectl(tmp_path_factory.mktemp("none") / "none", dict(os.environ))
    found = {}
    for name in OPTIONAL:
        objects = list(yaml.safe_load_all(kubectl.run("kustomize", str(MANIFESTS / "examples" / name))))
        found[name] = {(each["kind"], each["metadata"]["name"]): each for each in objects}
        assert len(found[name]) == len(objects)
    return found


def test_each_optional_component_has_an_example() -> None:
    """A folder that no example uses would be built by no test."""
    assert {path.name for path in (MANIFESTS / "examples").iterdir()} == set(OPTIONAL)
    for name in OPTIONAL:
        text = Path(MANIFESTS, "examples", name, "kustomization.yaml").read_text(encoding="utf-8")
        assert f"../../components/{name}" in text


def test_monitoring_comes_with_the_operator(built: dict[str, Objects]) -> None:
    """Beside what is scraped, with the label and the namespace that the example's Prometheus has."""
    objects = built["monitoring"]
    kinds = {
        ("ServiceMonitor", OPERATOR): OPERATOR_NAMESPACE,
        ("PodMonitor", "order-workers"): NAMESPACE,
        ("PrometheusRule", "patterns"): OPERATOR_NAMESPACE,
    }
    assert kinds.keys() <= objects.keys()
    assert ("Deployment", OPERATOR) in objects
    for key, namespace in kinds.items():
        assert objects[key]["metadata"]["namespace"] == namespace
        assert objects[key]["metadata"]["labels"]["release"] == "kube-prometheus-stack"
    (rule,) = objects["NetworkPolicy", "order-workers-metrics"]["spec"]["ingress"]
    assert rule["from"] == [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "observability"}}}]


def test_argo_cd_keeps_its_other_settings(built: dict[str, Objects]) -> None:
    """The check is one more of them, at the key by which Argo CD finds it."""
    settings = built["argo-cd"]["ConfigMap", "argocd-cm"]["data"]
    script = (MANIFESTS / "components/argo-cd/health.lua").read_text(encoding="utf-8")
    assert settings["resource.customizations.health.patterns.example.com_OrderProcessor"] == script
    assert settings["timeout.reconciliation"] == "180s"


def test_keda_and_the_workers_are_told_of_the_same_queue(built: dict[str, Objects]) -> None:
    """What the example's one list of values says, and nothing is left to be filled in."""
    objects = built["keda"]
    assert ("ConfigMap", "order-workers-values") not in objects
    (container,) = objects["Deployment", WORKERS]["spec"]["template"]["spec"]["containers"]
    told = {each["name"]: each.get("value") for each in container["env"]}
    (trigger,) = objects["ScaledObject", WORKERS]["spec"]["triggers"]
    assert trigger["metadata"]["queueURL"] == told["QUEUE_URL"]
    assert trigger["metadata"]["awsRegion"] == told["AWS_REGION"] == told["AWS_DEFAULT_REGION"]
    assert told["TOPIC_ARN"].startswith("arn:aws:sns:")
    assert "made-by" not in str(objects.values())
