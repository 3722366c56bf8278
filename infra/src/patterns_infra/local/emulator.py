"""Starting the emulator and knowing when it serves; the supervisor is the one that calls this."""

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from patterns_infra.local.errors import EmulatorFailed
from patterns_infra.local.folder import LocalFolder
from patterns_infra.local.processes import tail

__all__ = ["HOST", "Emulator", "choose_port"]

HOST = "127.0.0.1"
"""Nothing outside this machine can reach the platform: it lets everybody in as the account's root."""
_READY_SECONDS = 60.0
_POLL = 0.02


def choose_port(folder: LocalFolder, wanted: int | None = None) -> int:
    """Return the wanted port, else the port of last time while it is free, else a free one; and remember it.

    Raises:
        EmulatorFailed: the wanted port is taken.
    """
    if wanted and not _is_free(wanted):
        raise EmulatorFailed(f"port {wanted} is taken; leave --port out and a free one is chosen")
    try:
        port = wanted or int(folder.port.read_text())
    except (OSError, ValueError):
        port = 0
    if not (port and _is_free(port)):
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            port = int(probe.getsockname()[1])
    folder.port.write_text(f"{port}\n")
    return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As servers do: a connection of the last run in TIME_WAIT does not make a port taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


class Emulator:
    """One running emulator, in a process group of its own that also holds the Lambda functions."""

    def __init__(self, folder: LocalFolder, python: Path, port: int, *, corrected: bool = True) -> None:
        """Start it; `wait_ready` says when it serves.

        Args:
            folder: the platform's files.
            python: of the emulator's environment.
            port: to serve on.
            corrected: with our corrections; without them only in tests, which show that they are needed.

        Raises:
            EmulatorFailed: it cannot be started.
        """
        self.folder = folder
        self.endpoint_url = f"http://{HOST}:{port}"
        self._lifeline_end, self._lifeline = os.pipe()
        folder.scratch.mkdir(parents=True, exist_ok=True)
        folder.emulator_log.parent.mkdir(parents=True, exist_ok=True)
        launcher = folder.emulator_project / "launcher.py"
        options = [] if corrected else ["--uncorrected"]
        with folder.emulator_log.open("w") as log:
            try:
                self.process = subprocess.Popen(
                    [str(python), "-I", str(launcher), f"--lifeline={self._lifeline_end}", *options],
                    env=_environment(folder, port),
                    cwd=folder.scratch,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    pass_fds=[self._lifeline_end],
                    start_new_session=True,
                )
            except OSError as error:
                raise EmulatorFailed(f"the emulator cannot be started: {error.strerror} ({python})") from error
        os.close(self._lifeline_end)

    def wait_ready(self, *, abandoned: Callable[[], bool], seconds: float = _READY_SECONDS) -> None:
        """Wait until it answers.

        Args:
            abandoned: asked again and again; whether nobody waits for it any more.
            seconds: how long it may take.

        Raises:
            EmulatorFailed: it ended instead, or does not answer in time; with the end of its log.
        """
        deadline = time.monotonic() + seconds
        while not self._healthy():
            code = self.process.poll()
            if code is not None:
                raise self._failed(f"the emulator ended at once with code {code}")
            if abandoned():
                raise self._failed("the command that started the emulator is gone")
            if time.monotonic() >= deadline:
                raise self._failed(f"the emulator did not answer within {seconds:g} s at {self.endpoint_url}")
            time.sleep(_POLL)

    def _healthy(self) -> bool:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(f"{self.endpoint_url}/_ministack/health", timeout=2.0):
                return self.process.poll() is None
        except (OSError, urllib.error.URLError):
            return False

    def _failed(self, line: str) -> EmulatorFailed:
        return EmulatorFailed(f"{line}; its log is {self.folder.emulator_log}", detail=tail(self.folder.emulator_log))


def _environment(folder: LocalFolder, port: int) -> dict[str, str]:
    """Return all of the emulator's environment: every Lambda function inherits it, so nothing of the user's is in it.

    Above all no AWS_ENDPOINT_URL, which the emulator would hand to functions in place of its own address.
    """
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": str(folder.scratch),
        "TMPDIR": str(folder.scratch),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "GATEWAY_PORT": str(port),
        "BIND_HOST": HOST,
        "AUTH": "true",
        "IOT_MTLS_ENABLED": "0",
        "PERSIST_STATE": "0",
        "STATE_DIR": str(folder.scratch / "state"),
        "S3_DATA_DIR": str(folder.scratch / "s3"),
    }
