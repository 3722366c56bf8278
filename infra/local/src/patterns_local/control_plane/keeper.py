"""Keeping the cluster's parts running: what ends by itself is started again, until that is of no use.

Each part is tethered (`patterns_deploy.tether`): it ends with this process, however that ends.
"""

import asyncio
import signal
import sys
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from patterns_deploy import tether
from patterns_deploy.errors import PlatformError
from patterns_deploy.processes import tail
from patterns_local.control_plane.components import Component
from patterns_local.service import service_environment

__all__ = ["ComponentFailed", "keep"]

_TETHER = (sys.executable, "-I", "-S", str(Path(tether.__file__)))
_TRIES = 5
_TRIES_WITHIN_SECONDS = 60.0
_PAUSE_SECONDS = 0.5


class ComponentFailed(PlatformError):
    """A part of the cluster ends again and again."""


async def keep(component: Component, *, folder: Path, log: Path) -> None:
    """Run a component until this task is cancelled, again and again if need be.

    Args:
        component: what to run.
        folder: where it runs.
        log: everything that it prints is appended.

    Raises:
        ComponentFailed: it ended too often in too short a time; with the end of its log.
    """
    ends: deque[float] = deque(maxlen=_TRIES)
    _begin(log)
    while True:
        async with _running(component, folder, log) as process:
            code = await process.wait()
        ends.append(time.monotonic())
        if len(ends) == _TRIES and ends[-1] - ends[0] < _TRIES_WITHIN_SECONDS:
            line = f"{component.name} ended {_TRIES} times within a minute, last with code {code}; its log is {log}"
            raise ComponentFailed(line, detail=tail(log))
        with log.open("a") as output:
            output.write(f"-- {component.name} ended with code {code} and is started again\n")
        await asyncio.sleep(_PAUSE_SECONDS * len(ends))


def _begin(log: Path) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    log.unlink(missing_ok=True)


@asynccontextmanager
async def _running(component: Component, folder: Path, log: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """Start a component and end it when the context ends."""
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            *(*_TETHER, *component.command),
            env=service_environment() | dict(component.environment),
            cwd=folder,
            stdin=asyncio.subprocess.PIPE,
            stdout=output,
            stderr=output,
            # Who ends this process by its group leaves the ending of the component to the tether.
            start_new_session=True,
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.wait()
