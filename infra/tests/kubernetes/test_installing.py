"""What is in a cluster already and is not this command's stays as it is."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from patterns_infra.kubernetes.installing import Installer
from patterns_infra.kubernetes.kubectl import Kubectl
from patterns_infra.kubernetes.rendering import Installation
from patterns_infra.kubernetes_names import NAMESPACE, OPERATOR_NAMESPACE
from patterns_infra.local.errors import DeployFailed


class Cluster(Kubectl):
    """A cluster in which Helm has installed the operator in one namespace. It can be asked, and nothing else."""

    place: str

    def __init__(self, place: str) -> None:
        """Take the namespace."""
        self.__dict__.update(kubeconfig=Path("none"), environment={}, place=place)

    def run(self, *words: str, given: str = "", seconds: float = 60.0) -> str:
        """Answer that the cluster is ready."""
        assert (words[:2], given, seconds) == (("get", "--raw=/readyz"), "", 60.0)
        return "ok"

    def get(self, *words: str) -> dict[str, Any] | None:
        """Return the operator's Deployment."""
        if f"--namespace={self.place}" not in words:
            return None
        labels = {"app.kubernetes.io/managed-by": "Helm"}
        annotations = {"meta.helm.sh/release-name": "shop", "meta.helm.sh/release-namespace": self.place}
        return {"metadata": {"namespace": self.place, "labels": labels, "annotations": annotations}}


WANTED = Installation(overlay="cluster", stage="dev", region="eu-central-1", image="worker:1")
CHANGES: dict[str, Callable[[Installer], object]] = {
    "install": lambda installer: installer.install(WANTED, seconds=1),
    "remove": lambda installer: installer.remove(),
}


@pytest.mark.parametrize("place", [NAMESPACE, OPERATOR_NAMESPACE])
@pytest.mark.parametrize("change", list(CHANGES))
def test_an_operator_of_a_helm_release_is_neither_replaced_nor_removed(change: str, place: str) -> None:
    """Nothing is changed, and the error names the release and the command that uninstalls it."""
    installer = Installer(Cluster(place), lambda _, __: None)
    with pytest.raises(DeployFailed, match=f"'{place}' is of the Helm release 'shop'.*helm uninstall shop"):
        CHANGES[change](installer)
