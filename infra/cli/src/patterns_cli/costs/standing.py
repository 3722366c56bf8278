"""What synthesized stacks cost while nothing happens: every resource that is paid by time, by the hour."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from patterns_cli.costs.bills import ZERO, Amount, amount_of
from patterns_cli.costs.fixed import fixed_lines
from patterns_cli.costs.inputs import Inputs
from patterns_cli.costs.lines import HOURS_A_MONTH, Line, Usage
from patterns_cli.costs.polling import polling_line
from patterns_cli.costs.prices import PriceList
from patterns_infra.synthesized import SynthesizedStack

__all__ = ["DAY", "WEEKEND", "StandingCost", "standing_cost"]

DAY = Decimal(24)
WEEKEND = Decimal(63)
"""Hours from Friday, six in the evening, to Monday, nine in the morning."""
_PRICED_MACHINE = "m7i.large"
_NODES_AT_LEAST = "MinSize"
_UNPRICED: Mapping[str, str] = MappingProxyType(
    {
        "EC2::Instance": "machines",
        "EC2::TransitGateway": "transit gateways",
        "EC2::Volume": "disks",
        "EC2::VPNConnection": "VPN connections",
        "EFS::FileSystem": "file systems",
        "ElastiCache::ReplicationGroup": "caches",
        "ElastiCache::ServerlessCache": "caches",
        "ElasticLoadBalancingV2::LoadBalancer": "load balancers",
        "GlobalAccelerator::Accelerator": "accelerators",
        "Kinesis::Stream": "streams",
        "MSK::Cluster": "Kafka clusters",
        "OpenSearchService::Domain": "search domains",
        "RDS::DBCluster": "database clusters",
        "RDS::DBInstance": "databases",
    }
)
"""Kinds that are paid by the hour and have no price here: they are named, and not in the sum."""


@dataclass(frozen=True, slots=True)
class StandingCost:
    """What one stack costs an hour.

    Attributes:
        stack: its name.
        lines: drivers with what they cost in a month of 730 hours.
        unpriced: what is paid by the hour, too, and is not in the sum.
    """

    stack: str
    lines: tuple[tuple[Line, Amount], ...]
    unpriced: tuple[str, ...]

    def of(self, hours: Decimal) -> Amount:
        """Return what it costs for so many hours."""
        month = sum((amount for _, amount in self.lines), ZERO)
        return month.times(hours / HOURS_A_MONTH)


def standing_cost(name: str, template: Mapping[str, Any], inputs: Inputs, prices: PriceList) -> StandingCost:
    """Return what a stack costs by being there.

    Args:
        name: of the stack.
        template: as it is synthesized.
        inputs: how many nodes Auto Mode is taken to have.
        prices: of one region.

    Raises:
        UnknownPrice: there is none for the region.
    """
    stack = SynthesizedStack.of(template)
    unpriced = [f"{len(found)} {text} ({kind})" for kind, text in _UNPRICED.items() if (found := stack.of_type(kind))]
    nodes = list(_node_groups(stack))
    unpriced += [f"{count} machines {kind} (EKS::Nodegroup)" for count, kind, _ in nodes if kind != _PRICED_MACHINE]
    lines = [*fixed_lines(stack), *_network(stack), *_cluster(stack, inputs, nodes), *_polls(stack)]
    return StandingCost(name, tuple((line, amount_of(line, prices)) for line in lines), tuple(unpriced))


def _network(stack: SynthesizedStack) -> Iterator[Line]:
    gateways, addresses = len(stack.of_type("EC2::NatGateway")), len(stack.of_type("EC2::EIP"))
    if gateways:
        how = f"{gateways} in the template, without the traffic through it"
        yield Line("NAT gateways", how, (Usage("vpc.nat_gateway_hour", gateways * HOURS_A_MONTH),))
    if addresses:
        usage = Usage("vpc.public_ipv4_hour", addresses * HOURS_A_MONTH)
        yield Line("addresses", f"{addresses} in the template", (usage,))


def _cluster(stack: SynthesizedStack, inputs: Inputs, groups: Sequence[tuple[int, str, bool]]) -> Iterator[Line]:
    clusters = stack.all("EKS::Cluster")
    if not clusters:
        return
    hours = HOURS_A_MONTH * len(clusters)
    yield Line("EKS, control plane", "in standard support", (Usage("eks.cluster_hour", hours),))
    if any(cluster.get("ComputeConfig", {}).get("Enabled") for cluster in clusters):
        nodes = inputs["k8s.nodes"]
        fee = "eks.auto_mode_m7i_large_hour"
        yield from _machines(int(nodes.value), f"Auto Mode, {nodes.text()}", inputs, fee=fee)
    for count, kind, public in groups:
        if kind == _PRICED_MACHINE:
            yield from _machines(
                count, f"{count} {kind}, as many as the node group has at least", inputs, public=public
            )


def _node_groups(stack: SynthesizedStack) -> Iterator[tuple[int, str, bool]]:
    """Yield for each node group how many nodes it has at least, of which type, and whether with public addresses."""
    public = {name for name, x in stack.of_type("EC2::Subnet").items() if x["Properties"].get("MapPublicIpOnLaunch")}
    for group in stack.all("EKS::Nodegroup"):
        subnets = {subnet.get("Ref") for subnet in group.get("Subnets", []) if isinstance(subnet, dict)}
        kind = next(iter(group.get("InstanceTypes", [])), "of the launch template")
        yield int(group.get("ScalingConfig", {}).get(_NODES_AT_LEAST, 1)), kind, bool(subnets & public)


def _machines(count: int, how: str, inputs: Inputs, *, fee: str = "", public: bool = False) -> Iterator[Line]:
    hours = HOURS_A_MONTH * count
    disk = inputs["fulfilment.disk_gb"].value
    yield Line("nodes", how, (Usage("ec2.m7i_large_hour", hours), *((Usage(fee, hours),) if fee else ())))
    yield Line("nodes' disks", f"{disk} GB a node", (Usage("ebs.gp3_gb_month", count * disk),))
    if public:
        yield Line("nodes' addresses", "a public IPv4 address a node", (Usage("vpc.public_ipv4_hour", hours),))


def _polls(stack: SynthesizedStack) -> Iterator[Line]:
    """Lambda polls a queue, not a stream, at the queue's price."""
    queues = stack.of_type("SQS::Queue")
    polled = [
        mapping
        for mapping in stack.all("Lambda::EventSourceMapping")
        if isinstance(source := mapping.get("EventSourceArn"), dict) and source.get("Fn::GetAtt", [""])[0] in queues
    ]
    if polled:
        yield polling_line(len(polled))
