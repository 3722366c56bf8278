"""The operator as its manifests install it, with what a deployment must add: image, settings, certificates."""

import base64
import json
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.kube_cluster import AS_WRITTEN, SYSTEM, KubeCluster

from patterns_deploy.kubernetes.pki import Authority
from patterns_deploy.ports import HOST
from patterns_infra.paths import REPOSITORY

__all__ = ["OPERATOR", "SETTINGS", "Installation", "free_port", "install", "restore_namespace"]

OPERATOR = "patterns-operator"
"""Name of its Deployment and of its ServiceAccount."""
MANIFESTS = REPOSITORY / "patterns" / "k8s" / "manifests"
SETTINGS = {"STAGE": "local", "AWS_REGION": "us-east-1", "LOOK_SECONDS": "1", "PEERING_SECONDS": "6"}


@dataclass(frozen=True, slots=True)
class Installation:
    """What operators of the tests share.

    Attributes:
        certificates: folder of the webhook's ``tls.crt`` and ``tls.key``.
        webhook_port: where the API server asks.
    """

    certificates: Path
    webhook_port: int


def install(cluster: KubeCluster, folder: Path) -> Installation:
    """Apply definitions, rights and the operator with stock kubectl, as the README says; wait for nothing."""
    authority = _certify(folder)
    port = free_port()
    for name in ("crd.yaml", "kopf-peerings.crd.yaml"):
        cluster.kubectl("apply", "--server-side", f"--filename={MANIFESTS / name}")
    established = ("--for=condition=Established", "--timeout=30s", "crd", "--all")
    cluster.kubectl("wait", *established)
    settings = SETTINGS | {"WEBHOOK_HOST": HOST, "WEBHOOK_PORT": str(port)}
    (folder / "kustomization.yaml").write_text(json.dumps(_kustomization(folder, settings, authority, port)))
    cluster.kubectl("apply", "--server-side", f"--kustomize={folder}", AS_WRITTEN)
    return Installation(folder, port)


def restore_namespace(cluster: KubeCluster) -> None:
    """Make the namespace of the OrderProcessors again after its deletion, with the operator's rights in it."""
    files = (f"--filename={MANIFESTS / 'base' / name}" for name in ("namespace.yaml", "rbac.yaml"))
    cluster.kubectl("apply", "--server-side", "--field-manager=restore", *files, AS_WRITTEN)


def _kustomization(folder: Path, settings: Mapping[str, str], authority: bytes, port: int) -> dict[str, object]:
    asked = {"url": f"https://{HOST}:{port}/validate", "caBundle": base64.b64encode(authority).decode()}
    return {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": [os.path.relpath(MANIFESTS / "overlays" / "local", folder.resolve())],
        "components": [os.path.relpath(MANIFESTS / "components" / "certificate-renewal", folder.resolve())],
        "images": [{"name": "patterns-k8s", "newTag": "v1"}],
        "configMapGenerator": [
            {
                "name": "patterns-operator-settings",
                "namespace": SYSTEM,
                "behavior": "merge",
                "literals": [f"{name}={value}" for name, value in settings.items()],
            }
        ],
        "secretGenerator": [
            {
                "name": "patterns-operator-webhook",
                "namespace": SYSTEM,
                "files": ["tls.crt", "tls.key"],
                "options": {"disableNameSuffixHash": True},
            }
        ],
        "patches": [
            {
                "target": {"kind": "ValidatingWebhookConfiguration"},
                "patch": json.dumps([{"op": "replace", "path": "/webhooks/0/clientConfig", "value": asked}]),
            }
        ],
    }


def _certify(folder: Path) -> bytes:
    """Write the webhook's certificate and key, and return the authority's certificate."""
    authority = Authority.make("webhooks")
    pair = authority.issue("webhook", hosts=[HOST])
    (folder / "tls.crt").write_bytes(pair.certificate)
    (folder / "tls.key").write_bytes(pair.key)
    return authority.pem


def free_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
