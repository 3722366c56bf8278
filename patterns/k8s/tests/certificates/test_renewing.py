"""The certificate is renewed in steps that can break off, and the API server trusts whichever a server shows."""

import asyncio
import base64
import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from patterns_k8s.certificates.issuing import Issued, issue
from patterns_k8s.certificates.renewing import Renewal, Unsettled
from patterns_k8s.certificates.rotation import Step, UnreadableCertificate
from patterns_k8s.certificates.settings import CertificateSettings
from patterns_k8s.certificates.webhook import ForeignCertificate, Webhook
from patterns_k8s.operator.api.answers import Conflict, Unavailable

HOST = "patterns-operator.patterns.svc"
NAMES = x509.SubjectAlternativeName([x509.DNSName(HOST)])
BEGIN = dt.datetime(2026, 11, 30, 12, tzinfo=dt.UTC)
VALID, TRUST = 600, 60.0
SETTINGS = CertificateSettings.from_environment({"NAMESPACE": "patterns", "CERTIFICATE_SECONDS": str(VALID)})
ALL_STEPS = [Step.PREPARE, Step.TRUST, Step.TURN]


class Api:
    """The two objects, as an API server keeps them: a write of an older version is a conflict.

    Attributes:
        now: the clock, which moves by waiting only.
        served: what servers show: the Secret's certificate, or one that it had before.
        interrupt: is called before every request.
    """

    def __init__(self, issued: Issued, *, own: bool = True) -> None:
        """Begin with a certificate that the API server trusts."""
        self.now = BEGIN
        files = {"tls.crt": issued.certificate, "tls.key": issued.key} | ({"ca.crt": issued.authority} if own else {})
        data = {name: base64.b64encode(content).decode() for name, content in files.items()}
        client = {"service": {"name": "patterns-operator"}, "caBundle": base64.b64encode(issued.authority).decode()}
        self.secret: dict[str, Any] = {"metadata": {"resourceVersion": "1"}, "data": data}
        self.configuration: dict[str, Any] = {
            "metadata": {"resourceVersion": "1"},
            "webhooks": [{"name": "orderprocessors.patterns.example.com", "clientConfig": client}],
        }
        self.served = [issued.certificate]
        self.interrupt: Callable[[str, str], None] = lambda _verb, _path: None
        self.steps: list[Step] = []

    async def ask(
        self, verb: str, path: str, body: Mapping[str, Any] | None = None, *, kind: str = "", again: bool = True
    ) -> dict[str, Any]:
        """Answer, and see to it that every certificate that a server may show is trusted."""
        await asyncio.sleep(0)
        self.interrupt(verb, path)
        target = self.secret if "/secrets/" in path else self.configuration
        if verb == "GET":
            return {**target, "metadata": dict(target["metadata"])}
        assert body is not None
        assert not again
        if body["metadata"]["resourceVersion"] != target["metadata"]["resourceVersion"]:
            raise Conflict(f"PATCH {path}", "the object has been modified")
        if target is self.secret:
            assert "merge-patch" in kind
            data = {**target["data"], **body["data"]}
            self.secret["data"] = {name: value for name, value in data.items() if value is not None}
            self.served.append(self.file("tls.crt"))
        else:
            assert "strategic" in kind
            [webhook], [patch] = target["webhooks"], body["webhooks"]
            assert webhook["name"] == patch["name"]
            webhook["clientConfig"] |= patch["clientConfig"]
        self.touch(target)
        self.check()
        return target

    def touch(self, target: dict[str, Any]) -> None:
        """Give the object another version, as any write does."""
        target["metadata"]["resourceVersion"] = str(int(target["metadata"]["resourceVersion"]) + 1)

    def file(self, name: str) -> bytes:
        """Return a file of the Secret."""
        return base64.b64decode(self.secret["data"][name])

    @property
    def bundle(self) -> list[x509.Certificate]:
        """What the API server trusts."""
        [webhook] = self.configuration["webhooks"]
        return x509.load_pem_x509_certificates(base64.b64decode(webhook["clientConfig"]["caBundle"]))

    def check(self) -> None:
        """Every certificate that any server may still show, and that is good, is trusted."""
        for pem in self.served:
            certificate = x509.load_pem_x509_certificate(pem)
            if certificate.not_valid_after_utc > self.now:
                self.verify(certificate)

    def verify(self, certificate: x509.Certificate) -> None:
        """Verify as the API server does."""
        policy = PolicyBuilder().store(Store(self.bundle)).time(self.now)
        policy.build_server_verifier(x509.DNSName(HOST)).verify(certificate, [])

    async def sleep(self, seconds: float) -> None:
        """Let time pass."""
        await asyncio.sleep(0)
        self.now += dt.timedelta(seconds=seconds)

    def renew(self) -> dt.datetime:
        """Run the program once; return when what is served ends."""
        self.steps = []
        webhook = Webhook(self, SETTINGS)  # type: ignore[arg-type]  # it stands for the connection
        return asyncio.run(Renewal(webhook, lambda: self.now, self.sleep, self.steps.append).run())


def issued(*, left: float, at: dt.datetime = BEGIN) -> Issued:
    """Return a certificate with so many seconds left."""
    return issue(NAMES, now=at, seconds=left)


@pytest.fixture
def api() -> Api:
    """Return a cluster whose certificate is due."""
    return Api(issued(left=VALID / 3 - 1))


def test_a_good_one_stays(api: Api) -> None:
    """Nothing is written while more than a third of the time is left."""
    fresh = Api(issued(left=VALID / 3 + 1))
    before = fresh.secret["metadata"]["resourceVersion"], fresh.configuration["metadata"]["resourceVersion"]
    assert fresh.renew() == BEGIN + dt.timedelta(seconds=VALID / 3 + 1)
    assert fresh.steps == []
    assert (fresh.secret["metadata"]["resourceVersion"], fresh.configuration["metadata"]["resourceVersion"]) == before
    assert api.renew() > fresh.now


def test_one_that_is_due_is_renewed_with_an_overlap(api: Api) -> None:
    """Both authorities are trusted before the new certificate is served, and until the old one has ended."""
    [old] = api.bundle
    ends = api.renew()
    assert api.steps == ALL_STEPS
    assert ends == BEGIN + dt.timedelta(seconds=VALID)
    assert api.now == BEGIN + dt.timedelta(seconds=TRUST)
    assert len(api.bundle) == 2
    assert old in api.bundle
    assert set(api.secret["data"]) == {"tls.crt", "tls.key", "ca.crt"}
    api.renew()
    assert (api.steps, len(api.bundle)) == ([], 2)
    api.now = old.not_valid_after_utc + dt.timedelta(seconds=1)
    api.renew()
    assert api.steps == [Step.TRUST]
    assert len(api.bundle) == 1
    assert old not in api.bundle
    api.verify(x509.load_pem_x509_certificate(api.file("tls.crt")))


def test_it_goes_on_for_ever(api: Api) -> None:
    """A run each minute of an hour: six certificates, of which each one was trusted while it was good."""
    for minute in range(60):
        api.now = max(api.now, BEGIN + dt.timedelta(minutes=minute))
        api.renew()
        api.check()
        assert x509.load_pem_x509_certificate(api.file("tls.crt")).not_valid_after_utc > api.now
        assert len(api.bundle) <= 2
    assert len(set(api.served)) >= 6


@pytest.mark.parametrize("request_number", range(12))
def test_a_run_that_broke_off_is_finished_by_the_next(api: Api, request_number: int) -> None:
    """At any request; nothing that a server shows is ever untrusted, and one certificate is made, or two."""
    left = request_number

    def die(_verb: str, _path: str) -> None:
        nonlocal left
        left -= 1
        if left == -1:
            raise Unavailable("ask", "the node is gone")

    api.interrupt = die
    try:
        api.renew()
    except Unavailable:
        api.renew()
    assert x509.load_pem_x509_certificate(api.file("tls.crt")).not_valid_after_utc > BEGIN + dt.timedelta(
        seconds=VALID - 1
    )
    assert "next.crt" not in api.secret["data"]
    assert len(set(api.served)) == 2


def test_what_others_write_meanwhile_is_kept(api: Api) -> None:
    """A label on the Secret, a bundle without the new authority: it reads again, and trusts before it turns."""
    [old] = api.bundle
    writes = 0

    def write(verb: str, path: str) -> None:
        nonlocal writes
        if verb == "PATCH" and "/secrets/" in path and writes < 2:
            writes += 1
            api.touch(api.secret)
        elif verb == "GET" and "/secrets/" not in path and len(api.bundle) == 2 and writes == 2:
            writes += 1
            [webhook] = api.configuration["webhooks"]
            webhook["clientConfig"]["caBundle"] = base64.b64encode(old.public_bytes(Encoding.PEM)).decode()
            api.touch(api.configuration)

    api.interrupt = write
    api.renew()
    assert api.steps[-2:] == [Step.TRUST, Step.TURN]
    assert api.steps.count(Step.TRUST) == 2
    assert writes == 3


def test_two_who_fight_give_up(api: Api) -> None:
    """Rather than write for ever."""
    api.interrupt = lambda verb, _path: api.touch(api.secret) if verb == "PATCH" else None
    with pytest.raises(Unsettled):
        api.renew()


def test_a_bundle_that_lost_the_authority_is_repaired(api: Api) -> None:
    """An older manifest was applied: the Secret knows which one is needed."""
    api.renew()
    [webhook] = api.configuration["webhooks"]
    stranger = issued(left=VALID)
    webhook["clientConfig"]["caBundle"] = base64.b64encode(stranger.authority).decode()
    with pytest.raises(VerificationError):
        api.verify(x509.load_pem_x509_certificate(api.file("tls.crt")))
    api.renew()
    api.verify(x509.load_pem_x509_certificate(api.file("tls.crt")))


def test_a_secret_without_an_authority_is_renewed_too() -> None:
    """The API server's bundle has it."""
    api = Api(issued(left=2 * TRUST), own=False)
    api.renew()
    assert api.steps == ALL_STEPS
    assert len(api.bundle) == 2


@pytest.mark.parametrize(
    ("name", "content"),
    [("next.key", b"garbage"), ("next.key", issued(left=VALID).key), ("next.crt", issued(left=1).certificate)],
)
def test_a_next_one_that_is_of_no_use_is_made_anew(api: Api, name: str, content: bytes) -> None:
    """Its key is another one's, it cannot be read, or it would end soon itself."""
    made = issued(left=VALID)
    files = {"next.crt": made.certificate, "next.key": made.key, "next-ca.crt": made.authority, name: content}
    api.secret["data"] |= {each: base64.b64encode(pem).decode() for each, pem in files.items()}
    api.renew()
    assert api.steps == ALL_STEPS
    assert api.file("tls.crt") not in {made.certificate, content}


def test_a_certificate_of_others_is_left_alone() -> None:
    """Of cert-manager's, or of a company's authority, also when it ends soon."""
    api = Api(issued(left=1))
    theirs = _by_another_authority()
    api.secret["data"]["tls.crt"] = base64.b64encode(theirs).decode()
    before = dict(api.secret["data"])
    with pytest.raises(ForeignCertificate, match="issued by 'Example CA'"):
        api.renew()
    assert api.secret["data"] == before


@pytest.mark.parametrize("content", [b"", b"garbage"])
def test_what_is_no_certificate_cannot_be_renewed(content: bytes) -> None:
    """A deployment makes another."""
    api = Api(issued(left=1))
    api.secret["data"]["tls.crt"] = base64.b64encode(content).decode()
    with pytest.raises(UnreadableCertificate):
        api.renew()


def _by_another_authority() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Example CA")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(BEGIN).not_valid_after(BEGIN + dt.timedelta(days=1))
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
