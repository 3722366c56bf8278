"""What there must be for an OrderProcessor: its spec and what was found out in, manifests out. Pure.

Every manifest names only what the operator decides, so that applying it leaves alone what others have a say in.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from patterns_k8s.operator.desired.pods import GRACE_MARGIN, HEALTH_PORT, Surroundings, pod_template, spread_of
from patterns_k8s.operator.desired.processor import INSTANCE, Manifest, Processor, labels_of, selector_of

__all__ = ["Route", "desired"]

_HTTPS = 443
_POD_IDENTITY = ("169.254.170.23/32", "fd00:ec2::23/128")
"""Where a pod gets its role's credentials: https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html"""


@dataclass(frozen=True, slots=True)
class Route:
    """From which queue to which topic, and for how many seconds the queue hides a message."""

    queue_url: str
    topic_arn: str
    visibility: int


def desired(
    processor: Processor, *, route: Route | None, replicas: int, surroundings: Surroundings
) -> tuple[Manifest, ...]:
    """Return the children in the order in which they are needed; without a route there are no workers to deploy."""
    children = [_account(processor), _network(processor, surroundings), _disruptions(processor)]
    if route is not None:
        children.append(_deployment(processor, route, replicas, surroundings))
    return tuple(processor.owns(child) for child in children)


def _metadata(processor: Processor) -> dict[str, Any]:
    return {"name": processor.owner.child_name, "labels": labels_of(processor.name)}


def _account(processor: Processor) -> Manifest:
    """Whom the pods act as: the stack associates a role with it by its name."""
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": _metadata(processor),
        "automountServiceAccountToken": False,
    }


def _deployment(processor: Processor, route: Route, replicas: int, surroundings: Surroundings) -> Manifest:
    environment = {
        "QUEUE_URL": route.queue_url,
        "TOPIC_ARN": route.topic_arn,
        "CONCURRENCY": str(processor.spec.concurrency),
        "HEALTH_PORT": str(HEALTH_PORT),
        "PYTHONUNBUFFERED": "1",
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": _metadata(processor),
        "spec": {
            "replicas": replicas,
            "revisionHistoryLimit": 3,
            "progressDeadlineSeconds": 300,
            "selector": {"matchLabels": selector_of(processor.name)},
            # A new pod must work before an old one goes.
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": "25%"}},
            "template": pod_template(
                processor,
                component="worker",
                arguments=(),
                environment=surroundings.environment | environment,
                credentials=surroundings.credentials,
                grace_seconds=route.visibility + GRACE_MARGIN,
                serves=True,
                topologySpreadConstraints=spread_of(processor),
            ),
        },
    }


def _disruptions(processor: Processor) -> Manifest:
    """One pod at a time may be moved; one that does not work anyway does not hold up a node's drain."""
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": _metadata(processor),
        "spec": {
            "maxUnavailable": 1,
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
            "selector": {"matchLabels": selector_of(processor.name)},
        },
    }


def _network(processor: Processor, surroundings: Surroundings) -> Manifest:
    """Nobody talks to these pods (the kubelet's probes need no permission); they talk to AWS and to DNS."""
    ports = {_HTTPS}
    if surroundings.endpoint_url:
        address = urlsplit(surroundings.endpoint_url)
        ports = {address.port or (_HTTPS if address.scheme == "https" else 80)}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": _metadata(processor),
        "spec": {
            "podSelector": {
                "matchExpressions": [
                    {
                        "key": "app.kubernetes.io/name",
                        "operator": "In",
                        "values": ["order-backfill", "order-worker"],
                    }
                ],
                "matchLabels": {INSTANCE: processor.name},
            },
            "policyTypes": ["Ingress", "Egress"],
            "egress": [
                {"ports": [{"port": 53, "protocol": protocol} for protocol in ("UDP", "TCP")]},
                {"ports": [{"port": port, "protocol": "TCP"} for port in sorted(ports)]},
                {
                    "ports": [{"port": 80, "protocol": "TCP"}],
                    "to": [{"ipBlock": {"cidr": block}} for block in _POD_IDENTITY],
                },
            ],
        },
    }
