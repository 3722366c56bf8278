"""Decides what comes next for the webhook's certificate, by what is in the cluster and nothing else.

A turn takes three writes, after each of which it can break off and go on later:

1. the next certificate is put next to the one that is served;
2. the API server is told to trust its authority, too;
3. it takes the place of the one that is served, and servers read it when they get to it.

The former authority stays trusted until what it signed has ended: from then on no server can show that.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from patterns_k8s.certificates.issuing import Issued

__all__ = ["Rotation", "Step", "UnreadableCertificate", "read_certificates", "read_prepared"]


class UnreadableCertificate(Exception):
    """What is in the cluster is no certificate of a server; only a deployment can put one there."""


class Step(StrEnum):
    """What comes next."""

    NOTHING = "nothing"
    PREPARE = "prepare"
    """Put the next certificate into the Secret."""
    TRUST = "trust"
    """Let the API server trust other authorities than it does: one is missing, or one has ended."""
    TURN = "turn"
    """Serve the next certificate."""


@dataclass(frozen=True, slots=True)
class Rotation:
    """What is in the cluster.

    Attributes:
        serving: the certificate that servers read.
        own: the authorities that the Secret names for it.
        prepared: the next certificate, None where there is none or none of use.
        trusted: the authorities that the API server trusts.
    """

    serving: x509.Certificate
    own: tuple[x509.Certificate, ...]
    prepared: Issued | None
    trusted: tuple[x509.Certificate, ...]

    def next_step(self, *, now: dt.datetime, renew_before: dt.timedelta) -> Step:
        """Return what comes next; a certificate is renewed when it is good for less than ``renew_before``."""
        if self.trusted_next(now=now) != self.trusted:
            return Step.TRUST
        if self.prepared is not None:
            return Step.TURN
        return Step.PREPARE if self.serving.not_valid_after_utc - now < renew_before else Step.NOTHING

    def trusted_next(self, *, now: dt.datetime) -> tuple[x509.Certificate, ...]:
        """Return the authorities to trust: those that are, without those that have ended, and those that are needed."""
        needed = (*self.own, *(read_certificates(self.prepared.authority) if self.prepared else ()))
        candidates = (*self.trusted, *(each for each in needed if each not in self.trusted))
        good = tuple(each for each in candidates if each.not_valid_after_utc > now)
        # Of no use, but the API server takes an empty bundle for its own authorities.
        return good or self.trusted

    def own_next(self, *, now: dt.datetime) -> tuple[x509.Certificate, ...]:
        """Return the authorities that the Secret names after the turn."""
        added = read_certificates(self.prepared.authority) if self.prepared else ()
        return tuple(each for each in (*self.own, *added) if each.not_valid_after_utc > now)


def read_certificates(pem: bytes) -> tuple[x509.Certificate, ...]:
    """Return the certificates of a PEM, none of an empty one.

    Raises:
        UnreadableCertificate: it holds something else.
    """
    if not pem.strip():
        return ()
    try:
        return tuple(x509.load_pem_x509_certificates(pem))
    except ValueError as error:
        raise UnreadableCertificate(f"no certificate in PEM: {error}") from error


def read_prepared(
    certificate: bytes, key: bytes, authority: bytes, *, now: dt.datetime, good_for: dt.timedelta
) -> Issued | None:
    """Return the next certificate, None when a part is missing or wrong, or it is good for less than ``good_for``."""
    try:
        read: Sequence[x509.Certificate] = read_certificates(certificate)
        signed_by = read_certificates(authority)
        private = serialization.load_pem_private_key(key, password=None) if key else None
    except (UnreadableCertificate, ValueError):
        return None
    if len(read) != 1 or len(signed_by) != 1 or private is None:
        return None
    fits = private.public_key() == read[0].public_key()
    return Issued(certificate, key, authority) if fits and read[0].not_valid_after_utc - now >= good_for else None
