"""Kubernetes for a platform that is up."""

import time
from collections.abc import Callable

from patterns_deploy.errors import ServiceFailed
from patterns_deploy.folder import LocalFolder
from patterns_deploy.processes import tail
from patterns_deploy.progress import Timings
from patterns_deploy.runner import Runner
from patterns_local.control_plane.programs import prepare_programs
from patterns_local.kubernetes import NAME
from patterns_local.requested_services import request_service
from patterns_local.state import read_state

__all__ = ["kubernetes_starter"]

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
                request_service(folder, NAME, "kubernetes", programs=str(programs))
                _wait(folder)

    return start


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
