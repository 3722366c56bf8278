"""The certificate by which the API server knows the operator's webhook, kept in the cluster and made anew in time."""

import base64
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography import x509

from patterns_infra.local.control_plane.authority import Authority

__all__ = ["WebhookCertificate", "webhook_certificate"]

_RENEWED_BEFORE = dt.timedelta(days=90)
"""Its authority signs for a year: a deployment each quarter is enough."""
_PARTS = ("tls.crt", "tls.key", "ca.crt")


@dataclass(frozen=True, slots=True)
class WebhookCertificate:
    """Files of a Secret by name: certificate, key, and the certificate of the authority that signed it.

    Nobody keeps the authority's own key: there is nothing else to sign.
    """

    files: Mapping[str, bytes]

    @property
    def authority(self) -> str:
        """What the API server is to trust, as a ``caBundle``."""
        return base64.b64encode(self.files["ca.crt"]).decode()


def webhook_certificate(host: str, secret: Mapping[str, object] | None, *, now: dt.datetime) -> WebhookCertificate:
    """Return the certificate of a Secret while it is good for this host, else a new one.

    Args:
        host: name or address at which the API server calls.
        secret: the Secret as it is in the cluster.
        now: with a time zone.
    """
    kept = _read(secret)
    if kept and _is_good(kept.files["tls.crt"], host, now):
        return kept
    authority = Authority.make("patterns-operator-webhook")
    pair = authority.issue("patterns-operator", hosts=[host])
    return WebhookCertificate({"tls.crt": pair.certificate, "tls.key": pair.key, "ca.crt": authority.pem})


def _read(secret: Mapping[str, object] | None) -> WebhookCertificate | None:
    data = (secret or {}).get("data")
    if not isinstance(data, Mapping) or not all(data.get(part) for part in _PARTS):
        return None
    return WebhookCertificate({part: base64.b64decode(str(data[part])) for part in _PARTS})


def _is_good(pem: bytes, host: str, now: dt.datetime) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, x509.ExtensionNotFound):
        return False
    known = {*names.get_values_for_type(x509.DNSName), *map(str, names.get_values_for_type(x509.IPAddress))}
    return host in known and certificate.not_valid_after_utc - now > _RENEWED_BEFORE
