"""cert-manager's part is played on a real API server: what it injects stays, and what it issues is served.

cert-manager itself does not run here. What its cainjector writes, and as whom, is in its source:
https://github.com/cert-manager/cert-manager/blob/v1.21.2/pkg/controller/cainjector/reconciler.go
"""

import base64
import datetime as dt
import ipaddress
import json
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.kube_cluster import AS_WRITTEN, IN_SYSTEM, NAMESPACE, SYSTEM, KubeCluster, running_cluster
from tests.operator_install import MANIFESTS, OPERATOR, install
from tests.waiting import eventually

from patterns_deploy.folder import LocalFolder
from patterns_deploy.ports import HOST
from patterns_infra.kubernetes_names import CERTIFICATE
from patterns_k8s.resource.order_processor import GROUP, VERSION

pytestmark = pytest.mark.integration

SECRET = f"{OPERATOR}-webhook"
CONFIGURATION = "validatingwebhookconfiguration"
NOW = dt.datetime.now(dt.UTC)
PROCESSOR = json.dumps(
    {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": "OrderProcessor",
        "metadata": {"name": "asked", "namespace": NAMESPACE},
        "spec": {"image": "example.com/patterns-k8s:v1"},
    }
)


def test_what_cert_manager_writes_is_served_and_left_alone(tmp_path: Path) -> None:
    """By operator, manifests and renewal job; while certificate and authority are renewed, every review is answered."""
    authority = ec.generate_private_key(ec.SECP256R1())
    with running_cluster(LocalFolder(tmp_path / "cluster"), with_aws=False) as cluster:
        folder = tmp_path / "install"
        folder.mkdir()
        port = install(cluster, folder).webhook_port
        _take_component(cluster, folder, port)
        _inject(cluster, _signed(authority, authority))
        first = _issue(cluster, authority)
        cluster.kubectl("rollout", "status", f"deployment/{OPERATOR}", "--timeout=180s", IN_SYSTEM, seconds=190)
        eventually(lambda: _shown(cluster, port) == first, seconds=180)
        _review(cluster)

        before = _bundle(cluster), _secret(cluster)
        cluster.kubectl("apply", "--server-side", f"--kustomize={folder}", AS_WRITTEN)
        cluster.kubectl("create", "job", f"--from=cronjob/{CERTIFICATE}", "renew", IN_SYSTEM)
        cluster.kubectl("wait", "--for=condition=Complete", "job/renew", "--timeout=180s", IN_SYSTEM, seconds=190)
        assert "which has to renew it" in cluster.kubectl("logs", "job/renew", IN_SYSTEM)
        assert (_bundle(cluster), _secret(cluster)) == before
        assert _owners_of_bundle(cluster) == ["cert-manager-cainjector"]

        second = _issue(cluster, authority)

        def turned() -> bool:
            _review(cluster)
            return _shown(cluster, port) == second

        eventually(turned, seconds=180)
        # The renewed authority in the former's place, as before cert-manager 1.19: it has the same key.
        _inject(cluster, _signed(authority, authority))
        assert _bundle(cluster) != before[0]
        _review(cluster)
        assert _shown(cluster, port) == second


def _take_component(cluster: KubeCluster, folder: Path, port: int) -> None:
    """Apply the component to the installation, which no longer brings a certificate or an authority."""
    for kind, plural in (("Issuer", "issuers"), ("Certificate", "certificates")):
        _define(cluster, kind, plural)
    path = folder / "kustomization.yaml"
    content = json.loads(path.read_text())
    renewal = content["components"][0]
    content["components"] += [str(Path(renewal).with_name("cert-manager"))]
    assert (folder.resolve() / content["components"][-1]).resolve() == (MANIFESTS / "components/cert-manager").resolve()
    del content["secretGenerator"]
    called = {"url": f"https://{HOST}:{port}/validate"}
    content["patches"][0]["patch"] = json.dumps(
        [{"op": "replace", "path": "/webhooks/0/clientConfig", "value": called}]
    )
    path.write_text(json.dumps(content))
    cluster.kubectl("apply", "--server-side", f"--kustomize={folder}", AS_WRITTEN)
    found = cluster.get(CONFIGURATION, OPERATOR) or {}
    assert found["metadata"]["annotations"]["cert-manager.io/inject-ca-from"] == f"{SYSTEM}/{SECRET}"
    assert "caBundle" not in found["webhooks"][0]["clientConfig"]
    assert cluster.get("certificates.cert-manager.io", SECRET, IN_SYSTEM)


def _define(cluster: KubeCluster, kind: str, plural: str) -> None:
    """Define a kind of cert-manager's, with any fields: what they may be was checked against its own definitions."""
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    group = "cert-manager.io"
    spec = {"group": group, "scope": "Namespaced", "versions": [version], "names": {"kind": kind, "plural": plural}}
    name = f"{plural}.{group}"
    definition = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition"}
    cluster.apply({**definition, "metadata": {"name": name}, "spec": spec})
    cluster.kubectl("wait", "--for=condition=Established", "--timeout=60s", f"crd/{name}", seconds=70)


def _inject(cluster: KubeCluster, authority: bytes) -> None:
    """Do what cainjector does: apply the one field, as its manager, with force."""
    [webhook] = (cluster.get(CONFIGURATION, OPERATOR) or {})["webhooks"]
    called = {"caBundle": base64.b64encode(authority).decode()}
    applied = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": OPERATOR},
        "webhooks": [{"name": webhook["name"], "clientConfig": called}],
    }
    _apply_as(cluster, "cert-manager-cainjector", applied)


def _issue(cluster: KubeCluster, authority: ec.EllipticCurvePrivateKey) -> bytes:
    """Write a new certificate with its key into the Secret, and return the certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    certificate = _signed(key, authority)
    files = {"tls.crt": certificate, "tls.key": private, "ca.crt": _signed(authority, authority)}
    applied = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": SECRET, "namespace": SYSTEM},
        "data": {name: base64.b64encode(content).decode() for name, content in files.items()},
    }
    _apply_as(cluster, "cert-manager-certificates-issuing", applied)
    return certificate


def _apply_as(cluster: KubeCluster, manager: str, applied: dict[str, Any]) -> None:
    words = ("--server-side", "--force-conflicts", f"--field-manager={manager}", "--filename=-")
    cluster.kubectl("apply", *words, AS_WRITTEN, given=json.dumps(applied))


def _signed(key: ec.EllipticCurvePrivateKey, authority: ec.EllipticCurvePrivateKey) -> bytes:
    """Return a certificate in PEM: of the authority, if the key is its own, else of the operator."""
    names = [
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        for name in (f"{SECRET}-authority", f"{SECRET}-authority" if key is authority else OPERATOR)
    ]
    return (
        x509.CertificateBuilder(names[0], names[1], key.public_key(), x509.random_serial_number())
        .not_valid_before(NOW - dt.timedelta(hours=1))
        .not_valid_after(NOW + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=key is authority, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key()), critical=False)
        .sign(authority, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )


def _review(cluster: KubeCluster) -> None:
    """Have an OrderProcessor admitted; kubectl fails if the API server cannot ask the operator."""
    assert "dry run" in cluster.kubectl("apply", "--dry-run=server", "--filename=-", given=PROCESSOR)


def _shown(cluster: KubeCluster, port: int) -> bytes:
    """Shake hands as the API server does; return the certificate that is shown, nothing while none can be verified."""
    context = ssl.create_default_context(cadata=_bundle(cluster))
    try:
        with (
            socket.create_connection((HOST, port), timeout=10) as plain,
            context.wrap_socket(plain, server_hostname=HOST) as connection,
        ):
            return ssl.DER_cert_to_PEM_cert(connection.getpeercert(binary_form=True) or b"").encode()
    except OSError:
        return b""


def _bundle(cluster: KubeCluster) -> str:
    found = cluster.get(CONFIGURATION, OPERATOR) or {}
    return base64.b64decode(found["webhooks"][0]["clientConfig"]["caBundle"]).decode()


def _secret(cluster: KubeCluster) -> dict[str, str]:
    return dict((cluster.get("secret", SECRET, IN_SYSTEM) or {})["data"])


def _owners_of_bundle(cluster: KubeCluster) -> list[str]:
    found = json.loads(cluster.kubectl("get", CONFIGURATION, OPERATOR, "--output=json", "--show-managed-fields"))
    return [each["manager"] for each in found["metadata"]["managedFields"] if "f:caBundle" in json.dumps(each)]
