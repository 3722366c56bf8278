"""The webhook's Secret and its configuration, as the API server has them."""

import base64
import binascii
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.x509.oid import NameOID

from patterns_k8s.certificates.issuing import AUTHORITY, Issued, pem_of
from patterns_k8s.certificates.rotation import Rotation, UnreadableCertificate, read_certificates, read_prepared
from patterns_k8s.certificates.settings import CertificateSettings
from patterns_k8s.operator.api.connection import Connection

__all__ = ["ForeignCertificate", "Webhook", "WebhookObjects"]

_MERGE = "application/merge-patch+json"
_BY_NAME = "application/strategic-merge-patch+json"
_NEXT = {"certificate": "next.crt", "key": "next.key", "authority": "next-ca.crt"}


class ForeignCertificate(Exception):
    """The certificate was issued by others, who renew it."""


@dataclass(frozen=True, slots=True)
class WebhookObjects:
    """Both objects at one moment; what is written by them fails when they have changed since."""

    rotation: Rotation
    secret_version: str
    configuration_version: str
    webhooks: tuple[str, ...]
    next_data: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Webhook:
    """Reads and writes them over a connection; every method raises ClusterError."""

    connection: Connection
    settings: CertificateSettings

    async def read(self, *, now: dt.datetime) -> WebhookObjects:
        """Return what is there.

        Raises:
            ForeignCertificate: it is not ours to renew.
            UnreadableCertificate: the Secret or the configuration holds no certificate.
        """
        secret = await self.connection.ask("GET", self._secret)
        configuration = await self.connection.ask("GET", self._configuration)
        data = {name: _decoded(value, name) for name, value in (secret.get("data") or {}).items()}
        serving = read_certificates(data.get("tls.crt", b""))
        if not serving:
            raise UnreadableCertificate(f"Secret {self.settings.secret} has no tls.crt")
        _refuse_foreign(serving)
        bundles = {each["clientConfig"].get("caBundle", "") for each in configuration["webhooks"]}
        trusted: dict[x509.Certificate, None] = {}
        for bundle in sorted(bundles):
            trusted |= dict.fromkeys(read_certificates(_decoded(bundle, "caBundle")))
        good_for = dt.timedelta(seconds=self.settings.renew_before_seconds)
        prepared = {part: data.get(name, b"") for part, name in _NEXT.items()}
        rotation = Rotation(
            serving=serving[0],
            own=read_certificates(data.get("ca.crt", b"")),
            prepared=read_prepared(**prepared, now=now, good_for=good_for),
            trusted=tuple(trusted),
        )
        return WebhookObjects(
            rotation,
            secret_version=secret["metadata"]["resourceVersion"],
            configuration_version=configuration["metadata"]["resourceVersion"],
            webhooks=tuple(each["name"] for each in configuration["webhooks"]),
            next_data={name: value for name, value in (secret.get("data") or {}).items() if name in _NEXT.values()},
        )

    async def prepare(self, found: WebhookObjects, issued: Issued) -> None:
        """Put the next certificate next to the one that is served."""
        data = {_NEXT[part]: _encoded(getattr(issued, part)) for part in _NEXT}
        await self._write_secret(found, data)

    async def trust(self, found: WebhookObjects, *, now: dt.datetime) -> None:
        """Let the API server trust what it has to."""
        bundle = _encoded(pem_of(*found.rotation.trusted_next(now=now)))
        webhooks = [{"name": name, "clientConfig": {"caBundle": bundle}} for name in found.webhooks]
        body = {"metadata": {"resourceVersion": found.configuration_version}, "webhooks": webhooks}
        await self.connection.ask("PATCH", self._configuration, body, kind=_BY_NAME, again=False)

    async def turn(self, found: WebhookObjects, *, now: dt.datetime) -> None:
        """Put the next certificate in the place of the one that is served."""
        data: dict[str, str | None] = {
            "tls.crt": found.next_data[_NEXT["certificate"]],
            "tls.key": found.next_data[_NEXT["key"]],
            "ca.crt": _encoded(pem_of(*found.rotation.own_next(now=now))),
            **dict.fromkeys(_NEXT.values()),
        }
        await self._write_secret(found, data)

    async def _write_secret(self, found: WebhookObjects, data: Mapping[str, str | None]) -> None:
        body: dict[str, Any] = {"metadata": {"resourceVersion": found.secret_version}, "data": data}
        await self.connection.ask("PATCH", self._secret, body, kind=_MERGE, again=False)

    @property
    def _secret(self) -> str:
        return f"/api/v1/namespaces/{self.settings.namespace}/secrets/{self.settings.secret}"

    @property
    def _configuration(self) -> str:
        group = "/apis/admissionregistration.k8s.io/v1"
        return f"{group}/validatingwebhookconfigurations/{self.settings.configuration}"


def _refuse_foreign(serving: tuple[x509.Certificate, ...]) -> None:
    names = serving[0].issuer.get_attributes_for_oid(NameOID.COMMON_NAME)
    issuer = str(names[0].value) if names else serving[0].issuer.rfc4514_string()
    if len(serving) != 1 or issuer != AUTHORITY:
        raise ForeignCertificate(f"the certificate was issued by {issuer!r}, which has to renew it")


def _decoded(text: str, what: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise UnreadableCertificate(f"{what} is not base64") from error


def _encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()
