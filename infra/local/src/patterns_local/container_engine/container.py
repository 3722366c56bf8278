"""One container: what it was asked to be, and the process that it is."""

import os
import secrets
import shutil
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from patterns_deploy.tether import NOT_STARTED
from patterns_local.container_engine.images import Image
from patterns_local.workloads.grace import Grace
from patterns_local.workloads.log import WorkloadLog
from patterns_local.workloads.workload import Command, Workload, WorkloadNotStarted

__all__ = ["Container", "signal_number"]

_STOP_SECONDS = 10.0


@dataclass(slots=True)
class Container:
    """A container in one of Docker's states ``created``, ``running`` and ``exited``.

    Attributes:
        name: unique among the engine's.
        config: the body of the request that created it.
        image: what it starts.
        folder: its own; its process runs in it, and it is gone with the container.
    """

    name: str
    config: Mapping[str, Any]
    image: Image
    folder: Path
    id: str = field(default_factory=lambda: secrets.token_hex(32))
    created_at: float = field(default_factory=time.time)
    error: str = ""
    _log: WorkloadLog | None = None
    _workload: Workload | None = None

    @property
    def log(self) -> WorkloadLog | None:
        """What it printed; `None` until somebody started it."""
        return self._log

    @property
    def workload(self) -> Workload | None:
        """Its process, once there is one."""
        return self._workload

    @property
    def status(self) -> str:
        """Docker's word for its state."""
        if self._workload is None:
            return "created"
        return "running" if self._workload.running else "exited"

    @property
    def exit_code(self) -> int:
        """Docker says 0 while there is none yet."""
        if self._workload is None:
            return NOT_STARTED if self.error else 0
        return self._workload.exit_code or 0

    async def start(self) -> None:
        """Start its process.

        Raises:
            WorkloadNotStarted: with the reason.
        """
        own = self.folder / self.id
        work = own / "work"
        work.mkdir(parents=True)
        self._log = WorkloadLog(own / "log")
        try:
            self._workload = await Workload.start(Command(self._arguments(), self._environment(work), work), self._log)
        except WorkloadNotStarted as failed:
            self.error = str(failed)
            raise

    async def stop(self, seconds: float | None) -> None:
        """Stop its process as the image or the container wants it stopped."""
        grace = Grace(seconds if seconds is not None else float(self.config.get("StopTimeout") or _STOP_SECONDS))
        if self._workload:
            await self._workload.stop(grace, signal_number(self.config.get("StopSignal") or "SIGTERM"))

    async def remove(self) -> None:
        """Kill what runs and delete its files."""
        if self._workload:
            await self._workload.kill()
        shutil.rmtree(self.folder / self.id, ignore_errors=True)

    def _arguments(self) -> list[str]:
        """Combine as Docker does: an entrypoint of the container's own drops the image's command, too."""
        entrypoint, command = self.config.get("Entrypoint"), self.config.get("Cmd")
        if entrypoint:
            return [*entrypoint, *(command or ())]
        return [*self.image.entrypoint, *(command or self.image.command)]

    def _environment(self, work: Path) -> dict[str, str]:
        given = dict(pair.split("=", 1) for pair in self.config.get("Env") or () if "=" in pair)
        # What the machine's temporary folder would keep is gone with the container.
        own = {"PATH": os.defpath, "LANG": "C.UTF-8", "HOSTNAME": self.id[:12], "HOME": str(work), "TMPDIR": str(work)}
        return own | dict(self.image.environment) | given


def signal_number(name: str) -> int:
    """Return a signal's number from ``SIGTERM``, ``TERM`` or ``15``.

    Raises:
        ValueError: there is no such signal.
    """
    if name.isdigit():
        return signal.Signals(int(name))
    try:
        return signal.Signals[name if name.startswith("SIG") else f"SIG{name}"]
    except KeyError:
        raise ValueError(f"invalid signal: {name}") from None
