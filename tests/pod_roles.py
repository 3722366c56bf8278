"""The roles that the pattern's stack gives to service accounts, and for further queues the same with other names.

Nothing here says what a role may do: that is read from what the stack has made.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Self

from tests.kube_cluster import NAMESPACE, SYSTEM, KubeCluster
from tests.order_processors import child

from patterns_deploy.progress import Silence, Timings
from patterns_deploy.runner import Runner
from patterns_infra.kubernetes_names import OPERATOR, WORKERS
from patterns_infra.registry import PATTERNS
from patterns_infra.settings import Settings, Target
from patterns_local.associated_role import ServiceAccount, associated_role, assume_associated
from patterns_local.deployment import Addresses, LocalDeployment
from patterns_local.local_aws import Keys
from patterns_local.platform import LOCAL_STAGE

__all__ = ["PodRoles", "keys_of"]

_K8S = PATTERNS["k8s"]
_TOPIC = f"patterns-{LOCAL_STAGE}-order-events"
"""A topic of another stack, which this one's grants name."""


class PodRoles:
    """The operator's role, and one for the workers of each queue that a test has made."""

    def __init__(self, cluster: KubeCluster) -> None:
        """Read the roles of a stack that is deployed with the cluster."""
        self._iam, self._eks = cluster.client("iam"), cluster.client("eks")
        (operator, self._eks_name), (worker, _) = (
            associated_role(cluster.aws, ServiceAccount(namespace, name, ""))
            for namespace, name in ((SYSTEM, OPERATOR), (NAMESPACE, WORKERS))
        )
        self._operator, self._worker = operator.rpartition("/")[2], worker.rpartition("/")[2]
        self._of_operator, self._of_workers = self._policy(self._operator), self._policy(self._worker)
        self._queue, self._dead_letters = (
            _published(cluster, name).rpartition("/")[2]
            for name in ("fulfilment_queue_url", "fulfilment_dead_letter_url")
        )

    @classmethod
    def deploy(cls, cluster: KubeCluster) -> Self:
        """Deploy the stacks to the cluster's AWS, as `patterns deploy k8s` does; in the cluster nothing happens."""
        folder, settings = cluster.folder, Settings(stage=LOCAL_STAGE, target=Target.LOCAL)
        deployment = LocalDeployment(folder, settings, Runner(folder.deploy_log), Timings(Silence()))
        deployment.run([replace(_K8S, kubernetes=False)], lambda: Addresses(cluster.aws, ""))
        return cls(cluster)

    def add(self, name: str) -> None:
        """Let the operator look after one more queue and give its workers a role, by the names of an `OrderQueue`."""
        key = name.replace("-", "_")
        names = {
            self._queue: name,
            self._dead_letters: f"{name}-dead-letters",
            _TOPIC: name,
            "k8s/fulfilment_queue_url": f"k8s/{key}",
            "async/topic_arn": f"async/{key}",
        }
        trust = self._iam.get_role(RoleName=self._worker)["Role"]["AssumeRolePolicyDocument"]
        role = self._iam.create_role(RoleName=name, AssumeRolePolicyDocument=_renamed(trust, {WORKERS: child(name)}))
        for who, policy in ((self._operator, self._of_operator), (name, self._of_workers)):
            self._iam.put_role_policy(RoleName=who, PolicyName=name, PolicyDocument=_renamed(policy, names))
        self._eks.create_pod_identity_association(
            clusterName=self._eks_name, namespace=NAMESPACE, serviceAccount=child(name), roleArn=role["Role"]["Arn"]
        )

    def remove(self, name: str) -> None:
        """Take back what the operator may do with a queue; the workers' role is not used any more."""
        self._iam.delete_role_policy(RoleName=self._operator, PolicyName=name)

    def _policy(self, role: str) -> dict[str, Any]:
        (name,) = self._iam.list_role_policies(RoleName=role)["PolicyNames"]
        document: dict[str, Any] = self._iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        return document


def keys_of(cluster: KubeCluster, account: str) -> Keys:
    """Return keys of a service account's role, as its pods get them."""
    return assume_associated(
        cluster.aws, ServiceAccount(SYSTEM if account == OPERATOR else NAMESPACE, account, "test")
    ).keys


def _published(cluster: KubeCluster, name: str) -> str:
    parameter = cluster.client("ssm").get_parameter(Name=_K8S.parameter_name(LOCAL_STAGE, name))
    return str(parameter["Parameter"]["Value"])


def _renamed(policy: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Return a policy with other names at the ends of its texts: in ARNs, and alone."""
    ends = "|".join(re.escape(name) for name in names)
    return re.sub(rf'(?<=["/:])(?:{ends})(?=")', lambda found: names[found[0]], json.dumps(policy))
