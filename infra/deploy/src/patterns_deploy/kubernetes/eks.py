"""A stack's cluster on AWS: its kubeconfig, and the operator in it."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from patterns_deploy.files import write_atomically
from patterns_deploy.folder import LocalFolder
from patterns_deploy.kubernetes.addons import update_addons
from patterns_deploy.kubernetes.deploying import ClusterAccess, deploy_operator, remove_operator
from patterns_deploy.kubernetes.kubectl import Kubectl
from patterns_deploy.kubernetes.rendering import Installation
from patterns_deploy.place import Place
from patterns_deploy.progress import Timings
from patterns_deploy.real_aws import AwsAccess
from patterns_infra.kubernetes_names import WORKER_GROUP_OUTPUT
from patterns_infra.registry import Pattern

__all__ = [
    "AUTO_MODE",
    "FIXED_NODES",
    "components_for",
    "deploy_operator_on_aws",
    "kubeconfig_of",
    "remove_operator_on_aws",
]

_SECONDS = 900.0
"""The first pods wait for their nodes, which come in some minutes."""
AUTO_MODE = "auto-mode"
"""The component for nodes that EKS looks after."""
FIXED_NODES = (
    "nodes=managed has a fixed number of nodes: pods that do not fit stay Pending until you set a greater "
    "managed_nodes; nodes=auto adds nodes by itself"
)
"""What a deployment with a node group says."""
_HINT = "with private_cluster=true it is reached from inside its VPC only; your role must be its cluster_admin_arn"


def deploy_operator_on_aws(folder: LocalFolder, access: AwsAccess, pattern: Pattern, timings: Timings) -> None:
    """Write a kubeconfig for the stack's cluster, and install the operator with the image that the stack names.

    Raises:
        DeployFailed: the cluster cannot be reached, or with what it, or the operator, said.
    """
    place = access.place
    names = {key: _parameter(place, pattern, key) for key in ("cluster_name", "worker_image")}
    eks = place.client("eks")
    found = eks.describe_cluster(name=names["cluster_name"])["cluster"]
    with timings.step("add-ons k8s") as note:
        changed = update_addons(eks, found["name"], version=found["version"], say=timings.report.say)
        note(", ".join(changed) or "as they should be")
    cluster = _cluster(folder, access, found)
    group = _outputs(place, pattern.stack_name(place.stage)).get(WORKER_GROUP_OUTPUT)
    components = components_for(found, group)
    if AUTO_MODE not in components:
        timings.report.say(FIXED_NODES)
    wanted = Installation(
        overlay="aws",
        stage=place.stage,
        region=place.region,
        image=names["worker_image"],
        components=components,
        worker_group=group,
    )
    deploy_operator(cluster, wanted, timings)


def remove_operator_on_aws(folder: LocalFolder, access: AwsAccess, pattern: Pattern, timings: Timings) -> None:
    """Let the workers finish, and take everything out of the stack's cluster; a cluster that is gone is fine.

    Raises:
        DeployFailed: workers do not end, or the cluster cannot be reached.
    """
    eks = access.place.client("eks")
    try:
        found = eks.describe_cluster(name=pattern.stack_name(access.place.stage))["cluster"]
    except eks.exceptions.ResourceNotFoundException:
        return
    cluster = _cluster(folder, access, found)
    remove_operator(cluster, timings)
    cluster.kubectl.kubeconfig.unlink(missing_ok=True)


def kubeconfig_of(cluster: Mapping[str, Any], *, region: str) -> str:
    """Return a kubeconfig that asks for a token with this Python and whatever AWS credentials are at hand then.

    Args:
        cluster: as ``eks:DescribeCluster`` has it.
        region: the cluster's.
    """
    name = cluster["name"]
    program = ["-m", "patterns_deploy.kubernetes.eks_token", f"--cluster={name}", f"--region={region}"]
    token = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": sys.executable,
        "args": program,
        "interactiveMode": "Never",
    }
    server = {
        "server": cluster["endpoint"],
        "certificate-authority-data": cluster["certificateAuthority"]["data"],
    }
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": server}],
        "users": [{"name": name, "user": {"exec": token}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "current-context": name,
    }
    return json.dumps(document, indent=2) + "\n"


def _cluster(folder: LocalFolder, access: AwsAccess, found: Mapping[str, Any]) -> ClusterAccess:
    place = access.place
    path: Path = folder.cluster_kubeconfig(place.account, place.region, place.stage)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, kubeconfig_of(found, region=place.region))
    orders = folder.orders_manifest("aws", place.stage)
    return ClusterAccess(Kubectl(path, access.environment), _SECONDS, orders, _HINT)


def components_for(found: Mapping[str, Any], worker_group: str | None) -> tuple[str, ...]:
    """Return what the kind of nodes needs: Auto Mode does not mind network policies unless it is told to."""
    auto = found.get("computeConfig", {}).get("enabled", False)
    return (*((AUTO_MODE,) if auto else ()), *(("security-groups",) if worker_group else ()))


def _parameter(place: Place, pattern: Pattern, key: str) -> str:
    name = pattern.parameter_name(place.stage, key)
    return str(place.client("ssm").get_parameter(Name=name)["Parameter"]["Value"])


def _outputs(place: Place, stack: str) -> dict[str, str]:
    (described,) = place.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    return {x["OutputKey"]: x["OutputValue"] for x in described.get("Outputs", ())}
