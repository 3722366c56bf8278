"""What people set when they install the chart: ``values.yaml`` and ``values.schema.json`` are made of it."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

__all__ = [
    "Aws",
    "CertManager",
    "Credentials",
    "ExternalSecret",
    "Image",
    "Monitoring",
    "ServiceAccount",
    "Values",
    "Webhook",
]

Objects = list[dict[str, Any]]
Texts = dict[str, str]


class _Group(BaseModel):
    """Values; one that is not known is refused, since it would do nothing."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True, use_attribute_docstrings=True
    )


class Image(_Group):
    """The operator's image. Workers have their own, in each OrderProcessor: normally the same."""

    repository: Annotated[str, Field(min_length=1)] = "patterns-k8s"
    """Where it is, without a tag."""
    tag: Annotated[str, Field(pattern=r"^([A-Za-z0-9_][A-Za-z0-9._-]*)?$")] = ""
    """Required, unless a digest is given."""
    digest: Annotated[str, Field(pattern=r"^(sha256:[a-f0-9]{64})?$")] = ""
    """Comes before the tag."""
    pull_policy: Annotated[str, Field(pattern=r"^(Always|IfNotPresent|Never)$")] = "IfNotPresent"
    """Always, IfNotPresent or Never."""


class Aws(_Group):
    """Where AWS is."""

    region: Annotated[str, Field(pattern=r"^[a-z0-9-]*$")] = ""
    """Required: the region of the queue and of the published names."""
    endpoint_url: Annotated[str, Field(pattern=r"^(https?://.+)?$")] = ""
    """Of an emulator, as pods reach it; empty for AWS itself. The operator's NetworkPolicy lets its port out."""


class Credentials(_Group):
    """Secrets with the variables of a role (AWS_ACCESS_KEY_ID and so on), for a cluster that gives pods none."""

    operator_secret: str = ""
    """The operator's; empty where it has a role by Pod Identity or by the service account's annotation."""
    worker_secret: str = ""
    """The workers', in the namespace that is watched."""


class ServiceAccount(_Group):
    """The operator's service account, patterns-operator."""

    annotations: Texts = Field(default_factory=dict)
    """For example eks.amazonaws.com/role-arn, for roles by OIDC. Pod Identity needs none."""


class CertManager(_Group):
    """Objects for cert-manager, which issues and renews the webhook's certificate in place of Helm."""

    enabled: bool = False
    """Whether to make them; cert-manager and its cainjector must run in the cluster."""
    issuer_ref: Texts = Field(default_factory=dict)
    """Name, kind and group of an Issuer of yours; empty for an authority of the chart's own."""


class ExternalSecret(_Group):
    """Objects for the External Secrets operator, which brings a certificate of yours from AWS Secrets Manager."""

    enabled: bool = False
    """Whether to make them: an ExternalSecret, and a SecretStore by the role of External Secrets itself."""
    key: str = ""
    """Required then: the secret's name or ARN; it is JSON with certificate and key. So is webhook.caBundle."""


class Webhook(_Group):
    """How the API server reaches admission reviews."""

    secret: str = ""
    """A Secret of yours with tls.crt and tls.key, for patterns-operator.NAMESPACE.svc. Without it the chart makes one,
    good for a year, keeps it across upgrades, and makes another in the first upgrade after nine months."""
    ca_bundle: str = ""
    """Base64 of the certificate of that Secret's authority; empty where the annotations have it filled in."""
    annotations: Texts = Field(default_factory=dict)
    """Of the ValidatingWebhookConfiguration, for example cert-manager.io/inject-ca-from."""
    cert_manager: CertManager = Field(default_factory=CertManager)
    """Objects for cert-manager, which issues and renews the webhook's certificate in place of Helm."""
    external_secret: ExternalSecret = Field(default_factory=ExternalSecret)
    """Objects for the External Secrets operator, which brings a certificate of yours from AWS Secrets Manager."""
    url: Annotated[str, Field(pattern=r"^(https://.+)?$")] = ""
    """Where the API server asks, in a cluster without Services; empty for the operator's Service."""


class Monitoring(_Group):
    """Objects for the Prometheus operator."""

    enabled: bool = False
    """Whether to make them: a ServiceMonitor, a PodMonitor, a PrometheusRule, and a NetworkPolicy for the scrapes."""
    labels: Texts = Field(default_factory=dict)
    """By which Prometheus selects them, for example release: kube-prometheus-stack."""
    prometheus_namespace: str = "monitoring"
    """From where workers may be scraped."""
    dashboard: bool = False
    """Whether to make a ConfigMap with a dashboard for Grafana's sidecar; also without the objects above."""
    dashboard_labels: Texts = Field(default_factory=lambda: {"grafana_dashboard": "1"})
    """Of that ConfigMap: the sidecar's own label and value."""


class Values(_Group):
    """All values; a release is one operator, for one stage."""

    stage: Annotated[str, Field(pattern=r"^[a-z0-9-]*$")] = ""
    """Required: name of the deployment, by which queue and topic are looked up."""
    aws: Aws = Field(default_factory=Aws)
    """Where AWS is."""
    image: Image = Field(default_factory=Image)
    """The operator's image. Workers have their own, in each OrderProcessor: normally the same."""
    image_pull_secrets: Objects = Field(default_factory=list)
    """Secrets for a private registry, as in a pod."""
    replicas: Annotated[int, Field(ge=0, le=10)] = 1
    """Operators. One acts, the others take over from it: two where a node may fail."""
    watch_namespace: str = ""
    """Whose OrderProcessors are looked after, where the workers run; empty for the release's own. It must be there. One
    that is not the release's can be deleted while OrderProcessors are in it: the operator has to outlive them."""
    settings: Texts = Field(default_factory=dict)
    """Further variables of the operator, for example LOOK_SECONDS or PEERING_SECONDS."""
    credentials: Credentials = Field(default_factory=Credentials)
    """Secrets with the variables of a role, for a cluster that gives pods none."""
    service_account: ServiceAccount = Field(default_factory=ServiceAccount)
    """The operator's service account, patterns-operator."""
    user_roles: bool = True
    """Whether the cluster's roles view and edit, and so admin, include OrderProcessors."""
    network_policy: bool = True
    """Whether the operator is let out to DNS, AWS and the API server only."""
    webhook: Webhook = Field(default_factory=Webhook)
    """How the API server reaches admission reviews."""
    monitoring: Monitoring = Field(default_factory=Monitoring)
    """Objects for the Prometheus operator."""
    strategy: dict[str, Any] = Field(default_factory=dict)
    """How the operator's pods are replaced, as in a Deployment."""
    resources: dict[str, Any] = Field(default_factory=dict)
    """What the operator's pods are given, as in a container."""
    pod_annotations: Texts = Field(default_factory=dict)
    """Of the operator's pods."""
    node_selector: Texts = Field(default_factory=dict)
    """Which nodes the operator may run on."""
    tolerations: Objects = Field(default_factory=list)
    """Taints that the operator tolerates."""
    affinity: dict[str, Any] = Field(default_factory=dict)
    """As in a pod."""
    topology_spread_constraints: Objects = Field(default_factory=list)
    """As in a pod: spread several operators over zones or nodes."""
    priority_class_name: str = ""
    """As in a pod. The default is the chart's own; with another name, the chart makes none."""
    global_: Annotated[dict[str, Any], Field(alias="global")] = Field(default_factory=dict)
    """Not used: a chart that has this one as a part hands it on."""
