"""The pods of an OrderProcessor: workers and backfills. Pure: settings in, manifests out."""

from dataclasses import dataclass
from typing import Any

from patterns_k8s.operator.desired.processor import Processor, labels_of, selector_of

__all__ = ["GRACE_MARGIN", "HEALTH_PORT", "Surroundings", "pod_template", "spread_of"]

HEALTH_PORT = 8080
GRACE_MARGIN = 15
"""Seconds that a pod has beyond a message's visibility to end by itself."""
_USER = 10001


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Where the operator runs, which is where its workers run.

    Attributes:
        stage: name of the deployment.
        region: of AWS; Pod Identity tells a pod who it is, not where.
        endpoint_url: of AWS, where it is not the usual one; empty otherwise.
        credentials: Secret with the variables of a role, where the cluster gives pods none; empty otherwise.
    """

    stage: str
    region: str
    endpoint_url: str = ""
    credentials: str = ""

    @property
    def orders_table(self) -> str:
        """The orders table's name, one of the two that are fixed."""
        return f"patterns-{self.stage}-orders"

    @property
    def environment(self) -> dict[str, str]:
        """What every pod is told."""
        told = {"STAGE": self.stage, "AWS_REGION": self.region, "AWS_DEFAULT_REGION": self.region}
        return told | ({"AWS_ENDPOINT_URL": self.endpoint_url} if self.endpoint_url else {})


def pod_template(
    processor: Processor,
    *,
    component: str,
    arguments: tuple[str, ...],
    environment: dict[str, str],
    credentials: str,
    grace_seconds: int,
    serves: bool = False,
    **pod: Any,  # noqa: ANN401 - fields of a PodSpec
) -> dict[str, Any]:
    """Return the pod's template: not root, nothing to write to, no rights beyond its account's.

    ``credentials`` names the Secret with the pod's role, empty where the cluster gives it; ``serves`` when it answers
    probes.
    """
    container: dict[str, Any] = {
        "name": component,
        "image": processor.spec.image,
        "command": ["python", "-m", "patterns_k8s.worker", *arguments],
        "env": [{"name": name, "value": value} for name, value in sorted(environment.items())],
        "resources": {
            "requests": processor.spec.resources.requests.model_dump(),
            "limits": processor.spec.resources.limits.model_dump(exclude_none=True),
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "terminationMessagePolicy": "FallbackToLogsOnError",
    }
    if credentials:
        container["envFrom"] = [{"secretRef": {"name": credentials}}]
    if serves:
        container |= _probes()
        address = {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}
        container["env"] = [*container["env"], address]
    return {
        "metadata": {"labels": labels_of(processor.name, component)},
        "spec": {
            "serviceAccountName": processor.owner.child_name,
            # The worker has nothing to say to the cluster; Pod Identity brings a token of its own.
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "terminationGracePeriodSeconds": grace_seconds,
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": _USER,
                "runAsGroup": _USER,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [container],
            **pod,
        },
    }


def spread_of(processor: Processor) -> list[dict[str, Any]]:
    """Return that pods go to different zones and nodes while there is room."""
    return [
        {
            "maxSkew": 1,
            "topologyKey": key,
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": selector_of(processor.name)},
        }
        for key in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
    ]


def _probes() -> dict[str, Any]:
    def probe(path: str, **timing: int) -> dict[str, Any]:
        return {"httpGet": {"path": path, "port": "health"}, "timeoutSeconds": 2, **timing}

    return {
        "ports": [{"name": "health", "containerPort": HEALTH_PORT, "protocol": "TCP"}],
        "startupProbe": probe("/healthz", periodSeconds=1, failureThreshold=60),
        "livenessProbe": probe("/healthz", periodSeconds=20, failureThreshold=3),
        "readinessProbe": probe("/readyz", periodSeconds=5, failureThreshold=2),
    }
