"""The workers' own security group: which network packets reach a pod, and where it may send some."""

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from patterns_infra.constructs.k8s.cluster_network import ClusterNetwork

__all__ = ["WorkerFirewall"]

_HEALTH = 8080
_AGENT = "169.254.170.23/32"


class WorkerFirewall(Construct):
    """Out to AWS, to the cluster's DNS and to the agent that hands out roles; in for the kubelet's probes only.

    A SecurityGroupPolicy among the manifests puts the pods under it. Pods keep the cluster's own group out: they are
    not the nodes' equals.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, network: ClusterNetwork, nodes: ec2.ISecurityGroup
    ) -> None:
        """``nodes`` is the security group of the cluster's nodes, and of its DNS."""
        super().__init__(scope, construct_id)
        self.group = ec2.SecurityGroup(
            self,
            "Workers",
            vpc=network.vpc,
            description="Order workers: probes come in; HTTPS, DNS and role requests go out",
            allow_all_outbound=False,
        )
        self.group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(443), "HTTPS, to AWS")
        self.group.add_egress_rule(ec2.Peer.ipv4(_AGENT), ec2.Port.tcp(80), "The Pod Identity agent")
        self.group.add_ingress_rule(nodes, ec2.Port.tcp(_HEALTH), "The kubelet's probes")
        for port in (ec2.Port.tcp(53), ec2.Port.udp(53)):
            self.group.add_egress_rule(nodes, port, "The cluster's DNS")
            nodes.add_ingress_rule(self.group, port, "DNS, for order workers")
