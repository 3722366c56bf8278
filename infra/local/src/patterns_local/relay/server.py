"""The relay as a process of the platform."""

import ipaddress
import os
import socket
import sys
from urllib.parse import urlsplit

from patterns_deploy.errors import ServiceFailed
from patterns_deploy.folder import LocalFolder
from patterns_deploy.ports import HOST
from patterns_local.service import Service, service_environment

__all__ = ["RelayServer", "cannot_listen", "relay_address", "relay_name"]


class RelayServer(Service):
    """One running relay, which listens at exactly one address and port."""

    def __init__(self, folder: LocalFolder, host: str, port: int, *, to: str) -> None:
        """Start it.

        Args:
            folder: the platform's files.
            host: an address of this machine.
            port: of that address.
            to: where the emulator is, as a URL.

        Raises:
            ServiceFailed: the port is taken, the address is not this machine's, or it cannot be started.
        """
        self._address = (host, port)
        name, target = relay_name(host, port), urlsplit(to)
        try:
            listening = _listening(host, port)
        except OSError as error:
            raise ServiceFailed(f"the {name} cannot listen: {error.strerror or error}") from error
        with listening:
            super().__init__(
                name,
                [
                    *(sys.executable, "-I", "-m", "patterns_local.relay"),
                    *(f"--socket={listening.fileno()}", f"--host={target.hostname}", f"--port={target.port}"),
                ],
                log=folder.relay_log,
                environment=service_environment(),
                folder=folder.root,
                passed=[listening.fileno()],
            )

    def healthy(self) -> bool:
        """Whether it takes a connection."""
        try:
            socket.create_connection(self._address, timeout=2.0).close()
        except OSError:
            return False
        return True


def cannot_listen(host: str, port: int) -> str:
    """Return why no relay can listen there, empty when one can."""
    try:
        _listening(host, port).close()
    except OSError as error:
        # The error's own text says once more where.
        return os.strerror(error.errno) if error.errno else str(error)
    return ""


def relay_name(host: str, port: int) -> str:
    """Return what a relay is called."""
    return f"relay at {host}:{port}"


def relay_address(url: str) -> tuple[str, int] | None:
    """Return where a relay has to listen, so that the platform is found at this URL; ``None`` when none can help.

    It can where the URL has an address of this machine at which the platform does not listen by itself. A name is
    whoever's: of a container engine, or of a proxy that the user has.
    """
    parts = urlsplit(url)
    try:
        address = ipaddress.ip_address(parts.hostname or "")
    except ValueError:
        return None
    if parts.scheme != "http" or address.is_unspecified or str(address) == HOST:
        return None
    try:
        _listening(str(address), 0).close()
    except OSError:
        return None
    return str(address), parts.port or 80


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=1024)
