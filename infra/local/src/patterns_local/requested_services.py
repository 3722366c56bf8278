"""What a command needs beside the running platform: asked of its supervisor, which owns all that runs.

A request stays for as long as the platform runs, under the name of the service that it is for: asking twice is asking
once.
"""

import json
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from signal import SIGUSR1
from typing import Any

from patterns_deploy.errors import NotRunning
from patterns_deploy.files import write_atomically
from patterns_deploy.folder import LocalFolder
from patterns_local.kubernetes import Kubernetes
from patterns_local.relay.server import RelayServer
from patterns_local.service import Service
from patterns_local.state import read_state

__all__ = ["START_REQUESTED", "request_service", "start_requested"]

START_REQUESTED = SIGUSR1
"""What a command sends to the supervisor after it has written its request."""
_Start = Callable[[LocalFolder, str, dict[str, Any]], Service]


def request_service(folder: LocalFolder, name: str, kind: str, **wanted: object) -> None:
    """Ask for a service; it is not ready yet when this returns.

    Args:
        folder: the platform's files.
        name: of the service.
        kind: ``kubernetes`` or ``relay``.
        wanted: what it is started with.

    Raises:
        NotRunning: there is no platform to ask.
    """
    state = read_state(folder)
    if state is None or not state.alive:
        raise NotRunning("the local platform is not up; start it with: patterns up")
    requests = _read(folder) | {name: {"kind": kind, **wanted}}
    write_atomically(folder.requests, json.dumps(requests, indent=2) + "\n")
    state.supervisor.signal(START_REQUESTED)


def start_requested(folder: LocalFolder, endpoint_url: str, running: Collection[str]) -> Iterator[Service]:
    """Start what was asked for and does not run, one after the other; the supervisor calls this.

    Raises:
        ServiceFailed: it cannot be started.
    """
    for name, wanted in _read(folder).items():
        if name not in running:
            yield _STARTS[wanted["kind"]](folder, endpoint_url, wanted)


def _start_kubernetes(folder: LocalFolder, endpoint_url: str, wanted: dict[str, Any]) -> Service:
    return Kubernetes(folder, Path(wanted["programs"]), images=folder.images, aws_endpoint=endpoint_url)


def _start_relay(folder: LocalFolder, endpoint_url: str, wanted: dict[str, Any]) -> Service:
    return RelayServer(folder, wanted["host"], wanted["port"], to=endpoint_url)


def _read(folder: LocalFolder) -> dict[str, dict[str, Any]]:
    if not folder.requests.exists():
        return {}
    found: dict[str, dict[str, Any]] = json.loads(folder.requests.read_text())
    return found


_STARTS: dict[str, _Start] = {"kubernetes": _start_kubernetes, "relay": _start_relay}
