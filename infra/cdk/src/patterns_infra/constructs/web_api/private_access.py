"""The way into a private API: an interface endpoint inside a VPC, and a policy that refuses every other way."""

from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk.aws_kms import IKey
from constructs import Construct

from patterns_infra.constructs.common.acknowledgement import acknowledge
from patterns_infra.constructs.common.log_group import encrypted_log_group
from patterns_infra.settings import Settings

__all__ = ["PrivateAccess"]


class PrivateAccess(Construct):
    """An endpoint in the VPC that the settings name, else in a new one without any way to the internet."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings, key: IKey) -> None:
        """Create the endpoint; ``policy`` and ``endpoint_configuration`` are for the API."""
        super().__init__(scope, construct_id)
        vpc = self._given_vpc(settings) if settings.vpc_id else self._new_vpc(settings, key)
        callers = ec2.SecurityGroup(
            self,
            "Callers",
            vpc=vpc,
            description="HTTPS from inside the VPC to the endpoint of the API",
            allow_all_outbound=False,
        )
        callers.add_ingress_rule(ec2.Peer.ipv4(vpc.vpc_cidr_block), ec2.Port.tcp(443), "HTTPS from the VPC")
        acknowledge(
            callers,
            "AwsSolutions-EC23",
            "The rule cannot read the VPC's address range from a reference; it is that range and nothing wider.",
        )
        self.endpoint = ec2.InterfaceVpcEndpoint(
            self,
            "Endpoint",
            vpc=vpc,
            service=ec2.InterfaceVpcEndpointAwsService.APIGATEWAY,
            security_groups=[callers],
            open=False,
            private_dns_enabled=True,
        )
        self.endpoint_configuration = apigateway.EndpointConfiguration(
            types=[apigateway.EndpointType.PRIVATE], vpc_endpoints=[self.endpoint]
        )
        self.policy = _only_through(self.endpoint)

    def _given_vpc(self, settings: Settings) -> ec2.IVpc:
        vpc = ec2.Vpc.from_vpc_attributes(
            self,
            "Vpc",
            vpc_id=str(settings.vpc_id),
            vpc_cidr_block=settings.vpc_cidr,
            availability_zones=list(settings.vpc_availability_zones),
            private_subnet_ids=list(settings.vpc_subnet_ids),
        )
        acknowledge(
            vpc,
            "Annotation::@aws-cdk/aws-ec2:noSubnetRouteTableId",
            "An interface endpoint lives in subnets and touches no route table.",
        )
        return vpc

    def _new_vpc(self, settings: Settings, key: IKey) -> ec2.IVpc:
        flows = encrypted_log_group(self, "Flows", settings=settings, key=key)
        return ec2.Vpc(
            self,
            "Vpc",
            max_azs=2,
            nat_gateways=0,
            subnet_configuration=[
                ec2.SubnetConfiguration(name="Api", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=26)
            ],
            flow_logs={"All": ec2.FlowLogOptions(destination=ec2.FlowLogDestination.to_cloud_watch_logs(flows))},
        )


def _only_through(endpoint: ec2.InterfaceVpcEndpoint) -> iam.PolicyDocument:
    def statement(effect: iam.Effect, conditions: dict[str, object] | None) -> iam.PolicyStatement:
        return iam.PolicyStatement(
            effect=effect,
            principals=[iam.AnyPrincipal()],
            actions=["execute-api:Invoke"],
            resources=["execute-api:/*"],
            conditions=conditions,
        )

    elsewhere: dict[str, object] = {"StringNotEquals": {"aws:SourceVpce": endpoint.vpc_endpoint_id}}
    return iam.PolicyDocument(statements=[statement(iam.Effect.ALLOW, None), statement(iam.Effect.DENY, elsewhere)])
