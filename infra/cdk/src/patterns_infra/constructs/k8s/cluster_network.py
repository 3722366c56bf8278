"""The network of a Kubernetes cluster: addresses for many pods, no NAT, and the endpoints that nodes and pods need."""

from aws_cdk import aws_ec2 as ec2
from aws_cdk.aws_kms import IKey
from constructs import Construct

from patterns_infra.constructs.common.network_without_nat import NetworkWithoutNat
from patterns_infra.settings import Settings

__all__ = ["ClusterNetwork"]

_INTERFACES = {
    # What nodes need to join and to run pods, see https://docs.aws.amazon.com/eks/latest/userguide/private-clusters.html
    "Machines": ec2.InterfaceVpcEndpointAwsService.EC2,
    "Registry": ec2.InterfaceVpcEndpointAwsService.ECR,
    "Images": ec2.InterfaceVpcEndpointAwsService.ECR_DOCKER,
    "Clusters": ec2.InterfaceVpcEndpointAwsService.EKS,
    "PodRoles": ec2.InterfaceVpcEndpointAwsService.EKS_AUTH,
    "Tokens": ec2.InterfaceVpcEndpointAwsService.STS,
    # Container Insights.
    "Logs": ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
    "Metrics": ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_MONITORING,
    # The operator and the workers.
    "Parameters": ec2.InterfaceVpcEndpointAwsService.SSM,
    "Queues": ec2.InterfaceVpcEndpointAwsService.SQS,
    "Topics": ec2.InterfaceVpcEndpointAwsService.SNS,
}


class ClusterNetwork(NetworkWithoutNat):
    """Subnets without a way to the internet and endpoints of AWS in them; or, by setting, public subnets."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings, key: IKey) -> None:
        """Create the network; each pod takes an address of a subnet's 4,091."""
        super().__init__(
            scope, construct_id, settings=settings, key=key, name="Nodes", public=settings.public_nodes, cidr_mask=20
        )
        if not self.public:
            self.reach(
                _INTERFACES,
                callers=ec2.Peer.ipv4(self.vpc.vpc_cidr_block),
                called="the cluster",
                reason="The rule names this network's own block of addresses, in which there is nothing but the "
                "cluster; its own security group does not exist before its nodes need these endpoints.",
            )
