"""The certificate by which the API server knows the operator's webhook, kept in the cluster.

A deployment makes the first one. From then on the cluster renews it by itself (`patterns_k8s.certificates`), and a
deployment makes another only in the place of one that is of no use.
"""

import base64
import binascii
import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from patterns_deploy.kubernetes.pki import Authority

__all__ = ["ROLLOUT", "WebhookCertificate", "webhook_certificate"]

ROLLOUT = "patterns.example.com/webhook-certificate"
"""Annotation of the Secret and of the operator's pods: which certificate a deployment made last."""
_AUTHORITY = "patterns-operator-webhook"
"""The name by which `patterns_k8s.certificates` knows a certificate that it may renew."""
_LEAST_LEFT = dt.timedelta(days=30)
"""It is renewed when a third of its year is left; with less than this, nothing has renewed it for three months."""
_PARTS = ("tls.crt", "tls.key")


@dataclass(frozen=True, slots=True)
class WebhookCertificate:
    """A certificate and whom the API server is to trust for it.

    Nobody keeps the authority's own key: there is nothing else to sign.

    Attributes:
        files: of a Secret by name: certificate, key, and the certificate of the authority that signed it.
        authorities: in PEM: its own, and those that the API server trusts already, while they are good. Servers show
            certificates of those until they have read another.
        rollout: changes with each certificate that a deployment makes, not with one that the cluster has renewed.
        kept: whether it is the cluster's own.
    """

    files: Mapping[str, bytes]
    authorities: bytes
    rollout: str
    kept: bool = False

    @property
    def bundle(self) -> str:
        """What the API server is to trust, as a ``caBundle``."""
        return base64.b64encode(self.authorities).decode()


def webhook_certificate(
    host: str,
    secret: Mapping[str, object] | None,
    configuration: Mapping[str, object] | None,
    *,
    now: dt.datetime,
) -> WebhookCertificate:
    """Return the certificate of a Secret while it is good for this host, else a new one.

    Args:
        host: name or address at which the API server calls.
        secret: the Secret as it is in the cluster.
        configuration: the ValidatingWebhookConfiguration as it is in the cluster.
        now: with a time zone.
    """
    files = _files(secret)
    trusted = [*_trusted(configuration), *_certificates(files.get("ca.crt", b""))]
    bundle = _bundle(trusted, now)
    if bundle and all(files.get(part) for part in _PARTS) and _is_good(files["tls.crt"], host, now):
        return WebhookCertificate(files, bundle, _rollout(secret) or _digest(files), kept=True)
    authority = Authority.make(_AUTHORITY)
    pair = authority.issue("patterns-operator", hosts=[host])
    made = {"tls.crt": pair.certificate, "tls.key": pair.key, "ca.crt": authority.pem}
    return WebhookCertificate(made, bundle + authority.pem, _digest(made))


def _files(secret: Mapping[str, object] | None) -> dict[str, bytes]:
    data = (secret or {}).get("data")
    wanted = (*_PARTS, "ca.crt")
    return {part: _decoded(data[part]) for part in wanted if data.get(part)} if isinstance(data, Mapping) else {}


def _trusted(configuration: Mapping[str, object] | None) -> list[x509.Certificate]:
    webhooks = (configuration or {}).get("webhooks")
    if not isinstance(webhooks, list):
        return []
    return [found for each in webhooks for found in _certificates(_decoded(each["clientConfig"].get("caBundle", "")))]


def _certificates(pem: bytes) -> list[x509.Certificate]:
    """Return the certificates of a PEM; none of what is none, which another one replaces."""
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError:
        return []


def _bundle(certificates: list[x509.Certificate], now: dt.datetime) -> bytes:
    good = dict.fromkeys(each for each in certificates if each.not_valid_after_utc > now)
    return b"".join(each.public_bytes(serialization.Encoding.PEM) for each in good)


def _rollout(secret: Mapping[str, object] | None) -> str:
    metadata = (secret or {}).get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, Mapping) else None
    return str(annotations.get(ROLLOUT, "")) if isinstance(annotations, Mapping) else ""


def _digest(files: Mapping[str, bytes]) -> str:
    return hashlib.sha256(files["tls.crt"]).hexdigest()[:16]


def _decoded(text: object) -> bytes:
    try:
        return base64.b64decode(str(text), validate=True)
    except binascii.Error:
        return b""


def _is_good(pem: bytes, host: str, now: dt.datetime) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, x509.ExtensionNotFound):
        return False
    known = {*names.get_values_for_type(x509.DNSName), *map(str, names.get_values_for_type(x509.IPAddress))}
    return host in known and certificate.not_valid_after_utc - now > _LEAST_LEFT
