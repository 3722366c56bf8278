"""The webhook's certificate is kept while it is good, and the API server's own rules take it."""

import base64
import datetime as dt
import json
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store

from patterns_deploy.kubernetes.rendering import Installation, write_operator
from patterns_deploy.kubernetes.webhook_certificate import ROLLOUT, WebhookCertificate, webhook_certificate
from patterns_infra.paths import REPOSITORY

NOW = dt.datetime.now(dt.UTC)
HOST = "patterns-operator.patterns.svc"


def secret(certificate: WebhookCertificate, **changed: str) -> dict[str, object]:
    """Return the Secret as the cluster has it."""
    data = {name: base64.b64encode(x).decode() for name, x in certificate.files.items()}
    return {"metadata": {"annotations": {ROLLOUT: certificate.rollout}}, "data": {**data, **changed}}


def configuration(certificate: WebhookCertificate) -> dict[str, object]:
    """Return the webhook's configuration as the cluster has it."""
    return {"webhooks": [{"name": "x", "clientConfig": {"caBundle": certificate.bundle}}]}


def authorities(certificate: WebhookCertificate) -> list[x509.Certificate]:
    """Return what the API server is to trust."""
    return x509.load_pem_x509_certificates(base64.b64decode(certificate.bundle))


def kept(host: str, now: dt.datetime, made: WebhookCertificate, **changed: str) -> WebhookCertificate:
    """Return what becomes of a certificate that is in the cluster."""
    return webhook_certificate(host, secret(made, **changed), configuration(made), now=now)


def test_it_is_trusted_for_its_host() -> None:
    """By the authority that comes with it, and for no other host."""
    made = webhook_certificate(HOST, None, None, now=NOW)
    store = Store(authorities(made))
    certificate = x509.load_pem_x509_certificate(made.files["tls.crt"])
    policy = PolicyBuilder().store(store)
    assert policy.build_server_verifier(x509.DNSName(HOST)).verify(certificate, [])
    with pytest.raises(x509.verification.VerificationError):
        policy.build_server_verifier(x509.DNSName("elsewhere.svc")).verify(certificate, [])


@pytest.mark.parametrize("host", [HOST, "127.0.0.1"])
def test_a_good_one_stays(host: str) -> None:
    """So that deploying again rolls nothing out."""
    made = webhook_certificate(host, None, None, now=NOW)
    assert kept(host, NOW, made) == replace(made, kept=True)


def test_one_that_the_cluster_renewed_stays(tmp_path: Path) -> None:
    """With all that the API server trusts at this moment, and without a rollout: pods follow the Secret."""
    made, renewed = (webhook_certificate(HOST, None, None, now=NOW) for _ in range(2))
    later = {name: base64.b64encode(x).decode() for name, x in renewed.files.items()}
    both = replace(made, authorities=made.authorities + renewed.authorities)
    found = webhook_certificate(HOST, secret(made, **later), configuration(both), now=NOW)
    assert found.files == renewed.files
    assert (found.kept, found.rollout) == (True, made.rollout)
    assert authorities(found) == [*authorities(made), *authorities(renewed)]
    write_operator(tmp_path, Installation(overlay="aws", stage="dev", region="eu-west-1", image="x:1"), found)
    assert json.loads((tmp_path / "kustomization.yaml").read_text())["secretGenerator"] == []


def test_what_is_kept_is_what_may_be_renewed() -> None:
    """By the program in the cluster, which knows its own by the name of the authority."""
    made = webhook_certificate(HOST, None, None, now=NOW)
    issuer = x509.load_pem_x509_certificate(made.files["tls.crt"]).issuer
    assert issuer.rfc4514_string() == "CN=patterns-operator-webhook"
    program = REPOSITORY / "patterns/k8s/src/patterns_k8s/certificates/issuing.py"
    assert 'AUTHORITY = "patterns-operator-webhook"' in program.read_text()


@pytest.mark.parametrize(
    ("host", "later", "changed"),
    [
        ("another.svc", dt.timedelta(), {}),
        (HOST, dt.timedelta(days=340), {}),
        (HOST, dt.timedelta(), {"tls.crt": base64.b64encode(b"garbage").decode()}),
        (HOST, dt.timedelta(), {"tls.key": ""}),
    ],
)
def test_another_one_is_made(host: str, later: dt.timedelta, changed: dict[str, str]) -> None:
    """For another host, in time before the end, and in the place of what is none."""
    made = webhook_certificate(HOST, None, None, now=NOW)
    again = kept(host, NOW + later, made, **changed)
    assert again.files["tls.crt"] != made.files["tls.crt"]
    assert not again.kept
    assert again.rollout != made.rollout
    assert authorities(again)[0] in authorities(made), "servers show the old one until they have read the new one"
    assert authorities(again)[1:] == x509.load_pem_x509_certificates(again.files["ca.crt"])


def test_an_authority_that_has_ended_is_not_trusted_any_more() -> None:
    """Nobody can show what it signed."""
    made = webhook_certificate(HOST, None, None, now=NOW)
    again = kept(HOST, NOW + dt.timedelta(days=366), made)
    assert authorities(again) == x509.load_pem_x509_certificates(again.files["ca.crt"])
