"""The network that tasks run in: no NAT, no way in, and only the ways out that they need."""

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_logs as logs
from aws_cdk.aws_kms import IKey
from constructs import Construct

from patterns_infra.constructs.acknowledgement import acknowledge
from patterns_infra.constructs.retention import keep_traces, log_retention
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


class TaskNetwork(Construct):
    """Subnets without a way to the internet and endpoints of AWS in them; or, by setting, public subnets.

    Endpoints cost by the hour, a public address by the hour that a task runs: for a task a day the latter is cheaper
    by far, and still nothing gets in.
    """

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings, key: IKey) -> None:
        """Create the network; ``subnets``, ``security_group`` and ``public`` are what a task needs to know of it."""
        super().__init__(scope, construct_id)
        self.public = settings.public_tasks or not settings.on_aws
        kind = ec2.SubnetType.PUBLIC if self.public else ec2.SubnetType.PRIVATE_ISOLATED
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            max_azs=2,
            nat_gateways=0,
            restrict_default_security_group=False,
            subnet_configuration=[ec2.SubnetConfiguration(name="Tasks", subnet_type=kind, cidr_mask=26)],
            flow_logs={"All": ec2.FlowLogOptions(destination=self._flows(settings, key))},
        )
        self.subnets = ec2.SubnetSelection(subnet_type=kind)
        self.security_group = ec2.SecurityGroup(
            self, "Tasks", vpc=self.vpc, description="Tasks: nothing comes in, HTTPS goes out", allow_all_outbound=False
        )
        self.security_group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(443), "HTTPS, to AWS")
        for name, service in (("Objects", "S3"), ("Tables", "DYNAMODB")):
            self.vpc.add_gateway_endpoint(name, service=getattr(ec2.GatewayVpcEndpointAwsService, service))
        if not self.public:
            self._interfaces()

    def _flows(self, settings: Settings, key: IKey) -> ec2.FlowLogDestination:
        return ec2.FlowLogDestination.to_cloud_watch_logs(
            logs.LogGroup(
                self,
                "Flows",
                retention=log_retention(settings),
                encryption_key=key,
                removal_policy=keep_traces(settings),
            )
        )

    def _interfaces(self) -> None:
        callers = ec2.SecurityGroup(
            self, "Endpoints", vpc=self.vpc, description="HTTPS from the tasks", allow_all_outbound=False
        )
        callers.add_ingress_rule(self.security_group, ec2.Port.tcp(443), "HTTPS from the tasks")
        for name, service in _INTERFACES.items():
            self.vpc.add_interface_endpoint(name, service=service, security_groups=[callers], open=False)
        acknowledge(
            callers,
            "AwsSolutions-EC23",
            "The rule names the tasks' security group, not a range of addresses.",
        )
