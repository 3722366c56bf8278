"""Templates for others who bring the webhook's certificate: the components for cert-manager and External Secrets."""

from collections.abc import Callable, Mapping

from patterns_k8s.chart.actions import Action, Block, Node

__all__ = ["ANNOTATIONS", "CHANGES", "CONDITIONS", "SOURCES"]

SOURCES = {
    "webhook-authority.yaml": ("components/cert-manager/authority.yaml",),
    "webhook-certificate.yaml": ("components/cert-manager/certificate.yaml",),
    "external-secret.yaml": (
        "components/external-secrets/secret-store.yaml",
        "components/external-secrets/external-secret.yaml",
    ),
}
"""The manifests of each template."""
_CERT_MANAGER = ".Values.webhook.certManager"
CONDITIONS = {
    "webhook-authority.yaml": f"and {_CERT_MANAGER}.enabled (not {_CERT_MANAGER}.issuerRef)",
    "webhook-certificate.yaml": f"{_CERT_MANAGER}.enabled",
    "external-secret.yaml": ".Values.webhook.externalSecret.enabled",
}
"""When each template makes something."""
ANNOTATIONS = Block(
    '{{- with include "patterns.webhookAnnotations" . }}\nannotations: {{- . | nindent INDENT+2 }}\n{{- end }}'
)
"""Of the webhook's configuration; the component for cert-manager patches it."""


def _certificate(manifest: Node) -> Node:
    spec = manifest["spec"]
    if "dnsNames" not in spec:
        return manifest  # the authority
    issuer = " ".join(f'"{key}" "{value}"' for key, value in spec["issuerRef"].items())
    changes = {
        "dnsNames": [Action("patterns-operator.{{ .Release.Namespace }}.svc")],
        "issuerRef": Action(f"{{{{- toYaml ({_CERT_MANAGER}.issuerRef | default (dict {issuer})) | nindent 4 }}}}"),
    }
    return {**manifest, "spec": {**spec, **changes}}


def _secret_store(manifest: Node) -> Node:
    aws = {**manifest["spec"]["provider"]["aws"], "region": Action("{{ .Values.aws.region }}")}
    return {**manifest, "spec": {"provider": {"aws": aws}}}


def _external_secret(manifest: Node) -> Node:
    missing = "webhook.externalSecret.key is required: the name of a secret in AWS Secrets Manager"
    key = Action(f'{{{{ required "{missing}" .Values.webhook.externalSecret.key | quote }}}}')
    data = [{**each, "remoteRef": {**each["remoteRef"], "key": key}} for each in manifest["spec"]["data"]]
    return {**manifest, "spec": {**manifest["spec"], "data": data}}


CHANGES: Mapping[str, Callable[[Node], Node]] = {
    "Certificate": _certificate,
    "SecretStore": _secret_store,
    "ExternalSecret": _external_secret,
}
"""What is set in an object, by its kind."""
