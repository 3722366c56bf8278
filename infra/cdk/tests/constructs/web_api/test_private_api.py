"""One setting makes the API private."""

from collections.abc import Callable
from typing import Any

import pytest

from patterns_infra.settings import Settings
from patterns_infra.synthesized import SynthesizedStack
from patterns_infra.variants import VARIANTS

Synthesize = Callable[[str], SynthesizedStack]


@pytest.fixture(params=["private", "private-in-given-vpc"], scope="module")
def private(request: pytest.FixtureRequest, synthesize: Synthesize) -> SynthesizedStack:
    """Return the stack with a VPC of its own, then with a given one."""
    return synthesize(request.param)


def statement(api: dict[str, Any], effect: str) -> dict[str, Any]:
    """Return the one statement of an API's policy with this effect."""
    (found,) = (x for x in api["Policy"]["Statement"] if x["Effect"] == effect)
    return dict(found)


def test_it_answers_through_its_endpoint_only(private: SynthesizedStack) -> None:
    """The API is PRIVATE, knows its endpoint, and its policy denies every other way in."""
    endpoint = {"Ref": private.id_of("EC2::VPCEndpoint")}
    api = private.only("ApiGateway::RestApi")
    assert api["EndpointConfiguration"] == {"Types": ["PRIVATE"], "VpcEndpointIds": [endpoint]}
    deny = statement(api, "Deny")
    assert deny["Condition"] == {"StringNotEquals": {"aws:SourceVpce": endpoint}}
    for one in (deny, statement(api, "Allow")):
        assert one["Action"] == "execute-api:Invoke"
        assert one["Resource"] == "execute-api:/*"
        assert one["Principal"] == {"AWS": "*"}


def test_the_endpoint_takes_https_from_its_vpc(private: SynthesizedStack) -> None:
    """An interface endpoint for execute-api, with private names, open to the VPC's own addresses on 443."""
    endpoint = private.only("EC2::VPCEndpoint")
    assert endpoint["VpcEndpointType"] == "Interface"
    assert endpoint["ServiceName"] == "com.amazonaws.us-east-1.execute-api"
    assert endpoint["PrivateDnsEnabled"] is True
    assert len(endpoint["SubnetIds"]) == 2
    (rule,) = private.only("EC2::SecurityGroup")["SecurityGroupIngress"]
    assert (rule["FromPort"], rule["ToPort"], rule["IpProtocol"]) == (443, 443, "tcp")
    assert rule["CidrIp"] != "0.0.0.0/0"


def test_a_new_vpc_has_no_way_out(synthesize: Synthesize) -> None:
    """Without a given VPC one is made: isolated, with its flows logged."""
    private = synthesize("private")
    assert not private.of_type("EC2::InternetGateway")
    assert not private.of_type("EC2::NatGateway")
    assert private.only("EC2::FlowLog")["TrafficType"] == "ALL"


def test_a_new_vpc_is_in_zones_that_exist(synthesize_anew: Callable[[Settings], SynthesizedStack]) -> None:
    """With the account known, as when it is deployed, the CDK would take invented zones that it has not looked up."""
    private = synthesize_anew(Settings.from_mapping({**VARIANTS["private"], "account": "123456789012"}))
    zones = [subnet["AvailabilityZone"] for subnet in private.all("EC2::Subnet")]
    assert zones == [{"Fn::Select": [number, {"Fn::GetAZs": ""}]} for number in range(2)]


def test_a_given_vpc_is_used(synthesize: Synthesize) -> None:
    """With vpc_id nothing of a network is created but the endpoint and its security group."""
    private = synthesize("private-in-given-vpc")
    assert not private.of_type("EC2::VPC")
    endpoint = private.only("EC2::VPCEndpoint")
    assert endpoint["VpcId"] == "vpc-0123456789abcdef0"
    assert endpoint["SubnetIds"] == ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
    (rule,) = private.only("EC2::SecurityGroup")["SecurityGroupIngress"]
    assert rule["CidrIp"] == "10.20.0.0/16"


def test_it_is_public_unless_asked(aws: SynthesizedStack) -> None:
    """Without the setting the API is regional, with no policy and no network."""
    api = aws.only("ApiGateway::RestApi")
    assert api["EndpointConfiguration"] == {"Types": ["REGIONAL"]}
    assert "Policy" not in api
    assert not aws.of_type("EC2::VPCEndpoint")
