"""Which settings of a container definition reach the container.

AWS applies them all. The emulator hands over the command, the environment, capabilities and mounts of the host's
folders; ``entryPoint``, ``user``, ``readonlyRootFilesystem``, ``stopTimeout``, the init process, the memory limit, and
volumes without a folder of the host are lost.

Corrected by adding them to what Docker is asked for. Processes that stand in for containers know only the entry point
and the stop timeout; the rest needs a real engine.
"""

from functools import partial
from typing import Any

from ministack.services import ecs

__all__ = ["correct"]

_NAMES = {"entryPoint": "entrypoint", "user": "user", "readonlyRootFilesystem": "read_only"}


def correct() -> None:
    """Add the settings."""
    ecs._build_run_kwargs = partial(_settings, ecs._build_run_kwargs)


def _settings(original: Any, container: dict[str, Any], definition: dict[str, Any], *more: Any) -> dict[str, Any]:
    settings: dict[str, Any] = original(container, definition, *more)
    settings |= {name: container[key] for key, name in _NAMES.items() if container.get(key)}
    if (container.get("linuxParameters") or {}).get("initProcessEnabled"):
        settings["init"] = True
    limit = container.get("memory") or definition.get("memory")
    if limit:
        settings["mem_limit"] = f"{int(limit)}m"
    of_host = {bind.split(":")[1] for bind in settings.get("volumes") or []}
    own = [each["containerPath"] for each in container.get("mountPoints") or [] if each.get("containerPath")]
    settings["volumes"] = [*(settings.get("volumes") or []), *(path for path in own if path not in of_host)]
    return settings
