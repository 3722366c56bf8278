"""Kubernetes for a platform that is up: asked of its supervisor, which owns all that runs."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from signal import SIGUSR1

from patterns_infra.local.control_plane.programs import prepare_programs
from patterns_infra.local.errors import NotRunning, ServiceFailed
from patterns_infra.local.folder import LocalFolder
from patterns_infra.local.kubernetes import Kubernetes
from patterns_infra.local.processes import tail
from patterns_infra.local.progress import Timings
from patterns_infra.local.runner import Runner
from patterns_infra.local.state import read_state, write_atomically

__all__ = ["START_KUBERNETES", "kubernetes_starter", "start_as_requested"]

START_KUBERNETES = SIGUSR1
"""What a command sends to the supervisor after it has written its request."""
_READY_SECONDS = 120.0
_POLL = 0.05


def kubernetes_starter(folder: LocalFolder, runner: Runner, timings: Timings) -> Callable[[], None]:
    """Make sure that Kubernetes' programs are there, which may take minutes, and return what starts it.

    Raises:
        ControlPlaneUnavailable: they are not and cannot be made.
    """
    programs = prepare_programs(folder, runner, timings)

    def start() -> None:
        if not folder.kubeconfig.exists():
            with timings.step("Kubernetes"):
                _request(folder, programs)
                _wait(folder)

    return start


def start_as_requested(folder: LocalFolder, endpoint_url: str) -> Kubernetes:
    """Start the cluster that a command asked for; the supervisor calls this.

    Raises:
        ServiceFailed: it cannot be started.
    """
    wanted = json.loads(folder.kubernetes_request.read_text())
    return Kubernetes(folder, Path(wanted["programs"]), images=folder.images, aws_endpoint=endpoint_url)


def _request(folder: LocalFolder, programs: Path) -> None:
    state = read_state(folder)
    if state is None or not state.alive:
        raise NotRunning("the local platform is not up; start it with: patterns up")
    write_atomically(folder.kubernetes_request, json.dumps({"programs": str(programs)}) + "\n")
    state.supervisor.signal(START_KUBERNETES)


def _wait(folder: LocalFolder) -> None:
    """Wait until the cluster is ready; its supervisor ends with it when it is not."""
    log = folder.kubernetes_logs / "cluster.log"
    deadline = time.monotonic() + _READY_SECONDS
    while not folder.kubeconfig.exists():
        state = read_state(folder)
        if state is None or not state.alive:
            reason = (state and state.failure) or "the platform ended"
            raise ServiceFailed(f"Kubernetes did not start: {reason}; its log is {log}", detail=tail(log))
        if time.monotonic() >= deadline:
            raise ServiceFailed(f"Kubernetes was not ready within {_READY_SECONDS:g} s; its logs are in {log.parent}")
        time.sleep(_POLL)
