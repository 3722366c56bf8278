"""The admission server shows the certificate of its files, and answers all through a change of them."""

import asyncio
import datetime as dt
import ipaddress
import logging
import ssl
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import aiohttp
import pytest
from cryptography import x509

from patterns_k8s.certificates.issuing import Issued, issue
from patterns_k8s.operator.settings import WebhookSettings
from patterns_k8s.operator.webhook.admission_server import AdmissionServer
from patterns_k8s.operator.webhook.served_certificate import ServedCertificate

HOST = "127.0.0.1"
NAMES = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))])
MINUTES = 300.0


def issued(seconds: float = MINUTES, *, ago: float = 0) -> Issued:
    """Return a certificate for this machine that was issued some seconds ago."""
    return issue(NAMES, now=dt.datetime.now(dt.UTC) - dt.timedelta(seconds=ago), seconds=seconds)


def write(folder: Path, made: Issued) -> tuple[Path, Path]:
    """Write the files as a Secret's volume has them."""
    (folder / "tls.crt").write_bytes(made.certificate)
    (folder / "tls.key").write_bytes(made.key)
    return folder / "tls.crt", folder / "tls.key"


def trusting(*made: Issued) -> ssl.SSLContext:
    """Return what an API server trusts that was given these authorities."""
    return ssl.create_default_context(cadata="".join(each.authority.decode() for each in made))


@asynccontextmanager
async def serving(folder: Path, ends: list[float]) -> AsyncIterator[tuple[AdmissionServer, str]]:
    """Answer admission reviews at some port while the block lasts."""
    settings = WebhookSettings(host=HOST, port=0, certificate=folder / "tls.crt", key=folder / "tls.key")
    listening: list[None] = []
    server = AdmissionServer(settings, listening=lambda: listening.append(None), note_end=ends.append)

    async def answer(review: object, **_: object) -> object:
        await asyncio.sleep(0)
        return review

    stream = cast("AsyncGenerator[Any, None]", server(answer))
    reached = await anext(stream)
    assert listening == [None]
    try:
        yield server, f"{reached['url']}/validate"
    finally:
        await stream.aclose()


async def ask(url: str, context: ssl.SSLContext) -> bytes:
    """Ask over a connection of its own, and return the certificate that was shown."""
    port = urlsplit(url).port
    reader, writer = await asyncio.open_connection(HOST, port, ssl=context)
    shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.write(b"POST /validate HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}")
    answer = await reader.read()
    writer.close()
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert isinstance(shown, bytes)
    return shown


def der(made: Issued) -> bytes:
    """Return its certificate as a handshake shows it."""
    return ssl.PEM_cert_to_DER_cert(made.certificate.decode())


def test_requests_are_answered_all_through_the_turn(tmp_path: Path) -> None:
    """Over new connections, and over one that is held all the time; each is shown a certificate that it trusts."""
    old, new = issued(), issued()
    write(tmp_path, old)
    ends: list[float] = []

    async def story() -> None:
        both = trusting(old, new)
        async with (
            serving(tmp_path, ends) as (server, url),
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trusting(old), limit=1)) as held,
        ):
            seen: list[bytes] = []
            began = asyncio.Event()

            async def keep_asking() -> None:
                while seen[-3:] != [der(new)] * 3:
                    seen.append(await ask(url, both))
                    async with held.post(url, data="{}") as response:
                        assert response.status == 200
                    began.set()

            async def turn() -> None:
                await began.wait()
                write(tmp_path, new)
                assert server._served is not None
                assert server._served.reload()

            await asyncio.gather(*(keep_asking() for _ in range(4)), turn())
            assert set(seen) == {der(old), der(new)}
            with pytest.raises(ssl.SSLCertVerificationError):
                await ask(url, trusting(old))
            assert await ask(url, trusting(new)) == der(new)

    asyncio.run(story())
    assert len(ends) == 2


def test_it_follows_its_files(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """By itself, without being told; half of a change, or garbage, leaves the one before."""
    old, new = issued(10 * 86_400), issued(20 * 86_400)
    ends: list[float] = []
    changed = asyncio.Event()

    def note(end: float) -> None:
        ends.append(end)
        changed.set()

    served = ServedCertificate(*write(tmp_path, old), note_end=note)
    (tmp_path / "tls.crt").write_bytes(new.certificate)
    assert not served.reload()
    (tmp_path / "tls.crt").write_bytes(b"garbage")
    assert not served.reload()
    (tmp_path / "tls.crt").unlink()
    assert not served.reload()
    assert len(ends) == 1
    write(tmp_path, new)

    async def story() -> None:
        changed.clear()
        following = asyncio.create_task(served.follow(look_seconds=0.01, say_seconds=3600))
        await changed.wait()
        following.cancel()

    with caplog.at_level(logging.INFO):
        asyncio.run(story())
    assert [round((end - dt.datetime.now(dt.UTC).timestamp()) / 86_400) for end in ends] == [10, 20]
    said = [vars(each)["certificate_days_left"] for each in caplog.records if "certificate_days_left" in vars(each)]
    assert [round(days) for days in said] == [20]


def test_a_certificate_that_has_ended_has_no_days_left(tmp_path: Path) -> None:
    """It is served all the same: nothing better is there."""
    ends: list[float] = []
    ServedCertificate(*write(tmp_path, issued(60, ago=120)), note_end=ends.append)
    assert ends == [0.0]


def test_files_that_do_not_fit_do_not_start(tmp_path: Path) -> None:
    """There is nothing that could be served."""
    write(tmp_path, issued())
    (tmp_path / "tls.key").write_bytes(issued().key)
    with pytest.raises(ssl.SSLError):
        ServedCertificate(tmp_path / "tls.crt", tmp_path / "tls.key", note_end=lambda _: None)
