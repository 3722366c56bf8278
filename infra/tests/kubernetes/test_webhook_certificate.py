"""The webhook's certificate is kept while it is good, and the API server's own rules take it."""

import base64
import datetime as dt

import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store

from patterns_infra.kubernetes.webhook_certificate import WebhookCertificate, webhook_certificate

NOW = dt.datetime.now(dt.UTC)
HOST = "patterns-operator.patterns.svc"


def secret(certificate: WebhookCertificate, **changed: str) -> dict[str, object]:
    """Return the Secret as the cluster has it."""
    data = {name: base64.b64encode(x).decode() for name, x in certificate.files.items()}
    return {"data": {**data, **changed}}


def test_it_is_trusted_for_its_host() -> None:
    """By the authority that comes with it, and for no other host."""
    made = webhook_certificate(HOST, None, now=NOW)
    store = Store([x509.load_pem_x509_certificate(base64.b64decode(made.authority))])
    certificate = x509.load_pem_x509_certificate(made.files["tls.crt"])
    policy = PolicyBuilder().store(store)
    assert policy.build_server_verifier(x509.DNSName(HOST)).verify(certificate, [])
    with pytest.raises(x509.verification.VerificationError):
        policy.build_server_verifier(x509.DNSName("elsewhere.svc")).verify(certificate, [])


@pytest.mark.parametrize("host", [HOST, "127.0.0.1"])
def test_a_good_one_stays(host: str) -> None:
    """So that deploying again rolls nothing out."""
    made = webhook_certificate(host, None, now=NOW)
    assert webhook_certificate(host, secret(made), now=NOW) == made


@pytest.mark.parametrize(
    ("host", "later", "changed"),
    [
        ("another.svc", dt.timedelta(), {}),
        (HOST, dt.timedelta(days=300), {}),
        (HOST, dt.timedelta(), {"tls.crt": base64.b64encode(b"garbage").decode()}),
        (HOST, dt.timedelta(), {"tls.key": ""}),
    ],
)
def test_another_one_is_made(host: str, later: dt.timedelta, changed: dict[str, str]) -> None:
    """For another host, in time before the end, and in the place of what is none."""
    made = webhook_certificate(HOST, None, now=NOW)
    again = webhook_certificate(host, secret(made, **changed), now=NOW + later)
    assert again.files["tls.crt"] != made.files["tls.crt"]
    assert again.authority != made.authority
