"""What `patterns status` says of a cluster."""

from pathlib import Path
from typing import Any

import pytest

from patterns_deploy.kubernetes import health
from patterns_deploy.kubernetes.health import read_cluster_health
from patterns_deploy.place import Place
from patterns_infra.kubernetes_names import NAMESPACE
from patterns_infra.settings import Target


class Cluster:
    """A cluster with an operator and these OrderProcessors, as kubectl shows it."""

    def __init__(self, *processors: dict[str, Any]) -> None:
        """Take the OrderProcessors."""
        self._processors = list(processors)

    def get(self, *_: str) -> dict[str, Any]:
        """Return the operator."""
        return {"status": {"availableReplicas": 1}}

    def items(self, *words: str) -> list[dict[str, Any]]:
        """Return the OrderProcessors of all namespaces."""
        assert "--all-namespaces" in words
        return self._processors


def processor(name: str, namespace: str, *conditions: dict[str, str]) -> dict[str, Any]:
    """Return an OrderProcessor with these conditions."""
    return {"metadata": {"name": name, "namespace": namespace}, "status": {"conditions": list(conditions)}}


def test_one_that_no_operator_watches_is_a_problem(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It would wait for ever, without a status that says so; the others are shown as they are."""
    ready = {"type": "Ready", "status": "True", "reason": "WorkersReady", "message": "1 of 1 pods ready"}
    cluster = Cluster(processor("orders", NAMESPACE, ready), processor("lost", "default"))
    monkeypatch.setattr(health, "Kubectl", lambda *_: cluster)
    place = Place(Target.LOCAL, "local", "us-east-1", "123456789012", "", lambda _: None, kubeconfig=tmp_path)
    found = read_cluster_health(place)
    assert found.problems == ["OrderProcessor lost: no operator watches its namespace, default"]
    assert list(found.processors) == ["orders"]
