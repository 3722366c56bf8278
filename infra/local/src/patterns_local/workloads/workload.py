"""One command as a process of this machine, from its start to its exit code.

It runs behind a tether (see `patterns_deploy.tether`): whoever runs it may end in any way, by kill -9 too, and
the process, its children and what they left behind end as well.
"""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from patterns_deploy import tether
from patterns_deploy.errors import PlatformError
from patterns_local.workloads.grace import Grace
from patterns_local.workloads.log import Output, WorkloadLog

__all__ = ["Command", "Workload", "WorkloadNotStarted"]

_TETHER = (sys.executable, "-I", "-S", str(Path(tether.__file__)))
_LONGEST_LINE = 16 * 1024
_CHUNK = 64 * 1024
# What the command left behind may hold its output open for a moment after it has ended.
_LAST_OUTPUT_SECONDS = 2.0


class WorkloadNotStarted(PlatformError):
    """The command could not be started: no such program, no right to run it, no such folder."""


@dataclass(frozen=True, slots=True)
class Command:
    """What to run.

    Attributes:
        arguments: the program, found on the environment's PATH, and its arguments.
        environment: all of it; nothing is added.
        folder: where it runs.
    """

    arguments: Sequence[str]
    environment: Mapping[str, str]
    folder: Path


@dataclass(slots=True)
class Workload:
    """A command that was started.

    Attributes:
        pid: process id of the command, which leads a process group of its own.
        started_at: seconds since the epoch.
        exit_code: its own; 128 + n when signal n ended it; `None` while it runs.
        ended_at: seconds since the epoch, `None` while it runs.
    """

    pid: int
    started_at: float
    exit_code: int | None = None
    ended_at: float | None = None
    _tether: asyncio.subprocess.Process = field(kw_only=True)
    _ending: "asyncio.Task[int]" = field(init=False)

    @classmethod
    async def start(cls, command: Command, log: WorkloadLog) -> Self:
        """Start it; the log is closed when it has ended. Cancelled, it leaves nothing that runs.

        Raises:
            WorkloadNotStarted: it could not be; with the reason in one line.
        """
        try:
            process, answer = await _tethered(command)
        except OSError as error:
            log.close()
            raise WorkloadNotStarted(f"{error.filename or command.arguments[0]}: {error.strerror}") from error
        except asyncio.CancelledError:
            log.close()
            raise
        if not answer.isdigit():
            await process.wait()
            log.close()
            raise WorkloadNotStarted(answer or f"{command.arguments[0]}: ended before it began")
        started = cls(int(answer), time.time(), _tether=process)
        started._ending = asyncio.create_task(started._run(log))
        return started

    @property
    def running(self) -> bool:
        """Whether it still runs."""
        return self.exit_code is None

    @property
    def keeper(self) -> int:
        """Process id of the tether: the command and, on Linux, all that it left behind descend from it."""
        return self._tether.pid

    def send(self, number: int) -> None:
        """Send a signal to the command, not to its children; nothing happens when it has ended."""
        if self.running and self._tether.stdin:
            self._tether.stdin.write(bytes([number]))

    async def stop(self, grace: Grace, number: int = signal.SIGTERM) -> int:
        """Ask it to end, kill it when its grace is over before, and return its exit code."""
        self.send(number)
        try:
            async with grace.limit():
                return await self.wait()
        except TimeoutError:
            return await self.kill()

    async def kill(self) -> int:
        """End it at once and return its exit code."""
        self.send(signal.SIGKILL)
        return await self.wait()

    async def wait(self) -> int:
        """Wait until it has ended and all that it printed is in the log; its exit code."""
        return await asyncio.shield(self._ending)

    async def _run(self, log: WorkloadLog) -> int:
        outputs = ((self._tether.stdout, Output.STANDARD), (self._tether.stderr, Output.ERROR))
        pumps = [asyncio.create_task(_pump(reader, output, log)) for reader, output in outputs if reader]
        code = await self._tether.wait()
        if code < 0:
            # Somebody killed the tether; then nobody else ends the command.
            with contextlib.suppress(OSError):
                os.killpg(self.pid, signal.SIGKILL)
        _, late = await asyncio.wait(pumps, timeout=_LAST_OUTPUT_SECONDS)
        for pump in late:
            pump.cancel()
        log.close()
        self.ended_at = time.time()
        self.exit_code = code if code >= 0 else 128 - code
        return self.exit_code


async def _tethered(command: Command) -> tuple[asyncio.subprocess.Process, str]:
    """Start a tether and return it with its report: a process id, or why there is none."""
    reading, writing = os.pipe()
    try:
        process = await asyncio.create_subprocess_exec(
            *(*_TETHER, f"--report={writing}", *command.arguments),
            env=dict(command.environment),
            cwd=command.folder,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            pass_fds=[writing],
            # Else who ends this process by its group would end the tether before the tether ends the command.
            start_new_session=True,
        )
    except BaseException:
        os.close(reading)
        raise
    finally:
        os.close(writing)
    with os.fdopen(reading) as report:
        answering = asyncio.create_task(asyncio.to_thread(report.read))
        try:
            return process, await asyncio.shield(answering)
        except asyncio.CancelledError:
            # Nobody will know of what begins just now, so that nobody could end it later.
            if process.stdin:
                process.stdin.close()
            await answering
            await process.wait()
            raise


async def _pump(reader: asyncio.StreamReader, output: Output, log: WorkloadLog) -> None:
    rest = b""
    while chunk := await reader.read(_CHUNK):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            _write(line + b"\n", output, log)
        whole = len(rest) - len(rest) % _LONGEST_LINE
        _write(rest[:whole], output, log)
        rest = rest[whole:]
    _write(rest, output, log)


def _write(line: bytes, output: Output, log: WorkloadLog) -> None:
    for start in range(0, len(line), _LONGEST_LINE):
        log.write(output, line[start : start + _LONGEST_LINE])
