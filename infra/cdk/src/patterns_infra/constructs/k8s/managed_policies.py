"""AWS's own policies for EKS: what its roles must be able to do, kept up by AWS as EKS changes."""

from constructs import IConstruct

from patterns_infra.constructs.common.acknowledgement import acknowledge

__all__ = ["accept_managed_policies"]

_POLICIES = (
    "AmazonEKSClusterPolicy",
    "AmazonEKSComputePolicy",
    "AmazonEKSBlockStoragePolicy",
    "AmazonEKSLoadBalancingPolicy",
    "AmazonEKSNetworkingPolicy",
    "AmazonEKSVPCResourceController",
    "AmazonEKSWorkerNodePolicy",
    "AmazonEKSWorkerNodeMinimalPolicy",
    "AmazonEKS_CNI_Policy",
    "AmazonEC2ContainerRegistryPullOnly",
    "AmazonEC2ContainerRegistryReadOnly",
    "CloudWatchAgentServerPolicy",
)


def accept_managed_policies(construct: IConstruct) -> None:
    """Accept that a role of EKS's own, or of an add-on, has the policies that its documentation names."""
    for policy in _POLICIES:
        acknowledge(
            construct,
            f"AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/{policy}]",
            "The role is assumed by EKS or one of its add-ons, which ask for this policy and change what it needs.",
        )
