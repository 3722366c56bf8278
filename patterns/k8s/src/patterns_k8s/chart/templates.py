"""The chart's templates: the base's files and the optional components' with the values that people set."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from patterns_k8s.chart import brought_certificates
from patterns_k8s.chart.actions import Action, Block, Node, escaped, optional, write

__all__ = ["MANIFESTS", "base", "templates"]

MANIFESTS = Path(__file__).parents[3] / "manifests"
_RELEASE = Action("{{ .Release.Namespace }}")
_WATCHED = Action('{{ include "patterns.watched" . }}')
_LABELS = Block('{{- include "patterns.labels" . | nindent INDENT }}')
_CERTIFICATE = "patterns-operator-webhook"
_IN_WATCHED = frozenset({"Role", "RoleBinding", "PodMonitor"})
"""Kinds that are about OrderProcessors and their workers, and so are where those are."""
_CLUSTER = frozenset(
    {"ClusterKopfPeering", "ClusterRole", "ClusterRoleBinding", "PriorityClass", "ValidatingWebhookConfiguration"}
)
"""Kinds that have no namespace."""
_MONITORING = ("service-monitor", "pod-monitor", "network-policy", "alerts")


@cache
def _documents(path: str) -> tuple[dict[str, Any], ...]:
    return tuple(yaml.safe_load_all((MANIFESTS / path).read_text(encoding="utf-8")))


def base(kind: str) -> dict[str, Any]:
    """Return the one object of a kind in the base."""
    names = yaml.safe_load((MANIFESTS / "base/kustomization.yaml").read_text(encoding="utf-8"))["resources"]
    (found,) = (each for name in names for each in _documents(f"base/{name}") if each["kind"] == kind)
    return dict(found)


def templates() -> dict[str, str]:
    """Return the text of each template by the name of its file."""
    names = yaml.safe_load((MANIFESTS / "base/kustomization.yaml").read_text(encoding="utf-8"))["resources"]
    # The operator's namespace is the release's, which Helm makes; the other one is there already.
    files = {name: _documents(f"base/{name}") for name in names if name != "namespace.yaml"}
    files["monitoring.yaml"] = tuple(
        each for n in _MONITORING for each in _documents(f"components/monitoring/{n}.yaml")
    )
    for name, sources in brought_certificates.SOURCES.items():
        files[name] = tuple(each for source in sources for each in _documents(source))
    conditions = {
        **brought_certificates.CONDITIONS,
        "user-roles.yaml": ".Values.userRoles",
        "priority.yaml": 'eq .Values.priorityClassName "patterns-operator"',
        "network.yaml": ".Values.networkPolicy",
        "monitoring.yaml": ".Values.monitoring.enabled",
    }
    return {
        name: _guarded(write([_placed(each) for each in documents]), conditions.get(name))
        for name, documents in files.items()
    }


def _guarded(text: str, condition: str | None) -> str:
    return f"{{{{- if {condition} }}}}\n{text}{{{{- end }}}}\n" if condition else text


def _placed(manifest: Mapping[str, Any]) -> Node:
    """Return the object where a release has it, with the chart's labels and its values."""
    kind, metadata = manifest["kind"], dict(manifest["metadata"])
    labels = {**metadata.get("labels", {}), _LABELS: None}
    metadata["labels"] = {key: value for key, value in labels.items() if key != "app.kubernetes.io/part-of"}
    watched = kind in _IN_WATCHED or metadata["name"] == "order-workers-metrics"
    metadata["namespace"] = _WATCHED if watched else _RELEASE
    if kind in _CLUSTER:
        del metadata["namespace"]
    placed = {**manifest, "metadata": metadata}
    return _CHANGES.get(kind, _unchanged)(placed)


def _unchanged(manifest: Node) -> Node:
    return manifest


def _service_account(manifest: Node) -> Node:
    return {**manifest, "metadata": {**manifest["metadata"], optional("serviceAccount.annotations"): None}}


def _cluster_role(manifest: Node) -> Node:
    def placed(rule: Mapping[str, Any]) -> Node:
        return {**rule, "resourceNames": [_WATCHED]} if rule["resources"] == ["namespaces"] else rule

    return {**manifest, "rules": [*map(placed, manifest["rules"])]}


def _role_binding(manifest: Node) -> Node:
    return {**manifest, "subjects": [{**each, "namespace": _RELEASE} for each in manifest["subjects"]]}


def _deployment(manifest: Node) -> Node:
    metadata, spec = manifest["metadata"], manifest["spec"]
    labels = {**metadata["labels"], "patterns.example.com/stage": Action('{{ include "patterns.stage" . | quote }}')}
    pod = spec["template"]["spec"]
    annotations = Block(
        'checksum/settings: {{ include "patterns.settings" . | sha256sum }}\n'
        'checksum/certificate: {{ include "patterns.certificate" . | sha256sum }}\n'
        "{{- with .Values.podAnnotations }}\n{{- toYaml . | nindent INDENT }}\n{{- end }}"
    )
    wishes = ("imagePullSecrets", "nodeSelector", "tolerations", "affinity", "topologySpreadConstraints")
    priority = Block("{{- with .Values.priorityClassName }}\npriorityClassName: {{ . }}\n{{- end }}")
    (container,) = pod["containers"]
    changed = {
        **{key: value for key, value in pod.items() if key != "priorityClassName"},
        "containers": [_container(container)],
        "volumes": [_volume(each) for each in pod["volumes"]],
        **dict.fromkeys(map(optional, wishes)),
        priority: None,
    }
    template = {"metadata": {**spec["template"]["metadata"], "annotations": {annotations: None}}, "spec": changed}
    replaced = {
        "replicas": Action("{{ .Values.replicas }}"),
        "strategy": Action("{{- toYaml .Values.strategy | nindent 4 }}"),
        "template": template,
    }
    return {**manifest, "metadata": {**metadata, "labels": labels}, "spec": {**spec, **replaced}}


def _container(container: Mapping[str, Any]) -> Node:
    secret = Block("{{- with .Values.credentials.operatorSecret }}\n- secretRef:\n    name: {{ . }}\n{{- end }}")
    environment = [
        {"name": "NAMESPACE", "value": _WATCHED} if each["name"] == "NAMESPACE" else each for each in container["env"]
    ]
    image = {
        "image": Action('{{ include "patterns.image" . | quote }}'),
        "imagePullPolicy": Action("{{ .Values.image.pullPolicy }}"),
    }
    head = {key: image.get(key, value) for key, value in container.items() if key in {"name", "image"}}
    changes = {
        "envFrom": [*container["envFrom"], secret],
        "env": environment,
        "resources": Action("{{- toYaml .Values.resources | nindent 12 }}"),
    }
    return {**head, **image, **{key: changes.get(key, value) for key, value in container.items() if key not in head}}


def _volume(volume: Mapping[str, Any]) -> Node:
    if volume.get("secret", {}).get("secretName") != _CERTIFICATE:
        return volume
    return {**volume, "secret": {"secretName": Action('{{ include "patterns.webhookSecret" . }}')}}


def _network_policy(manifest: Node) -> Node:
    spec = manifest["spec"]
    if "egress" in spec:
        out = Block(
            "{{- if .Values.aws.endpointUrl }}\n"
            '- ports:\n    - { port: {{ include "patterns.awsPort" . }}, protocol: TCP }\n{{- end }}'
        )
        return {**manifest, "spec": {**spec, "egress": [*spec["egress"], out]}}
    (rule,) = spec["ingress"]
    who = {"kubernetes.io/metadata.name": Action("{{ .Values.monitoring.prometheusNamespace }}")}
    ingress = [{**rule, "from": [{"namespaceSelector": {"matchLabels": who}}]}]
    return {**manifest, "spec": {**spec, "ingress": ingress}}


def _webhook(manifest: Node) -> Node:
    metadata = {**manifest["metadata"], brought_certificates.ANNOTATIONS: None}
    (webhook,) = manifest["webhooks"]
    service = webhook["clientConfig"]["service"]
    asked = Block(
        "{{- if .Values.webhook.url }}\nurl: {{ .Values.webhook.url | quote }}\n{{- else }}\nservice:\n"
        + "".join(f"  {key}: {_RELEASE if key == 'namespace' else value}\n" for key, value in service.items())
        + '{{- end }}\n{{- with include "patterns.caBundle" . }}\ncaBundle: {{ . }}\n{{- end }}'
    )
    return {**manifest, "metadata": metadata, "webhooks": [{**webhook, "clientConfig": {asked: None}}]}


def _monitor(manifest: Node) -> Node:
    labels = Block("{{- with .Values.monitoring.labels }}\n{{- toYaml . | nindent INDENT }}\n{{- end }}")
    metadata = manifest["metadata"]
    return {**manifest, "metadata": {**metadata, "labels": {**metadata["labels"], labels: None}}}


def _alerts(manifest: Node) -> Node:
    def described(rule: Mapping[str, Any]) -> Node:
        text = escaped(rule["annotations"]["description"])
        placed = text.replace("-n patterns-system", f"-n {_RELEASE}").replace("-n patterns ", f"-n {_WATCHED} ")
        quoted = placed.replace("'", "''")
        description = Action(f"'{quoted}'")
        return {**rule, "annotations": {**rule["annotations"], "description": description}}

    groups = [{**group, "rules": [*map(described, group["rules"])]} for group in manifest["spec"]["groups"]]
    return _monitor({**manifest, "spec": {"groups": groups}})


_CHANGES: Mapping[str, Callable[[Node], Node]] = {
    **brought_certificates.CHANGES,
    "ServiceAccount": _service_account,
    "ClusterRole": _cluster_role,
    "ClusterRoleBinding": _role_binding,
    "RoleBinding": _role_binding,
    "Deployment": _deployment,
    "NetworkPolicy": _network_policy,
    "ValidatingWebhookConfiguration": _webhook,
    "ServiceMonitor": _monitor,
    "PodMonitor": _monitor,
    "PrometheusRule": _alerts,
}
