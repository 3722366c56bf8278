"""A relay for a platform that is up, where pods need one to reach it."""

import time
from collections.abc import Callable

from patterns_deploy.errors import ServiceFailed
from patterns_deploy.folder import LocalFolder
from patterns_deploy.progress import Timings
from patterns_local.relay.server import cannot_listen, relay_address, relay_name
from patterns_local.requested_services import request_service
from patterns_local.state import read_state

__all__ = ["relay_starter"]

_READY_SECONDS = 30.0
_POLL = 0.05


def relay_starter(folder: LocalFolder, url: str, timings: Timings) -> Callable[[], None] | None:
    """Return what makes the platform reachable at this address, ``None`` when a relay has no part in that."""
    address = relay_address(url)
    if address is None:
        return None
    host, port = address

    def start() -> None:
        name = relay_name(host, port)
        if not _runs(folder, name):
            with timings.step("relay") as note:
                # Asked here, since the platform ends with a service that it cannot start.
                if why := cannot_listen(host, port):
                    raise ServiceFailed(f"no relay can listen at {host}:{port}, {why}: give --aws-endpoint another one")
                request_service(folder, name, "relay", host=host, port=port)
                _wait(folder, name)
                note(f"{url} leads to the platform")

    return start


def _runs(folder: LocalFolder, name: str) -> bool:
    state = read_state(folder)
    return state is not None and state.alive and name in state.others


def _wait(folder: LocalFolder, name: str) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while not _runs(folder, name):
        state = read_state(folder)
        if state is None or not state.alive or time.monotonic() >= deadline:
            reason = (state and state.failure) or f"see {folder.supervisor_log}"
            raise ServiceFailed(f"the {name} did not start: {reason}")
        time.sleep(_POLL)
