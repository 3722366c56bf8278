"""What AWS runs in a cluster: its network, its names, its pods' roles, and what CloudWatch is told of them."""

import json
from collections.abc import Mapping

from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from constructs import Construct, IDependable

from patterns_infra.constructs.k8s.cluster_network import ClusterNetwork
from patterns_infra.constructs.k8s.kubernetes_cluster import KubernetesCluster
from patterns_infra.constructs.k8s.managed_policies import accept_managed_policies
from patterns_infra.constructs.k8s.pod_role import pod_identity_role
from patterns_infra.settings import Nodes, Settings

__all__ = ["ClusterAddons"]

_NETWORK = {
    "enableNetworkPolicy": "true",
    "env": {"ENABLE_POD_ENI": "true", "POD_SECURITY_GROUP_ENFORCING_MODE": "standard"},
    # So that the kubelet's probes reach pods that have a security group.
    "init": {"env": {"DISABLE_TCP_EARLY_DEMUX": "true"}},
}


class ClusterAddons(Construct):
    """Container Insights always; network, proxy, Pod Identity and DNS where the nodes do not bring them.

    A new one has EKS's default version for the cluster; after an upgrade of the cluster the deployment brings each to
    the default again (`patterns_deploy.kubernetes.addons`), so that no version is written down here.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        cluster: KubernetesCluster,
        network: ClusterNetwork,
    ) -> None:
        """Add them, and the nodes where they need some of these: pods cannot run without a network."""
        super().__init__(scope, construct_id)
        self._cluster = cluster.cluster
        if settings.nodes is Nodes.MANAGED:
            role = self._role("NetworkRole", "kube-system", "aws-node", policy="AmazonEKS_CNI_Policy")
            agent = self._add("PodIdentity", "eks-pod-identity-agent")
            before: list[IDependable] = [
                agent,
                self._add("Network", "vpc-cni", configuration=_NETWORK, account="aws-node", role=role),
                self._add("Proxy", "kube-proxy"),
            ]
            cluster.add_nodes(after=before)
            self._add("Dns", "coredns", after=cluster.nodes)
        role = self._role("InsightsRole", "amazon-cloudwatch", "cloudwatch-agent", policy="CloudWatchAgentServerPolicy")
        self._add(
            "Insights",
            "amazon-cloudwatch-observability",
            account="cloudwatch-agent",
            role=role,
            # Its pods are the first ones on an empty cluster, whose nodes come by what is there.
            after=[*cluster.nodes, network],
        )

    def _add(
        self,
        construct_id: str,
        name: str,
        *,
        configuration: Mapping[str, object] | None = None,
        account: str = "",
        role: iam.Role | None = None,
        after: list[IDependable] | None = None,
    ) -> eks.CfnAddon:
        addon = eks.CfnAddon(
            self,
            construct_id,
            addon_name=name,
            cluster_name=self._cluster.cluster_name,
            configuration_values=json.dumps(configuration) if configuration else None,
            pod_identity_associations=[
                eks.CfnAddon.PodIdentityAssociationProperty(role_arn=role.role_arn, service_account=account)
            ]
            if role
            else None,
            # What somebody changed by hand in the cluster does not hold up an upgrade.
            resolve_conflicts="OVERWRITE",
        )
        addon.node.add_dependency(*(after or []))
        return addon

    def _role(self, construct_id: str, namespace: str, account: str, *, policy: str) -> iam.Role:
        role = pod_identity_role(self, construct_id, namespace=namespace, service_account=account)
        role.add_managed_policy(iam.ManagedPolicy.from_aws_managed_policy_name(policy))
        accept_managed_policies(role)
        return role
