"""The engine whose containers are processes, as a process of the platform; see `local/container_engine`."""

import os
import socket
import sys
from contextlib import suppress
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from patterns_deploy.errors import ServiceFailed
from patterns_deploy.folder import LocalFolder
from patterns_local.service import Service, service_environment

__all__ = ["ProcessEngine"]


class ProcessEngine(Service):
    """One running engine. Its containers are in groups of their own and end when it does.

    Attributes:
        url: its address, as ``DOCKER_HOST`` has it.
    """

    def __init__(self, folder: LocalFolder, *, images: Path | None = None) -> None:
        """Start it.

        Args:
            folder: the platform's files.
            images: what it can start, by default what the checkout has built.

        Raises:
            ServiceFailed: it cannot be started, or its socket would be in somebody else's folder.
        """
        self._socket = folder.engine_socket
        self.url = f"unix://{self._socket}"
        folder.scratch.mkdir(parents=True, exist_ok=True)
        program = [sys.executable, "-I", "-m", "patterns_local.container_engine"]
        with _private_socket(self._socket) as listening:
            super().__init__(
                "container engine",
                [
                    *(*program, f"--socket={listening.fileno()}"),
                    *(f"--images={images or folder.images}", f"--folder={folder.containers}"),
                ],
                log=folder.engine_log,
                environment=service_environment(),
                folder=folder.scratch,
                passed=[listening.fileno()],
            )

    def healthy(self) -> bool:
        """Whether it answers."""
        # Not by httpx: it leaves the socket of a connection that was refused to the garbage collector.
        with socket.socket(socket.AF_UNIX) as connected, suppress(OSError, HTTPException):
            connected.settimeout(2.0)
            connected.connect(str(self._socket))
            asked = HTTPConnection("engine")
            asked.sock = connected
            asked.request("GET", "/_ping")
            with asked.getresponse() as answer:
                return answer.status == HTTPStatus.OK
        return False

    def end(self) -> None:
        """End it and its containers, and remove its socket, which may be outside of the platform's folder."""
        super().end()
        self._socket.unlink(missing_ok=True)


def _private_socket(path: Path) -> socket.socket:
    """Return a socket that only this user can reach: whoever can may run any command as this user."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.parent.stat().st_uid != os.getuid():
        raise ServiceFailed(f"{path.parent} belongs to somebody else; the container engine does not listen there")
    path.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX)
    before = os.umask(0o177)
    try:
        listening.bind(str(path))
    finally:
        os.umask(before)
    listening.listen(1024)
    return listening
