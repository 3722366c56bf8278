"""What is in a cluster already and is not this command's stays as it is."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from patterns_deploy.errors import DeployFailed
from patterns_deploy.kubernetes.installing import Installer
from patterns_deploy.kubernetes.kubectl import Kubectl
from patterns_deploy.kubernetes.rendering import Installation
from patterns_infra.kubernetes_names import OPERATOR


class Cluster(Kubectl):
    """A cluster in which Helm has installed the operator. It can be asked, and nothing else."""

    def __init__(self) -> None:
        """Need no kubeconfig."""
        self.__dict__.update(kubeconfig=Path("none"), environment={})

    def run(self, *words: str, given: str = "", seconds: float = 60.0) -> str:
        """Answer that the cluster is ready."""
        assert (words[:2], given, seconds) == (("get", "--raw=/readyz"), "", 60.0)
        return "ok"

    def get(self, *words: str) -> dict[str, Any] | None:
        """Return the webhook's configuration; the rest is in a namespace of the release's own."""
        if words != ("validatingwebhookconfiguration", OPERATOR):
            return None
        annotations = {"meta.helm.sh/release-name": "shop", "meta.helm.sh/release-namespace": "operators"}
        return {"metadata": {"name": OPERATOR, "annotations": annotations}}


WANTED = Installation(overlay="cluster", stage="dev", region="eu-central-1", image="worker:1")
CHANGES: dict[str, Callable[[Installer], object]] = {
    "install": lambda installer: installer.install(WANTED, seconds=1),
    "remove": lambda installer: installer.remove(),
}


@pytest.mark.parametrize("change", list(CHANGES))
def test_an_operator_of_a_helm_release_is_neither_replaced_nor_removed(change: str) -> None:
    """Nothing is changed, and the error names the release and the command that uninstalls it."""
    installer = Installer(Cluster(), lambda _, __: None)
    with pytest.raises(DeployFailed, match=r"Helm release 'shop'.*helm uninstall shop --namespace operators"):
        CHANGES[change](installer)
