"""The operator in the local cluster."""

from patterns_infra.kubernetes.deploying import ClusterAccess, deploy_operator, reached_locally
from patterns_infra.kubernetes.kubectl import Kubectl
from patterns_infra.kubernetes.rendering import Installation
from patterns_infra.local.folder import LocalFolder
from patterns_infra.local.local_aws import REGION, child_environment, client_for
from patterns_infra.local.progress import Timings
from patterns_infra.registry import Pattern
from patterns_infra.settings import Settings

__all__ = ["deploy_operator_locally", "local_cluster"]

_SECONDS = 120.0


def local_cluster(folder: LocalFolder, endpoint_url: str, stage: str) -> ClusterAccess:
    """Return the platform's own cluster, which is up."""
    kubectl = Kubectl(folder.kubeconfig, child_environment(endpoint_url))
    return ClusterAccess(kubectl, _SECONDS, folder.orders_manifest("local", stage))


def deploy_operator_locally(
    folder: LocalFolder, pattern: Pattern, settings: Settings, endpoint_url: str, timings: Timings
) -> None:
    """Install the operator with the image that the stack names.

    Raises:
        DeployFailed: with what the cluster, or the operator, said.
    """
    cluster = local_cluster(folder, endpoint_url, settings.stage)
    name = pattern.parameter_name(settings.stage, "worker_image")
    image = client_for("ssm", endpoint_url).get_parameter(Name=name)["Parameter"]["Value"]
    wanted = Installation(overlay="local", stage=settings.stage, region=REGION, image=image)
    reached = reached_locally(cluster.kubectl, wanted, remembered=folder.webhook_port)
    deploy_operator(cluster, reached, timings)
