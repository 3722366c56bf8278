"""Issues a server's certificate, and the authority for it alone."""

import datetime as dt
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

__all__ = ["AUTHORITY", "Issued", "issue", "pem_of"]

AUTHORITY = "patterns-operator-webhook"
"""Name of every authority that is made here, or by `patterns deploy`: by it a certificate is known as ours."""
_CLOCK_SKEW = dt.timedelta(hours=1)
"""An API server's clock may be behind ours."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate, its key, and the certificate of the authority that signed it, all in PEM.

    The authority's own key is not kept: there is nothing else to sign.
    """

    certificate: bytes
    key: bytes = field(repr=False)
    authority: bytes


def issue(names: x509.SubjectAlternativeName, *, now: dt.datetime, seconds: float) -> Issued:
    """Issue a certificate for these names and addresses.

    Both it and its authority end after ``seconds``, so that an authority whose certificate has ended is of no use.

    Args:
        names: by which the API server calls.
        now: with a time zone.
        seconds: for how long it is good.
    """
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, AUTHORITY)])
    until = now + dt.timedelta(seconds=seconds)
    authority = (
        _begin(issuer, authority_key, now, until)
        .issuer_name(issuer)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_signs_certificates(), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "patterns-operator")])
    certificate = (
        _begin(subject, key, now, until)
        .issuer_name(issuer)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        # By it the API server finds the right one of several authorities with one name.
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False)
        .add_extension(names, critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    return Issued(pem_of(certificate), private, pem_of(authority))


def pem_of(*certificates: x509.Certificate) -> bytes:
    """Return certificates in PEM, one after the other."""
    return b"".join(each.public_bytes(serialization.Encoding.PEM) for each in certificates)


def _begin(
    subject: x509.Name, key: ec.EllipticCurvePrivateKey, now: dt.datetime, until: dt.datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_SKEW)
        .not_valid_after(until)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _signs_certificates() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=True,
        crl_sign=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
