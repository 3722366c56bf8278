"""Which container engine runs the tasks of ECS, and how its containers reach the emulator.

AWS runs tasks on its own machines. The emulator gives them to the Docker engine that it finds, and tells them to call
it back at ``host.docker.internal``, a name that only Docker Desktop knows.

Corrected: the platform names the engine in ``DOCKER_HOST``. The name is taken out of the environment, so that functions
do not inherit it and no other service starts containers. Containers share the machine's network, where the emulator
listens on 127.0.0.1; Docker Desktop, which has a machine of its own, keeps the special name.
"""

import os
import sys
import threading
from functools import cache, partial
from typing import Any

from ministack.services import ecs

__all__ = ["correct"]

_PROCESSES = "patterns-process-engine"
_VARIABLE = "DOCKER_HOST"
_connecting = threading.Lock()


def correct() -> None:
    """Give ECS this engine or none, and its containers a way back."""
    address = os.environ.pop(_VARIABLE, "")

    def engine() -> Any:
        with _connecting:
            return _client(address) if address else None

    ecs._get_docker = engine
    ecs._register_metadata = partial(_register_on_host, ecs._register_metadata)
    ecs._build_run_kwargs = partial(_settings_on_host, ecs._build_run_kwargs)


@cache
def _client(address: str) -> Any:
    import docker  # noqa: PLC0415 - a tenth of a second, only where tasks run

    return docker.DockerClient(base_url=address, timeout=ecs._DOCKER_TIMEOUT)


def _register_on_host(original: Any, *given: Any) -> Any:
    *before, host, address = given
    return original(*before, host or _shares_network(), address)


def _settings_on_host(original: Any, *given: Any) -> Any:
    *before, host, task_id, task_arn, address, cluster_arn = given
    return original(*before, host or _shares_network(), task_id, task_arn, address, cluster_arn)


@cache
def _shares_network() -> bool:
    return sys.platform == "linux" or ecs._get_docker().version()["Version"] == _PROCESSES
