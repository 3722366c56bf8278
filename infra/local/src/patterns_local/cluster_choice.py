"""Which cluster a stage's operator goes into, settled before anything is started: there must be only one of them."""

from collections.abc import Callable

from patterns_deploy.errors import DeployFailed
from patterns_deploy.folder import LocalFolder
from patterns_deploy.kubernetes.earlier_layout import find_operator
from patterns_deploy.kubernetes.installing import Installer
from patterns_deploy.kubernetes.kubectl import Kubectl
from patterns_deploy.kubernetes.rendering import STAGE_LABEL
from patterns_deploy.progress import Timings
from patterns_deploy.runner import Runner
from patterns_local.chosen_cluster import ChosenCluster, read_chosen
from patterns_local.chosen_image import require_programs
from patterns_local.kubernetes_start import kubernetes_starter
from patterns_local.operator import cluster_of
from patterns_local.relay_start import relay_starter

__all__ = ["cluster_starter", "cluster_uid", "settle_cluster"]


def settle_cluster(folder: LocalFolder, stage: str, wished: ChosenCluster | None) -> ChosenCluster | None:
    """Return the cluster that a stage uses: the wished one, else the remembered one; ``None`` for the platform's own.

    Raises:
        DeployFailed: the stage's operator is in another one, or the remembered one cannot be reached.
    """
    known, there = read_chosen(folder, stage), cluster_of(folder, stage)
    if wished is None:
        if known and there:
            Installer(there.kubectl, lambda *_: None, there.hint).reach()
        return known
    first = f"two would work on one queue; first: patterns destroy k8s --stage {stage}"
    if known and known.uid != wished.uid:
        gone = f"if that cluster is gone, forget it: rm {folder.chosen_cluster(stage)}"
        raise DeployFailed(f"the operator of stage {stage!r} is in {known.context}, and {first} ({gone})")
    if known is None and there:
        if cluster_uid(there.kubectl) == wished.uid:
            raise DeployFailed("this is the platform's own cluster: it is used without --kubeconfig")
        found = find_operator(there.kubectl)
        if found and found["metadata"].get("labels", {}).get(STAGE_LABEL) == stage:
            raise DeployFailed(f"the operator of stage {stage!r} is in the platform's own cluster, and {first}")
    return wished


def cluster_starter(
    folder: LocalFolder, chosen: ChosenCluster | None, runner: Runner, timings: Timings
) -> Callable[[], None] | None:
    """Make sure that this machine has what the cluster takes, and return what the platform still has to start for it.

    Raises:
        PlatformError: a program is not there.
    """
    if chosen is None:
        return kubernetes_starter(folder, runner, timings)
    require_programs(chosen)
    return relay_starter(folder, chosen.aws_endpoint, timings) if chosen.aws_endpoint else None


def cluster_uid(kubectl: Kubectl) -> str:
    """Return what tells a cluster from any other, whatever its address and name: it has had this namespace all along.

    Raises:
        KubectlFailed: it cannot be reached, or does not let its user look.
    """
    return kubectl.run("get", "namespace", "kube-system", "--output=jsonpath={.metadata.uid}", "--request-timeout=20s")
