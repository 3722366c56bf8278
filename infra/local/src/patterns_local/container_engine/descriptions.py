"""What Docker tells of an engine, its images and containers, as JSON documents.

https://docs.docker.com/reference/api/engine/version/v1.44/
"""

import datetime as dt
import hashlib
import os
import platform
from typing import Any

from patterns_local.container_engine.container import Container
from patterns_local.container_engine.images import Image

__all__ = ["API_VERSION", "NAME", "describe", "describe_engine", "describe_image", "describe_version", "summarize"]

API_VERSION = "1.44"
NAME = "patterns-process-engine"
"""What `/version` and `/info` call it, so that nobody takes it for Docker."""
_NEVER = "0001-01-01T00:00:00Z"

Document = dict[str, Any]


def describe_version() -> Document:
    """Return ``/version``."""
    return {
        "ApiVersion": API_VERSION,
        "MinAPIVersion": "1.24",
        "Version": NAME,
        "Os": platform.system().lower(),
        "Arch": platform.machine(),
        "Platform": {"Name": NAME},
    }


def describe_engine(containers: list[Container]) -> Document:
    """Return ``/info``."""
    running = sum(each.status == "running" for each in containers)
    return {
        "ID": NAME,
        "Name": NAME,
        "ServerVersion": NAME,
        "OSType": platform.system().lower(),
        "Architecture": platform.machine(),
        "NCPU": os.cpu_count() or 1,
        "Containers": len(containers),
        "ContainersRunning": running,
        "ContainersStopped": len(containers) - running,
    }


def describe_image(image: Image) -> Document:
    """Return an image's document."""
    variables = [f"{name}={value}" for name, value in image.environment.items()]
    settings = {"Entrypoint": [*image.entrypoint], "Cmd": [*image.command], "Env": variables}
    return {"Id": _digest(image), "RepoTags": [image.reference], "RepoDigests": [], "Config": settings}


def describe(container: Container) -> Document:
    """Return a container's document."""
    work = container.workload
    state = {
        "Status": container.status,
        "Running": container.status == "running",
        "Paused": False,
        "Restarting": False,
        "OOMKilled": False,
        "Dead": False,
        "Pid": work.pid if work and work.running else 0,
        "ExitCode": container.exit_code,
        "Error": container.error,
        "StartedAt": _moment(work.started_at if work else None),
        "FinishedAt": _moment(work.ended_at if work else None),
    }
    return {
        "Id": container.id,
        "Name": f"/{container.name}",
        "Created": _moment(container.created_at),
        "State": state,
        "Image": _digest(container.image),
        "Config": {**container.config, "Tty": False, "Labels": container.config.get("Labels") or {}},
        "HostConfig": {"NetworkMode": "host", "LogConfig": {"Type": "json-file", "Config": {}}},
        "NetworkSettings": {"Networks": {"host": {"IPAddress": ""}}, "Ports": {}},
        "Mounts": [],
    }


def summarize(container: Container) -> Document:
    """Return a container's line in a list."""
    return {
        "Id": container.id,
        "Names": [f"/{container.name}"],
        "Image": container.image.reference,
        "ImageID": _digest(container.image),
        "Labels": container.config.get("Labels") or {},
        "State": container.status,
        "Status": container.status,
        "Created": int(container.created_at),
    }


def _digest(image: Image) -> str:
    return f"sha256:{hashlib.sha256(image.reference.encode()).hexdigest()}"


def _moment(seconds: float | None) -> str:
    if seconds is None:
        return _NEVER
    return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat().replace("+00:00", "Z")
