"""The manifests of the repository with what only a deployment knows, as kustomize takes it."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from patterns_deploy.kubernetes.role_secret import EXPIRES, RoleSecret, digest_of
from patterns_deploy.kubernetes.webhook_certificate import ROLLOUT, WebhookCertificate
from patterns_infra.kubernetes_names import MANIFESTS, OPERATOR, OPERATOR_NAMESPACE, PACKAGE

__all__ = ["STAGE_LABEL", "Installation", "write_operator", "write_orders"]

STAGE_LABEL = "patterns.example.com/stage"
_CREDENTIALS = "patterns.example.com/credentials"
_RENEWAL = "certificate-renewal"
"""The component that renews the certificate, which a deployment has made."""
_PART_OF = {"app.kubernetes.io/part-of": "patterns"}
_USUAL_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """What a deployment adds to the manifests.

    Attributes:
        overlay: folder of the overlay: ``local``, ``aws`` or ``cluster``.
        stage: the deployment's name.
        region: of AWS.
        image: of the operator and the workers, ``repository:tag`` or ``repository@digest``.
        settings: variables of the operator beside the overlay's.
        webhook_url: where the API server asks, for a cluster without Services; ``None`` for the operator's Service.
        components: folders of the components that the cluster is for.
        worker_group: security group of the workers' pods, where pods can have one.
        role_secrets: keys of roles, for the component ``credentials``.
    """

    overlay: str
    stage: str
    region: str
    image: str
    settings: Mapping[str, str] = field(default_factory=dict)
    webhook_url: str | None = None
    components: tuple[str, ...] = ()
    worker_group: str | None = None
    role_secrets: tuple[RoleSecret, ...] = ()


def write_operator(folder: Path, wanted: Installation, certificate: WebhookCertificate) -> None:
    """Write a kustomization of the operator and all that it needs, but for the definitions; keep the folder private."""
    for name, content in certificate.files.items():
        (folder / name).write_bytes(content)
    settings = {"STAGE": wanted.stage, "AWS_REGION": wanted.region, **wanted.settings}
    literals = [f"{name}={value}" for name, value in sorted(settings.items())]
    _write(
        folder,
        {
            "resources": [_path(folder, "overlays", wanted.overlay)],
            "components": [_path(folder, "components", name) for name in (_RENEWAL, *wanted.components)],
            "images": [_image(wanted.image)],
            "configMapGenerator": [
                {
                    "name": f"{OPERATOR}-settings",
                    "namespace": OPERATOR_NAMESPACE,
                    "behavior": "merge",
                    "literals": literals,
                }
            ],
            "secretGenerator": [*_webhook_secret(certificate), *map(_generated, wanted.role_secrets)],
            "patches": [*_patches(wanted, certificate)],
        },
    )


def write_orders(folder: Path, image: str) -> None:
    """Write a kustomization of the shop's own OrderProcessor."""
    _write(folder, {"resources": [_path(folder, "orders")], "images": [_image(image)]})


def _webhook_secret(certificate: WebhookCertificate) -> list[dict[str, Any]]:
    """Return a new certificate's Secret. One that is kept is not written: it may be renewed at this moment."""
    if certificate.kept:
        return []
    options = {"disableNameSuffixHash": True, "labels": _PART_OF, "annotations": {ROLLOUT: certificate.rollout}}
    name = f"{OPERATOR}-webhook"
    return [{"name": name, "namespace": OPERATOR_NAMESPACE, "files": sorted(certificate.files), "options": options}]


def _generated(secret: RoleSecret) -> dict[str, Any]:
    until = {EXPIRES: secret.expires.isoformat()}
    return {
        "name": secret.name,
        "namespace": secret.namespace,
        "literals": [f"{name}={value}" for name, value in sorted(secret.variables.items())],
        "options": {"disableNameSuffixHash": True, "labels": _PART_OF, "annotations": until},
    }


def _patches(wanted: Installation, certificate: WebhookCertificate) -> list[dict[str, Any]]:
    webhook = [_add("/webhooks/0/clientConfig/caBundle", certificate.bundle)]
    if wanted.webhook_url:
        asked = {"url": wanted.webhook_url, "caBundle": certificate.bundle}
        webhook = [_add("/webhooks/0/clientConfig", asked)]
    # The operator reads its keys when it starts: others are another rollout. So is a certificate that was made here,
    # since the one before may be of no use; one that was renewed in the cluster is followed by the pods as they are.
    read = {ROLLOUT: certificate.rollout}
    if wanted.role_secrets:
        read[_CREDENTIALS] = digest_of(wanted.role_secrets)
    patches = [
        _patch("ValidatingWebhookConfiguration", *webhook),
        _patch(
            "Deployment",
            _add("/spec/template/metadata/annotations", read),
            _add(f"/metadata/labels/{STAGE_LABEL.replace('/', '~1')}", wanted.stage),
        ),
    ]
    if endpoint := wanted.settings.get("AWS_ENDPOINT_URL"):
        address = urlsplit(endpoint)
        port = address.port or _USUAL_PORTS[address.scheme]
        out = {"ports": [{"port": port, "protocol": "TCP"}]}
        patches.append(_patch("NetworkPolicy", _add("/spec/egress/-", out), name=OPERATOR))
    if wanted.worker_group:
        patches.append(_patch("SecurityGroupPolicy", _add("/spec/securityGroups/groupIds", [wanted.worker_group])))
    return patches


def _patch(kind: str, *operations: Mapping[str, object], name: str = "") -> dict[str, Any]:
    """Return a patch of all objects of a kind, or of the one that is named."""
    target = {"kind": kind, **({"name": name} if name else {})}
    return {"target": target, "patch": json.dumps(operations)}


def _add(path: str, value: object) -> dict[str, object]:
    """Return an operation that sets a field, whether or not it is there."""
    return {"op": "add", "path": path, "value": value}


def _image(reference: str) -> dict[str, str]:
    repository, by_digest, digest = reference.partition("@")
    if by_digest:
        return {"name": PACKAGE, "newName": repository, "digest": digest}
    name, _, tag = reference.rpartition(":")
    return {"name": PACKAGE, "newName": name, "newTag": tag}


def _path(folder: Path, *parts: str) -> str:
    """Return where a folder of the manifests is, from a kustomization's own: it takes no absolute paths."""
    return os.path.relpath(MANIFESTS.joinpath(*parts).resolve(), folder.resolve())


def _write(folder: Path, document: Mapping[str, object]) -> None:
    head = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}
    (folder / "kustomization.yaml").write_text(json.dumps({**head, **document}, indent=2))
