import json
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from patterns_async.adapters.http_partner import HttpPartner
from patterns_async.adapters.partner_keys import PartnerKeys
from patterns_async.application.delivery import Answer
from patterns_shared.adapters.partner_signature import SignatureRejected, SigningKeys, verify
from patterns_shared.adapters.secret import CachedSecret
from patterns_shared.testing.made import TRACEPARENT

Server = Any
Answering = Callable[..., Callable[[BaseHTTPRequestHandler], None]]
BODY = '{"id":"1","name":"Žofie 🫖"}'.encode()


class Secret:
    """A secret that can be rotated."""

    def __init__(self) -> None:
        """Start with one key."""
        self.rotate("2025")

    def rotate(self, current: str, previous: str | None = None) -> None:
        """Make another key the current one."""
        keys = [{"key_id": each, "secret": f"secret of {each}"} if each else None for each in (current, previous)]
        self.text = json.dumps({"current": keys[0], "previous": keys[1]}).encode()

    def value(self) -> bytes:
        """Return it."""
        return self.text


@pytest.fixture
def secret() -> Secret:
    """The secret."""
    return Secret()


def partner_at(
    url: str, secret: Secret, *, now: Callable[[], float] = time.time, connect: float = 5.0, read: float = 5.0
) -> HttpPartner:
    """Return the adapter; it looks at its secret anew whenever a key is refused."""
    clock = iter(range(0, 10**6, 1000))
    keys = PartnerKeys(lambda: _Snapshot(secret), clock=lambda: next(clock))
    return HttpPartner(url, keys, connect_timeout=connect, read_timeout=read, now=now)


class _Snapshot(CachedSecret):
    """What the secret was when it was read."""

    def __init__(self, secret: Secret) -> None:
        self._text = secret.value()

    def value(self) -> bytes:
        return self._text


@pytest.fixture
def partner(partner_server: Server, secret: Secret) -> HttpPartner:
    """The adapter for the partner that listens."""
    return partner_at(partner_server.url, secret)


def post(partner: HttpPartner) -> Answer:
    """Post once."""
    return partner.post(BODY, idempotency_key="event-1", traceparent=TRACEPARENT)


def test_a_request_is_signed_and_says_what_it_is(partner: HttpPartner, partner_server: Server, secret: Secret) -> None:
    """The partner can check it, tell a duplicate, and go on with the trace."""
    assert post(partner).status == 200
    ((headers, body),) = partner_server.seen
    assert body == BODY
    assert verify(headers, body, keys=SigningKeys.from_secret(secret.text).by_id(), now=time.time()) == "2025"
    assert headers["Idempotency-Key"] == "event-1"
    assert headers["Content-Type"] == "application/json"
    assert headers["traceparent"].split("-")[1] == TRACEPARENT.split("-")[1]
    assert headers["traceparent"] != TRACEPARENT


@pytest.mark.parametrize("status", [200, 204, 400, 404, 408, 422, 429, 500, 503])
def test_statuses_and_the_beginning_of_what_is_said_come_through(
    partner: HttpPartner, partner_server: Server, answering: Answering, status: int
) -> None:
    """Words only, in one line: they become the reason of a dead letter."""
    body = b"" if status == 204 else b'{"detail":\n  "no such sku \xff"}'
    partner_server.behave = answering(status, body)
    said = "" if status == 204 else '{"detail": "no such sku \ufffd"}'
    assert post(partner) == Answer(status=status, detail=said)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7), ("0", 0), (" 120 ", 120), ("-5", 0), ("soon", 0), ("", 0), ("1e9", 0), ("9" * 30, 0)],
)
def test_retry_after_in_seconds(
    partner: HttpPartner, partner_server: Server, answering: Answering, header: str, seconds: float
) -> None:
    """What cannot be read asks for nothing."""
    partner_server.behave = answering(503, Retry_After=header)
    assert post(partner).retry_after == seconds


@pytest.mark.parametrize(("away", "seconds"), [(90, 90), (-90, 0)])
def test_retry_after_as_a_date(
    partner_server: Server, secret: Secret, answering: Answering, away: int, seconds: float
) -> None:
    """The other form that HTTP has for it; a date that is over asks for nothing."""
    now = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
    partner_server.behave = answering(429, Retry_After=format_datetime(now + timedelta(seconds=away), usegmt=True))
    assert post(partner_at(partner_server.url, secret, now=now.timestamp)).retry_after == seconds


def test_a_partner_that_does_not_answer_in_time_is_given_up(partner_server: Server, secret: Secret) -> None:
    """After its deadline, once: there is no retry that the circuit does not know of."""
    partner_server.behave = lambda _: time.sleep(1.5)
    partner = partner_at(partner_server.url, secret, connect=0.5, read=0.5)
    assert post(partner) == Answer(status=None, detail="timeout: no answer in time", timed_out=True)
    assert len(partner_server.seen) == 1


def test_a_partner_that_drips_its_answer_does_not_hold_the_batch(partner_server: Server, secret: Secret) -> None:
    """The status counts; of the rest what comes in time is read."""

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "500")
        handler.end_headers()
        for _ in range(50):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(0.05)

    partner_server.behave = drip
    partner = partner_at(partner_server.url, secret, connect=0.5, read=0.5)
    began = time.monotonic()
    assert post(partner).status == 200
    assert time.monotonic() - began < partner.longest


def test_a_partner_that_hangs_up_gave_no_answer(partner: HttpPartner, partner_server: Server) -> None:
    """It may have done the work: the next try has the same key."""
    partner_server.behave = lambda handler: handler.connection.shutdown(socket.SHUT_RDWR)
    assert post(partner).status is None


def test_connecting_has_its_own_timeout(secret: Secret) -> None:
    """A partner whose machine does not answer at all costs no more than that."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listening:
        address = listening.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:  # fill the queue of connections that are not accepted
            each.settimeout(0)
            each.connect_ex(address)
        began = time.monotonic()
        assert post(partner_at(f"http://127.0.0.1:{address[1]}/", secret, connect=0.3)).status is None
        assert time.monotonic() - began < 3
        for each in waiting:
            each.close()


def test_a_redirect_is_not_followed(partner: HttpPartner, partner_server: Server, answering: Answering) -> None:
    """A signature is made for one address."""
    partner_server.behave = answering(307, Location="/elsewhere")
    assert post(partner).status == 307
    assert len(partner_server.seen) == 1


@pytest.mark.parametrize("body", [b"", b"{}", b"x" * 300])
def test_connections_are_kept(partner: HttpPartner, partner_server: Server, answering: Answering, body: bytes) -> None:
    """A handshake each time would cost more than the request."""
    partner_server.behave = answering(200, body)
    for _ in range(5):
        post(partner)
    assert partner_server.connections == 1


def test_a_long_answer_is_cut_off(partner: HttpPartner, partner_server: Server, answering: Answering) -> None:
    """Its beginning is enough for a reason; the next request finds a connection of its own."""
    partner_server.behave = answering(400, b"y" * 1_000_000)
    assert post(partner).detail == "y" * 512
    assert post(partner).status == 400
    assert partner_server.connections == 2


class TestRotation:
    """The signing key changes while requests are under way."""

    @pytest.fixture(autouse=True)
    def _verifying(self, partner_server: Server, answering: Answering) -> None:
        """The partner knows some keys, and refuses all others."""
        self.known = SigningKeys.from_secret(Secret().text).by_id()
        self.skew = 0.0

        def behave(handler: BaseHTTPRequestHandler) -> None:
            headers, body = partner_server.seen[-1]
            try:
                verify(headers, body, keys=self.known, now=time.time() + self.skew)
            except SignatureRejected as refused:
                answering(401, str(refused).encode())(handler)
            else:
                answering(200)(handler)

        partner_server.behave = behave

    def test_the_old_key_is_good_until_it_is_withdrawn(
        self, partner: HttpPartner, partner_server: Server, secret: Secret
    ) -> None:
        """No request is refused between the moment when the secret changes and the moment when we notice."""
        assert post(partner).status == 200
        secret.rotate("2026", "2025")
        self.known = SigningKeys.from_secret(secret.text).by_id()
        assert post(partner).status == 200
        assert len(partner_server.seen) == 2

    def test_a_withdrawn_key_is_replaced_within_the_call(
        self, partner: HttpPartner, partner_server: Server, secret: Secret
    ) -> None:
        """A 401 is permanent, so it must not come from our own memory."""
        assert post(partner).status == 200
        secret.rotate("2026")
        self.known = SigningKeys.from_secret(secret.text).by_id()
        assert post(partner).status == 200
        assert [headers["X-Partner-Key-Id"] for headers, _ in partner_server.seen] == ["2025", "2025", "2026"]
        assert len({headers["Idempotency-Key"] for headers, _ in partner_server.seen}) == 1

    def test_a_key_that_the_partner_never_knew_stays_refused(
        self, partner: HttpPartner, partner_server: Server
    ) -> None:
        """One try: there is no other key."""
        self.known = {}
        assert post(partner).status == 401
        assert len(partner_server.seen) == 1

    @pytest.mark.parametrize(("skew", "status"), [(200, 200), (-200, 200), (400, 401), (-400, 401)])
    def test_clocks_may_differ_by_five_minutes(self, partner: HttpPartner, skew: float, status: int) -> None:
        """Beyond that the partner refuses, and says how far they are apart, which becomes the reason."""
        self.skew = skew
        answer = post(partner)
        assert answer.status == status
        assert ("seconds away" in answer.detail) == (status == 401)
