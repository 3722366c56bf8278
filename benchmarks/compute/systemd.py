"""What systemd does with a service's unit, as far as the units here ask for it: command, type and readiness."""

import shlex
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

__all__ = ["commands_of", "started"]

_SECONDS = 60.0


def commands_of(unit: str, python: Path) -> list[list[str]]:
    """Return the commands of a unit's text, run by this Python in place of the one that is named there.

    Raises:
        ValueError: the unit has none.
    """
    found = [line.partition("=")[2] for line in unit.splitlines() if line.startswith("ExecStart=")]
    if not found:
        raise ValueError("the unit has no ExecStart")
    return [[str(python), "-P", *shlex.split(command)[1:]] for command in found]


@contextmanager
def started(unit: str, python: Path, environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Start the service of a unit of ``Type=notify`` and wait until it says that it is ready; stop it at the end.

    Raises:
        TimeoutError: it does not say so.
    """
    (command,) = commands_of(unit, python)
    with (
        TemporaryDirectory(prefix="patterns-bench-") as folder,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear,
    ):
        address = str(Path(folder, "notify"))
        ear.bind(address)
        ear.settimeout(_SECONDS)
        process = _popen(command, {**environment, "NOTIFY_SOCKET": address})
        try:
            if b"READY=1" not in ear.recv(4096):
                raise TimeoutError("the service says something else than that it is ready")
            yield process
        finally:
            process.terminate()
            process.wait(_SECONDS)


def _popen(command: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, env=dict(environment), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
