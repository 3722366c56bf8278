"""A Kubernetes cluster of EKS: its control plane, its nodes, and who may administer it."""

from typing import cast

from aws_cdk import Stack, aws_kms
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from constructs import Construct, IDependable

from patterns_infra.constructs.common.acknowledgement import acknowledge
from patterns_infra.constructs.common.deletion_protection import protect_from_deletion
from patterns_infra.constructs.common.log_group import encrypted_log_group
from patterns_infra.constructs.common.retention import keep_traces
from patterns_infra.constructs.k8s.cluster_network import ClusterNetwork
from patterns_infra.constructs.k8s.managed_policies import accept_managed_policies
from patterns_infra.settings import Nodes, Settings

__all__ = ["KubernetesCluster"]

_INSTANCES = ("m7i.large", "m6i.large")
"""Of the managed nodes. A security group for each pod needs machines that can have branch interfaces: no burstable ones
(https://docs.aws.amazon.com/eks/latest/userguide/security-groups-for-pods.html)."""
_INSIGHTS = ("application", "dataplane", "host", "performance")
"""Container Insights writes to /aws/containerinsights/{cluster}/ these."""


class KubernetesCluster(Construct):
    """A control plane that logs everything and keeps secrets under a key of the stack's, and nodes of the kind wanted.

    It is named like its stack. So its log groups can be there before it is, with a retention and a key; those that EKS
    makes keep everything for ever.

    Attributes:
        cluster: the cluster.
        application_log: what pods write.
        nodes: what must be there before pods can run; none with Auto Mode, whose nodes come with the pods.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: Settings, network: ClusterNetwork, key: aws_kms.IKey
    ) -> None:
        """``key`` encrypts the logs."""
        super().__init__(scope, construct_id)
        self._settings = settings
        self._network = network
        self._managed = settings.nodes is Nodes.MANAGED
        secrets = aws_kms.Key(
            self,
            "Secrets",
            description=f"Kubernetes secrets of {Stack.of(self).stack_name}",
            enable_key_rotation=True,
            removal_policy=keep_traces(settings),
        )
        self.cluster = eks.Cluster(
            self,
            "Cluster",
            cluster_name=Stack.of(self).stack_name,
            version=eks.KubernetesVersion.of(settings.kubernetes_version),
            vpc=network.vpc,
            vpc_subnets=[network.subnets],
            endpoint_access=_endpoint_access(settings),
            cluster_logging=list(eks.ClusterLoggingTypes),
            secrets_encryption_key=secrets,
            default_capacity_type=eks.DefaultCapacityType.NODEGROUP
            if self._managed
            else eks.DefaultCapacityType.AUTOMODE,
            default_capacity=0 if self._managed else None,
            # Whoever CloudFormation acts as is no user: administrators are named, below.
            bootstrap_cluster_creator_admin_permissions=False,
            bootstrap_self_managed_addons=False,
            output_config_command=False,
        )
        self.nodes: list[IDependable] = []
        if self._managed:
            # The control plane gives pods their own interfaces, by which they have a security group of their own.
            self.cluster.role.add_managed_policy(
                iam.ManagedPolicy.from_aws_managed_policy_name("AmazonEKSVPCResourceController")
            )
        self._protect(cast("eks.CfnCluster", self.cluster.node.default_child))
        self._log(key)
        self._admit(settings.cluster_admin_arn)
        self._acknowledge()

    def add_nodes(self, *, after: list[IDependable]) -> None:
        """Add the managed nodes, once the add-ons are there without which they are not ready; Auto Mode has its own."""
        if not self._managed:
            return
        role = iam.Role(
            self,
            "NodeRole",
            assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"),
            managed_policies=[
                iam.ManagedPolicy.from_aws_managed_policy_name(name)
                for name in ("AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly")
            ],
        )
        accept_managed_policies(role)
        template = ec2.CfnLaunchTemplate(
            self,
            "NodeTemplate",
            launch_template_data=ec2.CfnLaunchTemplate.LaunchTemplateDataProperty(
                # A pod cannot have the node's role: its request would need a second hop.
                metadata_options=ec2.CfnLaunchTemplate.MetadataOptionsProperty(
                    http_tokens="required", http_put_response_hop_limit=1
                ),
                block_device_mappings=[
                    ec2.CfnLaunchTemplate.BlockDeviceMappingProperty(
                        device_name="/dev/xvda",
                        ebs=ec2.CfnLaunchTemplate.EbsProperty(encrypted=True, volume_size=40, volume_type="gp3"),
                    )
                ],
            ),
        )
        group = self.cluster.add_nodegroup_capacity(
            "Nodes",
            node_role=role,
            ami_type=eks.NodegroupAmiType.AL2023_X86_64_STANDARD,
            instance_types=[ec2.InstanceType(x) for x in _INSTANCES],
            launch_template_spec=eks.LaunchTemplateSpec(id=template.ref, version=template.attr_latest_version_number),
            # Nothing in the cluster asks for more, so no other number is promised (docs/adr/0062).
            min_size=self._settings.managed_nodes,
            desired_size=self._settings.managed_nodes,
            max_size=self._settings.managed_nodes,
            subnets=self._network.subnets,
            max_unavailable=1,
            enable_node_auto_repair=True,
            # A node whose pods may not be moved yet holds the upgrade up, rather than losing them.
            force_update=False,
        )
        # Told, so that CloudFormation brings the nodes to the cluster's version, after it; they would not follow.
        cast("eks.CfnNodegroup", group.node.default_child).version = self._settings.kubernetes_version
        group.node.add_dependency(self._network, *after)
        self.nodes.append(group)

    def _protect(self, native: eks.CfnCluster) -> None:
        protect_from_deletion(native, settings=self._settings, name="DeletionProtection")
        # Elsewhere EKS upgrades a cluster whose version it no longer supports, rather than charge sixfold for it.
        support = "EXTENDED" if self._settings.production else "STANDARD"
        native.upgrade_policy = eks.CfnCluster.UpgradePolicyProperty(support_type=support)

    def _log(self, key: aws_kms.IKey) -> None:
        name = Stack.of(self).stack_name
        names = {"ControlPlaneLog": f"/aws/eks/{name}/cluster"}
        names |= {f"{x.title()}Log": f"/aws/containerinsights/{name}/{x}" for x in _INSIGHTS}
        made = {
            construct_id: encrypted_log_group(self, construct_id, settings=self._settings, key=key, name=group)
            for construct_id, group in names.items()
        }
        self.cluster.node.add_dependency(*made.values())
        self.application_log = made["ApplicationLog"]

    def _admit(self, administrator: str | None) -> None:
        if administrator is not None:
            policy = eks.AccessPolicy.from_access_policy_name(
                "AmazonEKSClusterAdminPolicy", access_scope_type=eks.AccessScopeType.CLUSTER
            )
            self.cluster.grant_access("Administrator", administrator, [policy])

    def _acknowledge(self) -> None:
        accept_managed_policies(self.cluster)
        if not self._settings.private_cluster:
            acknowledge(
                self.cluster,
                "AwsSolutions-EKS1",
                "Reached with IAM credentials that have an access entry; private_cluster=true takes the address away.",
            )
        if not self._network.public:
            acknowledge(
                self.cluster,
                "Annotation::@aws-cdk/aws-eks:isolatedSubnetsForKubectlPrivateSubnets",
                "The network has those endpoints, and CloudFormation runs no kubectl here.",
            )


def _endpoint_access(settings: Settings) -> eks.EndpointAccess:
    """Return from where Kubernetes' API is reached; from inside the VPC always."""
    if settings.private_cluster:
        return eks.EndpointAccess.PRIVATE
    public = eks.EndpointAccess.PUBLIC_AND_PRIVATE
    return public.only_from(*settings.kubernetes_api_cidrs) if settings.kubernetes_api_cidrs else public
