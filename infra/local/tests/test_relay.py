"""A second address for the platform: what goes in comes out, and nothing is opened that nobody asked for."""

import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from patterns_deploy.errors import ServiceFailed
from patterns_deploy.folder import LocalFolder
from patterns_deploy.progress import Silence, Timings
from patterns_local.relay.server import RelayServer, relay_address
from patterns_local.relay_start import relay_starter

HERE = "127.0.0.2"
"""An address of this machine at which the platform does not listen."""


@pytest.fixture
def echo() -> Iterator[str]:
    """Return the URL of somebody who waits for the end of what comes, and sends it back."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    connection.sendall(_all_of(connection))

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def port() -> int:
    """Return a port that is free at the relay's address."""
    with socket.create_server((HERE, 0)) as probe:
        return int(probe.getsockname()[1])


def _sent(port: int, content: bytes) -> bytes:
    with socket.create_connection((HERE, port), timeout=30) as connection:

        def send() -> None:
            connection.sendall(content)
            connection.shutdown(socket.SHUT_WR)

        sender = threading.Thread(target=send)
        sender.start()
        received = _all_of(connection)
        sender.join()
    return received


def _all_of(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.integration
def test_bytes_go_both_ways_however_many(folder: LocalFolder, echo: str, port: int) -> None:
    """Several at once, more than any buffer holds, and the end of a request is not the end of its answer."""
    folder.prepare()
    with RelayServer(folder, HERE, port, to=echo) as relay:
        relay.wait_ready(abandoned=lambda: False)
        contents = [b"", b"x", *(secrets.token_bytes(3_000_000) for _ in range(3))]
        answers: dict[int, bytes] = {}
        askers = [
            threading.Thread(target=lambda n=n, content=content: answers.update({n: _sent(port, content)}))
            for n, content in enumerate(contents)
        ]
        for asker in askers:
            asker.start()
        for asker in askers:
            asker.join()
        assert [answers[n] for n in range(len(contents))] == contents
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", port), timeout=1)
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((HERE, port), timeout=1)


@pytest.mark.integration
def test_whoever_is_not_there_is_as_far_away_as_without_it(folder: LocalFolder, port: int) -> None:
    """The connection ends; the relay goes on."""
    folder.prepare()
    with RelayServer(folder, HERE, port, to="http://127.0.0.1:1") as relay:
        relay.wait_ready(abandoned=lambda: False)
        for _ in range(2):
            with suppress(ConnectionResetError), socket.create_connection((HERE, port), timeout=30) as connection:
                assert connection.recv(1) == b"", "an answer of nobody"
        assert relay.process.poll() is None


def test_a_taken_port_is_said(folder: LocalFolder, port: int) -> None:
    """In one line, by its name."""
    folder.prepare()
    with (
        socket.create_server((HERE, port)),
        pytest.raises(ServiceFailed, match=f"relay at {HERE}:{port} cannot listen: Address already in use"),
    ):
        RelayServer(folder, HERE, port, to="http://127.0.0.1:1")


def test_a_port_of_somebody_elses_is_refused_before_the_platform_is_asked(folder: LocalFolder, port: int) -> None:
    """Asked for it, the platform could only fail, and end with it."""
    start = relay_starter(folder, f"http://{HERE}:{port}", Timings(Silence()))
    assert start
    with (
        socket.create_server((HERE, port)),
        pytest.raises(ServiceFailed, match=f"no relay can listen at {HERE}:{port}, Address already in use: give"),
    ):
        start()
    assert not folder.requests.exists()


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://127.0.0.2:4566", ("127.0.0.2", 4566)),
        ("http://127.0.0.2", ("127.0.0.2", 80)),
        ("http://127.0.0.1:4566", None),
        ("http://0.0.0.0:4566", None),
        ("http://198.51.100.7:4566", None),
        ("http://host.docker.internal:4566", None),
        ("http://localhost:4566", None),
        ("https://127.0.0.2:4566", None),
    ],
)
def test_a_relay_is_for_other_addresses_of_this_machine(url: str, address: tuple[str, int] | None) -> None:
    """None where the platform listens by itself or somebody else's proxy leads there; and TLS it does not speak."""
    assert relay_address(url) == address


def test_where_no_relay_helps_none_is_started(folder: LocalFolder) -> None:
    """Neither is the platform asked."""
    assert relay_starter(folder, "http://host.docker.internal:4566", Timings(Silence())) is None
