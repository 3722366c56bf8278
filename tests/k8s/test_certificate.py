"""The webhook's certificate is renewed inside the cluster, by the job of the manifests, while reviews are answered.

Two operators answer at one port: a pod, whose files the node keeps as the Secret is, and one that gets the new
certificate later, as on another node.
"""

import base64
import datetime as dt
import ipaddress
import json
import secrets
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from tests.audit import AuditLog
from tests.kube_cluster import IN_SYSTEM, SYSTEM, KubeCluster
from tests.operator_install import OPERATOR, Installation
from tests.operator_rights import rights_in_force, rights_used
from tests.operators import Operators
from tests.order_queue import OrderQueue
from tests.waiting import eventually

from patterns_deploy.ports import HOST
from patterns_infra.kubernetes_names import CERTIFICATE
from patterns_k8s.certificates.issuing import Issued, issue

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("operator_pod")]

SECRET = f"{OPERATOR}-webhook"
MINUTES = 600.0
_HANDSHAKES = 5


def bundle(cluster: KubeCluster) -> str:
    """Return what the API server trusts now, in PEM."""
    found = cluster.get("validatingwebhookconfiguration", OPERATOR)
    assert found is not None
    return base64.b64decode(found["webhooks"][0]["clientConfig"]["caBundle"]).decode()


def secret_files(cluster: KubeCluster) -> dict[str, bytes]:
    """Return the Secret's files."""
    found = cluster.get("secret", SECRET, IN_SYSTEM)
    assert found is not None
    return {name: base64.b64decode(content) for name, content in found["data"].items()}


def patch(cluster: KubeCluster, kind: str, name: str, body: dict[str, Any]) -> None:
    """Change an object, as an administrator may."""
    cluster.kubectl("patch", kind, name, IN_SYSTEM, "--type=strategic", f"--patch={json.dumps(body)}")


def put_certificate(cluster: KubeCluster) -> Issued:
    """Put a certificate of minutes into the Secret, which is trusted before it is served."""
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))])
    made = issue(names, now=dt.datetime.now(dt.UTC), seconds=MINUTES)
    trusted = base64.b64encode(bundle(cluster).encode() + made.authority).decode()
    [webhook] = cluster.get("validatingwebhookconfiguration", OPERATOR)["webhooks"]  # type: ignore[index]
    change = {"webhooks": [{"name": webhook["name"], "clientConfig": {"caBundle": trusted}}]}
    patch(cluster, "validatingwebhookconfiguration", OPERATOR, change)
    files = {"tls.crt": made.certificate, "tls.key": made.key}
    encoded = {name: base64.b64encode(content).decode() for name, content in files.items()}
    patch(cluster, "secret", SECRET, {"data": encoded})
    return made


@dataclass
class Asking:
    """Asks the API server to admit an OrderProcessor, and shakes hands as it does, again and again.

    Attributes:
        answered: how many reviews were answered.
        failures: what was not.
        shown: certificates that were shown, the last one last.
    """

    cluster: KubeCluster
    port: int
    processor: str
    answered: int = 0
    failures: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)

    def ask(self) -> None:
        """Ask once, and shake hands some times: each time one of the two operators answers."""
        said = self.cluster.kubectl("apply", "--dry-run=server", "--filename=-", given=self.processor, fails=None)
        if "created (server dry run)" in said:
            self.answered += 1
        else:
            self.failures.append(said)
        trusted = bundle(self.cluster)
        for _ in range(_HANDSHAKES):
            try:
                self.shown.append(self.handshake(trusted))
            except ssl.SSLError as error:
                before, trusted = trusted, bundle(self.cluster)
                if trusted == before:  # else it was read before the turn
                    self.failures.append(str(error))
            except OSError as error:
                self.failures.append(str(error))

    def handshake(self, trusted: str) -> str:
        """Verify as the API server does, and return the certificate that was shown, in PEM."""
        context = ssl.create_default_context(cadata=trusted)
        with (
            socket.create_connection((HOST, self.port), timeout=10) as plain,
            context.wrap_socket(plain, server_hostname=HOST) as connection,
        ):
            content = connection.getpeercert(binary_form=True)
            assert content is not None
            return ssl.DER_cert_to_PEM_cert(content)

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Ask until the block ends."""
        enough = threading.Event()

        def ask() -> None:
            while not enough.is_set():
                self.ask()

        thread = threading.Thread(target=ask)
        thread.start()
        try:
            yield
        finally:
            enough.set()
            thread.join()

    def showing(self, *certificates: bytes) -> bool:
        """Whether the last twenty handshakes showed exactly these."""
        wanted = {ssl.DER_cert_to_PEM_cert(ssl.PEM_cert_to_DER_cert(each.decode())) for each in certificates}
        last = self.shown[-20:]
        return len(last) == 20 and set(last) == wanted


def test_reviews_are_answered_all_through_the_turn(
    cluster: KubeCluster, installed: Installation, audit: AuditLog, tmp_path: Path
) -> None:
    """With certificates of minutes: while both operators show the old one, one of them the new one, and then both."""
    old = put_certificate(cluster)
    _write(tmp_path, {"tls.crt": old.certificate, "tls.key": old.key})
    processor = json.dumps(OrderQueue(cluster, "turned").processor())
    asking = Asking(cluster, installed.webhook_port, processor)
    operators = Operators(cluster, Installation(tmp_path, installed.webhook_port), tmp_path)
    with operators.running() as late, asking.going_on():
        eventually(lambda: asking.showing(old.certificate), seconds=120)
        before = audit.mark()
        _renew(cluster)
        new = secret_files(cluster)
        assert new["tls.crt"] != old.certificate
        eventually(lambda: asking.showing(old.certificate, new["tls.crt"]), seconds=120)
        _write(tmp_path, new)
        eventually(lambda: asking.showing(new["tls.crt"]), seconds=120)
        ends = x509.load_pem_x509_certificate(new["tls.crt"]).not_valid_after_utc
        metric = "patterns_operator_webhook_certificate_end_timestamp_seconds"
        [line] = (each for each in late.metrics().splitlines() if each.startswith(metric))
        assert float(line.split()[1]) == ends.timestamp()
    assert asking.failures == []
    assert asking.answered > 20
    assert set(new) == {"tls.crt", "tls.key", "ca.crt"}
    assert ends - dt.datetime.now(dt.UTC) > dt.timedelta(days=300)
    trusted = x509.load_pem_x509_certificates(bundle(cluster).encode())
    for pem in (old.authority, new["ca.crt"]):
        assert x509.load_pem_x509_certificate(pem) in trusted
    allowed = rights_in_force(cluster, CERTIFICATE)
    calls = audit.calls(f"system:serviceaccount:{SYSTEM}:{CERTIFICATE}", since=before)
    assert all(call.allowed for call in calls)
    assert rights_used(calls, allowed) == allowed, "it has rights that it does not need"


def test_one_that_is_good_is_left_alone(cluster: KubeCluster) -> None:
    """A run that has nothing to do writes nothing."""
    put_certificate(cluster)
    _renew(cluster)
    before = [_version(cluster, *each) for each in _OBJECTS]
    _renew(cluster)
    assert [_version(cluster, *each) for each in _OBJECTS] == before


_OBJECTS = (("secret", SECRET), ("validatingwebhookconfiguration", OPERATOR))


def _version(cluster: KubeCluster, kind: str, name: str) -> str:
    found = cluster.get(kind, name, IN_SYSTEM)
    assert found is not None
    return str(found["metadata"]["resourceVersion"])


def _renew(cluster: KubeCluster) -> None:
    """Run the job now, as the alarm says, with less patience: there is one API server."""
    cluster.kubectl("set", "env", f"cronjob/{CERTIFICATE}", "TRUST_SECONDS=5", IN_SYSTEM)
    name = f"renew-{secrets.token_hex(3)}"
    cluster.kubectl("create", "job", f"--from=cronjob/{CERTIFICATE}", name, IN_SYSTEM)
    cluster.kubectl("wait", "--for=condition=Complete", f"job/{name}", "--timeout=120s", IN_SYSTEM, seconds=130)


def _write(folder: Path, files: dict[str, bytes]) -> None:
    for name in ("tls.crt", "tls.key"):
        (folder / name).write_bytes(files[name])
