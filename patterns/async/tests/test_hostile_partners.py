"""What a partner may do with HTTP, on a real socket: whatever it sends and however slowly, one try ends in time."""

import json
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from patterns_async.adapters.http_partner import HttpPartner, _retry_after
from patterns_async.adapters.partner_keys import PartnerKeys
from patterns_async.application.delivery import Answer
from patterns_async.testing.raw_partner import CLOSE, RawPartner, Step, answer_of, drip
from patterns_shared.adapters.secret import CachedSecret
from patterns_shared.testing.made import TRACEPARENT

BODY = b'{"id":"1"}'
SLOW_MACHINE = 5.0
PATIENT = (5.0, 5.0)
"""Seconds for connecting and for the rest, in which an answer comes on any machine."""
IMPATIENT = (0.1, 0.3)
"""Seconds for what never ends by itself."""
LESS_AND_LESS_IMPATIENT = (IMPATIENT, (0.5, 1.5), PATIENT)
"""A slow machine may need more for what comes before the wait without an end."""
HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


Tls = Callable[[], ssl.SSLContext]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for 127.0.0.1, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "partner")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "partner.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(made.public_bytes(Encoding.PEM) + private)
    return path


@pytest.fixture
def untrusted(certificate: Path) -> Tls:
    """Make the partner's side of TLS, with a certificate that this machine does not trust."""

    def make() -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        return context

    return make


@pytest.fixture
def trusted(untrusted: Tls, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Tls:
    """Make the partner's side of TLS, with a certificate that this machine trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    return untrusted


class _Secret(CachedSecret):
    def __init__(self) -> None:
        pass

    def value(self) -> bytes:
        return json.dumps({"key_id": "first", "secret": "secret"}).encode()


def partner_at(url: str, seconds: tuple[float, float] = PATIENT) -> HttpPartner:
    """Return the adapter."""
    return HttpPartner(url, PartnerKeys(_Secret), connect_timeout=seconds[0], read_timeout=seconds[1])


def post(partner: HttpPartner, body: bytes = BODY) -> Answer:
    """Post once, and see that it ends by its deadline."""
    began = time.monotonic()
    answer = partner.post(body, idempotency_key="event-1", traceparent=TRACEPARENT)
    assert time.monotonic() - began < partner.longest + SLOW_MACHINE
    return answer


def answers_to(*exchanges: Sequence[Step], posts: int = 1, seconds: tuple[float, float] = PATIENT) -> list[Answer]:
    """Return what the adapter makes of these exchanges."""
    with RawPartner(*exchanges) as raw:
        partner = partner_at(raw.url, seconds)
        return [post(partner) for _ in range(posts)]


class TestInterimAnswers:
    """1xx says that an answer will come; only the final one counts."""

    @pytest.mark.parametrize(
        "interim",
        [HINTS, CONTINUE, HINTS + CONTINUE + HINTS, b"HTTP/1.1 102 Processing\r\n\r\n"],
        ids=["103", "100", "three", "102"],
    )
    @pytest.mark.parametrize("final", [201, 204, 422, 500, 503])
    def test_the_final_status_counts(self, interim: bytes, final: int) -> None:
        """103 and then 500 is a failure; 100 and then 422 a refusal."""
        said = b"" if final == 204 else b"said"
        exchanges: list[list[Step]] = [[interim + answer_of(final, said)], [interim, 0.05, answer_of(final, said)]]
        for exchange in exchanges:
            assert answers_to(exchange) == [Answer(status=final, detail=said.decode())]

    def test_the_next_event_gets_its_own_answer(self) -> None:
        """And not the answer that came late to the one before."""
        first: list[Step] = [HINTS, 0.1, answer_of(500, b"first")]
        second: list[Step] = [answer_of(201, b"second")]
        assert [x.status for x in answers_to(first, second, posts=2)] == [500, 201]

    @pytest.mark.parametrize(
        "rest",
        [[CLOSE], [60.0], drip(HINTS * 100, seconds=0.02), [HINTS, 0.02] * 500, [HINTS * 100] * 5_000],
        ids=["closed", "silence", "dripping", "endless", "a flood"],
    )
    def test_interim_answers_alone_are_no_answer(self, rest: list[Step]) -> None:
        """Whether the partner hangs up, is silent, or sends more of them without end."""
        (answer,) = answers_to([HINTS, *rest], seconds=IMPATIENT)
        assert answer.status is None

    def test_switching_protocols_is_no_answer(self) -> None:
        """The client did not request an upgrade."""
        (answer,) = answers_to([b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"])
        assert answer.status is None
        assert answer.detail.startswith("protocol: ")


class TestDeadline:
    """One deadline for the whole exchange, whichever part of it drips."""

    @pytest.mark.parametrize(
        ("exchange", "status"),
        [
            ([60.0], None),
            (drip(answer_of(200, b"x" * 100), seconds=0.1), None),
            ([b"HTTP/1.1 2"], None),
            ([b"HTTP/1.1 503 Later\r\n", *drip(b"X-Long: " + b"a" * 1_000, seconds=0.02)], 503),
            ([b"HTTP/1.1 201 Created\r\n", *drip(b"X-Long: " + b"a" * 1_000, seconds=0.02)], 201),
            ([b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", *drip(b"x" * 500, seconds=0.02)], 200),
            ([b"HTTP/1.1 422 No\r\nTransfer-Encoding: chunked\r\n\r\n", *drip(b"1\r\nx\r\n" * 500, seconds=0.02)], 422),
            ([b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nx"], 200),
        ],
        ids=["silence", "all", "half a line", "head after 503", "head after 201", "body", "chunks", "too short a body"],
    )
    def test_what_drips_is_cut_off(self, exchange: list[Step], status: int | None) -> None:
        """A status line that was read counts, and the answer says that the partner was late."""
        for seconds in LESS_AND_LESS_IMPATIENT:
            (answer,) = answers_to([*exchange, 60.0], seconds=seconds)
            assert answer.timed_out
            if answer.status == status:
                return
        pytest.fail(f"the status was never {status}")

    def test_a_peer_that_reads_nothing_is_given_up(self) -> None:
        """Sending is part of the exchange."""
        with socket.create_server(("127.0.0.1", 0)) as listening:
            partner = partner_at(f"http://127.0.0.1:{listening.getsockname()[1]}/", IMPATIENT)
            answer = post(partner, b"x" * 20_000_000)
        assert (answer.status, answer.timed_out) == (None, True)
        assert answer.detail.startswith("timeout: ")

    def test_a_name_that_is_resolved_slowly_is_given_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The system's resolver has no timeout of its own."""
        ended = threading.Event()

        def resolve(*_: object, **__: object) -> list[object]:
            ended.wait(30)
            return []

        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        answer = post(partner_at("http://partner.example.com/", IMPATIENT))
        ended.set()
        assert answer == Answer(
            status=None, detail="timeout: partner.example.com was not resolved in time", timed_out=True
        )

    def test_a_second_key_has_no_second_deadline(self) -> None:
        """A refused signature is tried with the new key in what is left of the same time."""
        with RawPartner([0.1, answer_of(401)], [60.0]) as raw:
            texts = iter(f'{{"key_id": "{n}", "secret": "s"}}'.encode() for n in range(9))

            class _Rotating(_Secret):
                def __init__(self) -> None:
                    self._text = next(texts)

                def value(self) -> bytes:
                    return self._text

            partner = HttpPartner(raw.url, PartnerKeys(_Rotating), connect_timeout=0.5, read_timeout=1.0)
            began = time.monotonic()
            assert partner.post(BODY, idempotency_key="event-1", traceparent=TRACEPARENT).timed_out
            assert time.monotonic() - began < partner.longest + SLOW_MACHINE
            assert len(raw.requests) == 2


class TestStatusLine:
    """A status line that was read counts, whatever is wrong with the rest."""

    @pytest.mark.parametrize("status", [201, 422, 503])
    @pytest.mark.parametrize(
        "rest",
        [
            b"Content-Length: 100\r\n\r\nonly this",
            b"Transfer-Encoding: chunked\r\n\r\n5\r\nabc",
            b"Transfer-Encoding: chunked\r\n\r\nno length\r\n",
            b"X-Cut: of",
            b"",
            b"no colon in this line\r\n\r\n",
            b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
            b"Content-Length: -1\r\n\r\n",
            b"X-Huge: " + b"a" * 300_000 + b"\r\n\r\n",
            b"".join(b"X-%d: many\r\n" % n for n in range(20_000)) + b"\r\n",
            b"X-\xff: \xfe\x00\r\n\r\n",
        ],
        ids=[
            *("short body", "cut chunk", "bad chunk", "cut header", "no headers", "bad header", "two lengths"),
            *("negative length", "huge header", "many headers", "binary header"),
        ],
    )
    def test_what_breaks_off_or_cannot_be_read_changes_nothing(self, status: int, rest: bytes) -> None:
        """The partner has decided."""
        (answer,) = answers_to([b"HTTP/1.1 %d Said\r\n" % status + rest, CLOSE])
        assert (answer.status, answer.timed_out) == (status, False)

    @pytest.mark.parametrize(
        "bytes_",
        [b"", b"HTTP/1.1 20", b"HTTP/1.1 201", b"220 smtp.example.com ESMTP\r\n", b"\x15\x03\x01\x00\x02", b"\n" * 99],
    )
    def test_without_one_there_is_no_answer(self, bytes_: bytes) -> None:
        """A cut line, another protocol, nothing."""
        (answer,) = answers_to([bytes_, CLOSE])
        assert (answer.status, answer.timed_out) == (None, False)
        assert answer.detail.startswith(("closed: ", "protocol: "))

    def test_an_answer_before_the_whole_request_was_read_counts(self) -> None:
        """A partner may refuse by the head, and close."""
        with socket.create_server(("127.0.0.1", 0)) as listening:

            def refuse() -> None:
                accepted, _ = listening.accept()
                with accepted:
                    accepted.recv(100)
                    accepted.sendall(answer_of(413))
                    accepted.shutdown(socket.SHUT_WR)
                    time.sleep(0.2)

            thread = threading.Thread(target=refuse)
            thread.start()
            answer = post(partner_at(f"http://127.0.0.1:{listening.getsockname()[1]}/"), b"x" * 50_000)
            thread.join()
        assert answer.status == 413

    @pytest.mark.parametrize("version", [b"HTTP/1.0", b"HTTP/1.1"])
    def test_a_body_that_ends_with_the_connection_is_read(self, version: bytes) -> None:
        """As old servers send it."""
        (answer,) = answers_to([version + b" 422 No\r\nConnection: close\r\n\r\nno such sku", CLOSE])
        assert answer == Answer(status=422, detail="no such sku")


class TestUnreadBytes:
    """A connection on which anything is unread is never used again."""

    @pytest.mark.parametrize("pause", [0.0, 0.1], ids=["at once", "later"])
    @pytest.mark.parametrize(
        "extra", [answer_of(500, b"not yours"), b"\x00", HINTS, b"\r\n"], ids=["500", "NUL", "103", "a line"]
    )
    def test_what_comes_after_an_answer_is_not_the_next_answer(self, extra: bytes, pause: float) -> None:
        """Whether it comes with the answer or after it."""
        with RawPartner([answer_of(200), pause, extra], [answer_of(201)]) as raw:
            partner = partner_at(raw.url)
            assert post(partner).status == 200
            time.sleep(0.2)
            assert post(partner).status == 201
            assert raw.connections == 2

    def test_a_connection_that_the_partner_closed_is_not_used(self) -> None:
        """That would be a failure of ours, counted against the partner."""
        with RawPartner([answer_of(200), CLOSE], [answer_of(201)]) as raw:
            partner = partner_at(raw.url)
            assert post(partner).status == 200
            time.sleep(0.1)
            assert post(partner).status == 201

    def test_a_connection_is_kept_for_less_than_servers_keep_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A request that crosses the server's close has no answer."""
        with RawPartner([answer_of(200)]) as raw:
            partner = partner_at(raw.url)
            post(partner)
            assert post(partner).status == 200
            assert raw.connections == 1
            monkeypatch.setattr("patterns_async.adapters.http_origin._IDLE_SECONDS", 0.0)
            post(partner)
            assert raw.connections == 2

    def test_an_answer_that_says_close_is_the_last(self) -> None:
        """By its header."""
        with RawPartner([answer_of(200, Connection="close"), CLOSE]) as raw:
            partner = partner_at(raw.url)
            assert [post(partner).status for _ in range(3)] == [200] * 3
            assert raw.connections == 3


class TestRetryAfter:
    """Any value of the header is safe."""

    @pytest.mark.parametrize(
        "value",
        [
            *("Fri, 31 Dec 99999 23:59:59 GMT", "Fri, 31 Dec 999999999999999999999 23:59:59 GMT", "-5", "NaN", "inf"),
            *("1e400", "9" * 400, "9" * 5_000, "Fri, 31 Feb 2026 10:00:00 GMT", "Mon, 01 Jan 0000 00:00:00 GMT"),
            *("Fri, 31 Dec 9999 23:59:59 +9999999", "", " ", ",", "\u0661\u0662", "7;8", "0x10", "+7", "7.5", "\xff"),
        ],
        ids=lambda value: ascii(value[:24]),
    )
    def test_what_cannot_be_read_asks_for_nothing(self, value: str) -> None:
        """And breaks nothing: the status still counts."""
        head = b"HTTP/1.1 503 Later\r\nContent-Length: 0\r\nRetry-After: %s\r\n\r\n" % value.encode()
        assert answers_to([head]) == [Answer(status=503)]

    def test_a_date_far_away_is_one(self) -> None:
        """How much of it is honoured is the circuit's to say."""
        (answer,) = answers_to([answer_of(503, Retry_After="Fri, 31 Dec 9999 23:59:59 GMT")])
        assert answer.retry_after > 10**9

    @given(st.one_of(st.text(), st.from_regex(r"[A-Za-z]{3}, [0-9]+ [A-Z][a-z]{2} [0-9]+ [0-9:]+ [-+A-Z0-9]+")))
    def test_no_text_at_all_is_an_error(self, value: str) -> None:
        """It is a number of seconds that can be waited for, or compared."""
        assert _retry_after(value, 1_767_605_400.0) >= 0


class TestCauses:
    """A failure says why, without secrets."""

    def test_no_listener(self) -> None:
        """Refused, and where."""
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        answer = post(partner_at(f"http://127.0.0.1:{port}/events?token=hunter2"))
        assert answer == Answer(status=None, detail=f"refused: 127.0.0.1:{port} refused the connection")

    def test_no_such_name(self) -> None:
        """The name, and what the resolver says of it; ``.invalid`` has no addresses by RFC 2606."""
        answer = post(partner_at("http://partner.invalid/events"))
        assert answer.detail.startswith(("name: partner.invalid cannot be resolved: ", "timeout: "))

    def test_a_name_that_is_none(self) -> None:
        """A label of DNS has 63 characters at most."""
        answer = post(partner_at(f"http://{'a' * 64}.example.com/"))
        assert answer.detail == f"name: {'a' * 64}.example.com cannot be resolved: it is no valid name"

    def test_what_a_partner_repeats_of_our_secrets_is_left_out(self) -> None:
        """Its answers end up in logs, and servers that help with debugging show the request."""

        def echo(request: bytes) -> list[Step]:
            shown = [x for x in request.splitlines() if x.startswith(b"POST") or b"Signature" in x]
            return [answer_of(500, b"ask ada@example.com about " + b" ".join(shown))]

        with RawPartner([echo]) as raw:
            answer = post(partner_at(f"{raw.url}?token=hunter2"))
            (request,) = raw.requests
        assert b"POST /events?token=hunter2 HTTP/1.1" in request
        assert answer.detail == "ask (address) about POST ***?*** HTTP/1.1 X-Partner-Signature: ***"

    @pytest.mark.parametrize("ending", ["", "/", "//", "?token=hunter2", "/?token=hunter2", "/%73ecret", "/%73ecret/"])
    @pytest.mark.parametrize("slash", ["", "/"])
    def test_a_secret_is_left_out_also_where_a_partner_leaves_out_a_slash(self, ending: str, slash: str) -> None:
        """Or adds one: servers do so with the last one of a path. An address without a path has no secret in it."""

        def echo(request: bytes) -> list[Step]:
            path, _, query = request.split()[1].partition(b"?")
            return [answer_of(500, b"no route " + path.rstrip(b"/") + slash.encode() + b" for " + query)]

        with RawPartner([echo]) as raw:
            answer = post(partner_at(f"{raw.url}{ending}"))
        assert answer.detail == f"no route ***{slash} for {'***' if '?' in ending else ''}".strip()

    @pytest.mark.parametrize("path", ["", "/", "//"])
    def test_an_address_without_a_path_leaves_an_answer_as_it_is(self, path: str) -> None:
        """A slash is no secret."""
        with RawPartner([answer_of(500, b"and/or")]) as raw:
            answer = post(partner_at(raw.url.removesuffix("/events") + path))
        assert answer.detail == "and/or"


class TestTls:
    """Encrypted, the same holds, and what is wrong with the encryption is the reason."""

    def test_a_trusted_partner_is_asked(self, trusted: Tls) -> None:
        """And its connection is kept."""
        with RawPartner([HINTS, 0.05, answer_of(201)], tls=trusted()) as raw:
            partner = partner_at(raw.url)
            assert [post(partner).status for _ in range(3)] == [201] * 3
            assert raw.connections == 1

    def test_dripping_is_cut_off(self, trusted: Tls) -> None:
        """Though each byte is a record of its own."""
        with RawPartner(drip(answer_of(200, b"x" * 100), seconds=0.1), tls=trusted()) as raw:
            assert post(partner_at(raw.url, (0.5, 0.5))).timed_out

    def test_an_unknown_authority_is_named(self, untrusted: Tls) -> None:
        """As a failure of TLS, with what is wrong with the certificate."""
        with RawPartner([answer_of(201)], tls=untrusted()) as raw:
            answer = post(partner_at(raw.url))
        assert answer.status is None
        assert re.fullmatch(r"TLS: 127\.0\.0\.1:\d+: certificate verify failed: self.signed certificate", answer.detail)

    def test_another_s_certificate_is_named(self, trusted: Tls) -> None:
        """It is for 127.0.0.1 only."""
        with RawPartner([answer_of(201)], tls=trusted()) as raw:
            port = raw.port
            answer = post(partner_at(f"https://localhost:{port}/"))
        assert answer.detail.startswith(f"TLS: localhost:{port}: certificate verify failed: Hostname mismatch")

    def test_a_partner_without_tls_is_named(self) -> None:
        """Plain HTTP at the port of an https address."""
        with socket.create_server(("127.0.0.1", 0)) as listening:

            def speak() -> None:
                accepted, _ = listening.accept()
                with accepted:
                    accepted.sendall(answer_of(400))
                    accepted.recv(1_000)

            thread = threading.Thread(target=speak)
            thread.start()
            answer = post(partner_at(f"https://127.0.0.1:{listening.getsockname()[1]}/"))
            thread.join()
        assert answer.detail.startswith("TLS: 127.0.0.1:")

    def test_a_handshake_that_does_not_end_is_given_up(self) -> None:
        """The partner accepts the connection and says nothing."""
        with socket.create_server(("127.0.0.1", 0)) as listening:
            answer = post(partner_at(f"https://127.0.0.1:{listening.getsockname()[1]}/", (2.0, 0.1)))
        assert answer.timed_out
        assert answer.detail.endswith("no TLS handshake in time")
