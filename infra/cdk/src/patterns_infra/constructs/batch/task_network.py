"""The network that tasks run in: no NAT, no way in, and only the ways out that they need."""

from aws_cdk import aws_ec2 as ec2
from aws_cdk.aws_kms import IKey
from constructs import Construct

from patterns_infra.constructs.common.network_without_nat import NetworkWithoutNat
from patterns_infra.settings import Settings

__all__ = ["TaskNetwork"]

_INTERFACES = {
    "Registry": ec2.InterfaceVpcEndpointAwsService.ECR,
    "Images": ec2.InterfaceVpcEndpointAwsService.ECR_DOCKER,
    "Logs": ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
    "Parameters": ec2.InterfaceVpcEndpointAwsService.SSM,
    "Secrets": ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
}
"""What a task calls beside S3 and DynamoDB, whose endpoints cost nothing."""


class TaskNetwork(NetworkWithoutNat):
    """Subnets without a way to the internet and endpoints of AWS in them; or, by setting, public subnets.

    Endpoints cost by the hour, a public address by the hour that a task runs: for a task a day the latter is cheaper
    by far, and still nothing gets in.
    """

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings, key: IKey) -> None:
        """Create the network; ``subnets``, ``security_group`` and ``public`` are what a task needs to know of it."""
        super().__init__(
            scope, construct_id, settings=settings, key=key, name="Tasks", public=settings.public_tasks, cidr_mask=26
        )
        self.security_group = ec2.SecurityGroup(
            self, "Tasks", vpc=self.vpc, description="Tasks: nothing comes in, HTTPS goes out", allow_all_outbound=False
        )
        self.security_group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(443), "HTTPS, to AWS")
        if not self.public:
            self.reach(
                _INTERFACES,
                callers=self.security_group,
                called="the tasks",
                reason="The rule names the tasks' security group, not a range of addresses.",
            )
