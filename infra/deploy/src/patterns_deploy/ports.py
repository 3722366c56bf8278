"""Ports of this machine, free and remembered, so that addresses stay the same from one run to the next."""

import socket
from pathlib import Path

from patterns_deploy.errors import ServiceFailed

__all__ = ["HOST", "choose_port", "listen"]

HOST = "127.0.0.1"
"""Nothing outside this machine can reach the platform: it lets everybody in as the account's root."""


def choose_port(remembered: Path, wanted: int | None = None) -> int:
    """Return the wanted port, else the port of last time while it is free, else a free one; and remember it.

    Raises:
        ServiceFailed: the wanted port is taken.
    """
    if wanted and not _is_free(wanted):
        raise ServiceFailed(f"port {wanted} is taken; leave --port out and a free one is chosen")
    port = wanted or _read(remembered)
    if not (port and _is_free(port)):
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            port = int(probe.getsockname()[1])
    remembered.write_text(f"{port}\n")
    return port


def listen(remembered: Path) -> socket.socket:
    """Return a socket that listens on last time's port while that is free, else on a free one; and remember it.

    Whoever starts a process with it knows the address at once, and nobody else can take the port in between.
    """
    try:
        listening = _listening(_read(remembered))
    except OSError:
        listening = _listening(0)
    remembered.write_text(f"{listening.getsockname()[1]}\n")
    return listening


def _listening(port: int) -> socket.socket:
    return socket.create_server((HOST, port), backlog=1024)


def _read(remembered: Path) -> int:
    try:
        return int(remembered.read_text())
    except (OSError, ValueError):
        return 0


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As servers do: a connection of the last run in TIME_WAIT does not make a port taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
