"""The user's own Docker engine, where there is one: containers run in it then, and not as processes.

Asked by its API. ``PATTERNS_CONTAINERS`` decides where there is a choice: ``docker`` or ``processes``.
"""

import json
import shutil
import socket
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from patterns_deploy.errors import PlatformError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from httpx import Client

__all__ = ["Docker", "describe_containers", "docker_at", "find_docker", "remove_containers", "require_docker"]

_USUAL = "unix:///var/run/docker.sock"
_CHOICES = ("docker", "processes")
_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Docker:
    """A Docker engine that answers.

    Attributes:
        url: as ``DOCKER_HOST`` has it.
        version: its own.
    """

    url: str
    version: str


def find_docker(environment: Mapping[str, str]) -> Docker | None:
    """Return the engine that the user's environment names, or the one at Docker's usual place.

    Raises:
        PlatformError: the environment wants Docker, and none can be used; or it wants something else.
    """
    wanted = environment.get("PATTERNS_CONTAINERS", "")
    if wanted and wanted not in _CHOICES:
        raise PlatformError(f"PATTERNS_CONTAINERS is {wanted!r}; it may be {' or '.join(_CHOICES)}")
    if wanted == "processes":
        return None
    if wanted == "docker":
        return require_docker(environment, "PATTERNS_CONTAINERS is docker")
    builds = shutil.which("docker", path=environment.get("PATH")) is not None
    return docker_at(environment.get("DOCKER_HOST") or _USUAL) if builds else None


def require_docker(environment: Mapping[str, str], why: str) -> Docker:
    """Return the engine that the user's environment names, or the one at Docker's usual place.

    Raises:
        PlatformError: it does not answer, or there is no command to build images with; beginning with ``why``.
    """
    url = environment.get("DOCKER_HOST") or _USUAL
    found = docker_at(url)
    if found is None:
        raise PlatformError(f"{why}, but no Docker engine answers at {url}")
    if shutil.which("docker", path=environment.get("PATH")) is None:
        raise PlatformError(f"{why}, but there is no docker command to build images with")
    return found


def docker_at(url: str) -> Docker | None:
    """Return the engine at an address, if one answers there."""
    version = _version(url)
    return Docker(url, version) if version else None


def describe_containers(docker: Docker | None) -> str:
    """Return what runs containers, for the user to read."""
    return f"containers run by Docker {docker.version}" if docker else "containers run as processes on this machine"


def remove_containers(url: str, port: int) -> int:
    """Remove every container that an emulator on this port started, running or not; how many there were.

    A process engine's containers end with it. Docker's do not, unless the engine is gone as well.
    """
    from httpx import HTTPError  # noqa: PLC0415 - a quarter of a second, which --help does not pay

    if not _may_listen(url):
        return 0
    labels = json.dumps({"label": [f"ministack.instance={socket.gethostname()}:{port}"]})
    try:
        with _client(url) as client:
            found = client.get("/containers/json", params={"all": "1", "filters": labels}).raise_for_status().json()
            for container in found:
                client.delete(f"/containers/{container['Id']}", params={"force": "1", "v": "1"})
    except HTTPError:
        return 0
    return len(found)


def _version(url: str) -> str:
    """Return the version of the engine at an address, empty when none answers."""
    from httpx import HTTPError  # noqa: PLC0415 - as above

    if not _may_listen(url):
        return ""
    try:
        with _client(url) as client:
            client.get("/_ping").raise_for_status()
            return str(client.get("/version").raise_for_status().json().get("Version", "of unknown version"))
    except (HTTPError, ValueError, OSError):
        return ""


def _may_listen(url: str) -> bool:
    return not url.startswith("unix://") or Path(url.removeprefix("unix://")).exists()


@contextmanager
def _client(url: str) -> "Iterator[Client]":
    import httpx  # noqa: PLC0415 - as above

    scheme, _, rest = url.partition("://")
    if scheme == "unix":
        transport, base = httpx.HTTPTransport(uds=rest), "http://docker"
    elif scheme in {"tcp", "http"}:
        transport, base = httpx.HTTPTransport(), f"http://{rest}"
    else:
        raise ValueError(f"{scheme} is no way to a Docker engine that is known here")
    with httpx.Client(transport=transport, base_url=base, timeout=_SECONDS, trust_env=False) as client:
        yield client
