"""The component for cert-manager relies on it: a renewed authority of the same key is good for what it has signed."""

import datetime as dt
import ssl
from pathlib import Path

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from patterns_k8s.resource.crd import MANIFEST

HOST = "patterns-operator.patterns.svc"
NOW = dt.datetime.now(dt.UTC)


def signed(name: str, key: ec.EllipticCurvePrivateKey, by: ec.EllipticCurvePrivateKey, issuer: str) -> bytes:
    """Return a certificate in PEM; an authority's when it is signed by its own key."""
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, each)]) for each in (name, issuer)]
    certificate = (
        x509.CertificateBuilder(names[1], names[0], key.public_key(), x509.random_serial_number())
        .not_valid_before(NOW - dt.timedelta(hours=1))
        .not_valid_after(NOW + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=key is by, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False)
        .sign(by, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM)


def shake_hands(served: ssl.SSLContext, trusted: bytes) -> None:
    """Shake hands in memory, as the API server does with the operator; raises ssl.SSLError."""
    client_context = ssl.create_default_context(cadata=trusted.decode())
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context.wrap_bio(back, there, server_hostname=HOST)
    server = served.wrap_bio(there, back, server_side=True)
    left = [client, server]
    for _ in range(10):
        for each in [*left]:
            try:
                each.do_handshake()
            except ssl.SSLWantReadError:
                continue
            left.remove(each)
    assert not left


def test_a_renewed_authority_is_good_for_what_the_former_has_signed(tmp_path: Path) -> None:
    """With its key, as the component asks; with another key the API server would refuse the operator."""
    authority, another, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
    (tmp_path / "tls.crt").write_bytes(signed("patterns-operator", key, authority, "authority"))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "tls.key").write_bytes(private)
    served = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    served.load_cert_chain(tmp_path / "tls.crt", tmp_path / "tls.key")
    for _ in range(2):  # the former, and its renewal: another certificate
        shake_hands(served, signed("authority", authority, authority, "authority"))
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(served, signed("authority", another, another, "authority"))


def test_the_component_keeps_the_authority_s_key_and_renews_as_the_alarms_expect() -> None:
    """The alert is raised with less than sixty days left, the stack's alarm with less than ninety."""
    folder = MANIFEST.parent / "components" / "cert-manager"
    files = [folder / name for name in ("authority.yaml", "certificate.yaml")]
    found = {
        each["metadata"]["name"]: each["spec"]
        for path in files
        for each in yaml.safe_load_all(path.read_text(encoding="utf-8"))
        if each["kind"] == "Certificate"
    }
    authority, server = found["patterns-operator-webhook-authority"], found["patterns-operator-webhook"]
    assert authority["privateKey"]["rotationPolicy"] == "Never"
    assert server["privateKey"]["rotationPolicy"] == "Always"
    hours = {name: int(server[name].removesuffix("h")) for name in ("duration", "renewBefore")}
    assert hours["renewBefore"] > 100 * 24, "ninety days, and time to be renewed"
    assert hours["duration"] < int(authority["renewBefore"].removesuffix("h")), "it may not outlive its authority"
