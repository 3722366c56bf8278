"""The operator of a stage on the local platform: in the platform's own cluster, or in one of the user's."""

import os
from dataclasses import dataclass

from patterns_deploy.errors import NotRunning
from patterns_deploy.folder import LocalFolder
from patterns_deploy.kubernetes.deploying import ClusterAccess, deploy_operator, reached_locally, remove_operator
from patterns_deploy.kubernetes.kubectl import Kubectl
from patterns_deploy.kubernetes.rendering import Installation
from patterns_deploy.progress import Timings
from patterns_infra.kubernetes_names import NAMESPACE, OPERATOR
from patterns_infra.registry import Pattern
from patterns_local.chosen_cluster import (
    ChosenCluster,
    chosen_kubeconfig,
    forget_cluster,
    read_chosen,
    remember_cluster,
)
from patterns_local.chosen_image import image_in
from patterns_local.local_aws import REGION, client_for
from patterns_local.pod_keys import role_secrets

__all__ = ["LocalOperator", "cluster_of", "empty_cluster"]

_SECONDS = 120.0
_PULL_SECONDS = 300.0
"""The nodes of other clusters may have to pull the image first."""
_WORKERS = ("deployments", f"--selector=app.kubernetes.io/managed-by={OPERATOR}", f"--namespace={NAMESPACE}")


def cluster_of(folder: LocalFolder, stage: str) -> ClusterAccess | None:
    """Return the cluster that a stage uses: the user's that was chosen, else the platform's own while it runs."""
    orders = folder.orders_manifest("local", stage)
    if chosen := read_chosen(folder, stage):
        hint = f"it is {chosen.context}; if that is gone for good, forget it: rm {folder.chosen_cluster(stage)}"
        kubectl = Kubectl(chosen_kubeconfig(folder, stage), dict(os.environ))
        return ClusterAccess(kubectl, _PULL_SECONDS, orders, hint)
    if folder.kubeconfig.exists():
        return ClusterAccess(Kubectl(folder.kubeconfig, dict(os.environ)), _SECONDS, orders)
    return None


def empty_cluster(folder: LocalFolder, stage: str, timings: Timings) -> None:
    """Let the workers of a stage finish, take everything out of its cluster, and forget a chosen one.

    Raises:
        DeployFailed: workers do not end, or the cluster cannot be reached.
    """
    if cluster := cluster_of(folder, stage):
        remove_operator(cluster, timings)
        forget_cluster(folder, stage)


@dataclass(frozen=True, slots=True)
class LocalOperator:
    """The operator of one deployment.

    Attributes:
        folder: the platform's files.
        pattern: whose it is.
        stage: of the deployment.
        endpoint_url: of the platform.
        timings: shows and times the steps.
    """

    folder: LocalFolder
    pattern: Pattern
    stage: str
    endpoint_url: str
    timings: Timings

    def deploy(self, chosen: ChosenCluster | None) -> None:
        """Install it: in the chosen cluster, which is remembered, else in the platform's own.

        Raises:
            DeployFailed: with what the cluster, or the operator, said.
        """
        if chosen:
            remember_cluster(self.folder, self.stage, chosen)
        cluster = cluster_of(self.folder, self.stage)
        if cluster is None:
            raise NotRunning("the platform's own cluster is not up")
        if chosen:
            self._deploy_elsewhere(cluster, chosen)
        else:
            self._deploy_here(cluster)

    def _deploy_here(self, cluster: ClusterAccess) -> None:
        """With the image that the stack names; the node gives pods their roles, and the platform's address."""
        name = self.pattern.parameter_name(self.stage, "worker_image")
        image = client_for("ssm", self.endpoint_url).get_parameter(Name=name)["Parameter"]["Value"]
        wanted = Installation(overlay="local", stage=self.stage, region=REGION, image=image)
        reached = reached_locally(cluster.kubectl, wanted, remembered=self.folder.webhook_port)
        deploy_operator(cluster, reached, self.timings)

    def _deploy_elsewhere(self, cluster: ClusterAccess, chosen: ChosenCluster) -> None:
        """Where nobody gives pods a role, and only the user knows how they reach the platform."""
        kubectl = cluster.kubectl
        secrets, renewed = role_secrets(kubectl, self.endpoint_url, cluster=self.pattern.stack_name(self.stage))
        wanted = Installation(
            overlay="local" if chosen.processes else "cluster",
            stage=self.stage,
            region=REGION,
            image=image_in(chosen, self.pattern.package),
            settings={"AWS_ENDPOINT_URL": chosen.aws_endpoint or self.endpoint_url},
            components=("credentials",),
            role_secrets=secrets,
        )
        if chosen.processes:
            port = self.folder.chosen_cluster(self.stage).with_name("webhook-port")
            wanted = reached_locally(kubectl, wanted, remembered=port)
        deploy_operator(cluster, wanted, self.timings)
        # Pods read their keys when they start; the operator does not watch Secrets, which it may not even read.
        if renewed and kubectl.items(*_WORKERS):
            kubectl.run("rollout", "restart", *_WORKERS)
