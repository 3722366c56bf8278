"""A network without NAT: endpoints of AWS inside of it, or, by setting, addresses that the internet sees."""

from collections.abc import Mapping

from aws_cdk import aws_ec2 as ec2
from aws_cdk.aws_kms import IKey
from constructs import Construct

from patterns_infra.constructs.common.acknowledgement import acknowledge
from patterns_infra.constructs.common.log_group import encrypted_log_group
from patterns_infra.settings import Settings

__all__ = ["NetworkWithoutNat"]


class NetworkWithoutNat(Construct):
    """A subnet in each of two zones, or of the settings' zones; flow logs; ways to S3 and DynamoDB that cost nothing.

    Attributes:
        public: whether what runs here gets a public address; nothing gets in by it.
        subnets: where to run.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        key: IKey,
        name: str,
        public: bool,
        cidr_mask: int,
    ) -> None:
        """Create it; a subnet has the addresses of a block of ``cidr_mask`` bits."""
        super().__init__(scope, construct_id)
        self.public = public or not settings.on_aws
        kind = ec2.SubnetType.PUBLIC if self.public else ec2.SubnetType.PRIVATE_ISOLATED
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            max_azs=len(settings.availability_zones) or 2,
            nat_gateways=0,
            restrict_default_security_group=False,
            subnet_configuration=[ec2.SubnetConfiguration(name=name, subnet_type=kind, cidr_mask=cidr_mask)],
            flow_logs={"All": ec2.FlowLogOptions(destination=self._flows(settings, key))},
        )
        self.subnets = ec2.SubnetSelection(subnet_type=kind)
        for endpoint, service in (("Objects", "S3"), ("Tables", "DYNAMODB")):
            self.vpc.add_gateway_endpoint(endpoint, service=getattr(ec2.GatewayVpcEndpointAwsService, service))

    def reach(
        self,
        services: Mapping[str, ec2.InterfaceVpcEndpointAwsService],
        *,
        callers: ec2.IPeer,
        called: str,
        reason: str,
    ) -> None:
        """Let callers reach services of AWS by HTTPS without leaving the network; each endpoint costs by the hour.

        Args:
            services: by the names of their endpoints.
            callers: a security group or a block of addresses.
            called: what they are called in the rule's description.
            reason: why cdk-nag need not know the callers' addresses.
        """
        group = ec2.SecurityGroup(
            self, "Endpoints", vpc=self.vpc, description=f"HTTPS from {called}", allow_all_outbound=False
        )
        group.add_ingress_rule(callers, ec2.Port.tcp(443), f"HTTPS from {called}")
        for name, service in services.items():
            self.vpc.add_interface_endpoint(name, service=service, security_groups=[group], open=False)
        acknowledge(group, "AwsSolutions-EC23", reason)

    def _flows(self, settings: Settings, key: IKey) -> ec2.FlowLogDestination:
        return ec2.FlowLogDestination.to_cloud_watch_logs(
            encrypted_log_group(self, "Flows", settings=settings, key=key)
        )
