"""What is known of the running platform, in `.local/platform.json`, written by its supervisor alone.

A file whose supervisor is gone (kill -9, a reboot) describes nothing any more: readers see that by the
supervisor's pid and start, and `clear` removes what it left.
"""

import contextlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from signal import SIGKILL, SIGTERM
from typing import Any
from urllib.parse import urlsplit

from patterns_deploy.files import write_atomically
from patterns_deploy.folder import LocalFolder
from patterns_deploy.processes import Process, command_of, end_group, group_members
from patterns_local.docker import remove_containers
from patterns_local.kubelet.leftovers import end_leftovers

__all__ = ["PlatformState", "clear", "end", "read_state"]

_STOP_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class PlatformState:
    """One run of the platform.

    Attributes:
        endpoint_url: address of the emulator.
        region: the region that everything is deployed to.
        account: the emulator's account number.
        partner_url: where the partner takes events.
        supervisor: the process that owns all others.
        emulator: the emulator; its process group also holds the Lambda functions.
        others: the container engine, the partner, the mail server and what commands asked for, by their names.
        docker: address of the Docker engine that runs containers, empty where they are processes.
        failure: why the supervisor gave up, empty while all is well.
        log: the log that explains a failure.
    """

    endpoint_url: str
    region: str
    account: str
    partner_url: str
    supervisor: Process
    emulator: Process
    others: Mapping[str, Process]
    docker: str = ""
    failure: str = ""
    log: str = ""

    def write(self, folder: LocalFolder) -> None:
        """Write it whole or not at all."""
        write_atomically(folder.state, json.dumps(asdict(self), indent=2) + "\n")

    @property
    def alive(self) -> bool:
        """Whether its supervisor still watches it, and everything that belongs to it runs."""
        processes = (self.supervisor, self.emulator, *self.others.values())
        return not self.failure and all(process.alive for process in processes)


def read_state(folder: LocalFolder) -> PlatformState | None:
    """Return what the file says, alive or not; `None` without a file, or with one that is no state."""
    try:
        values: dict[str, Any] = json.loads(folder.state.read_text())
        for name in ("supervisor", "emulator"):
            values[name] = Process(**values[name])
        values["others"] = {name: Process(**process) for name, process in values["others"].items()}
        return PlatformState(**values)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def clear(folder: LocalFolder) -> None:
    """Remove what a dead platform left: processes that survived it, its state and temporary files."""
    state = read_state(folder)
    if state:
        _end_survivors(state.emulator, folder.scratch)
        for process in state.others.values():
            if process.alive:
                end_group(process.pid)
        if state.docker:
            remove_containers(state.docker, urlsplit(state.endpoint_url).port or 0)
    for path in (folder.state, folder.deployed, folder.engine_socket, folder.kubeconfig, folder.requests):
        path.unlink(missing_ok=True)
    end_leftovers(folder.pods)
    for left in (folder.scratch, folder.control_plane):
        shutil.rmtree(left, ignore_errors=True)


def _end_survivors(emulator: Process, scratch: Path) -> None:
    """End the emulator, or the functions of one that was killed together with its supervisor in their work."""
    if emulator.alive:
        end_group(emulator.pid)
        return
    # The number may name another group by now; our functions run from our folder.
    for pid in group_members(emulator.pid):
        if str(scratch) in command_of(pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, SIGKILL)


def end(folder: LocalFolder) -> None:
    """End the platform that the file names, by way of its supervisor while that listens, and clear what is left."""
    state = read_state(folder)
    if state:
        state.supervisor.signal(SIGTERM)
        if not state.supervisor.wait(_STOP_SECONDS):
            state.supervisor.signal(SIGKILL)
            state.supervisor.wait(_STOP_SECONDS)
    clear(folder)
