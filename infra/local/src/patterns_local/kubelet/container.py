"""One container of a pod as a process: started, probed, started again with growing pauses, stopped with grace."""

import asyncio
import secrets
import signal
import time
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field

from lightkube.models.core_v1 import Container

from patterns_local.kubelet.backoff import Backoff
from patterns_local.kubelet.container_state import ContainerRecord, Running, Terminated, Waiting
from patterns_local.kubelet.memory import MemoryGuard
from patterns_local.kubelet.surroundings import NotReadyToRun, Surroundings
from patterns_local.kubelet.termination import termination_message
from patterns_local.kubelet.watcher import Watcher
from patterns_local.workloads.grace import Grace
from patterns_local.workloads.log import WorkloadLog
from patterns_local.workloads.workload import Command, Workload, WorkloadNotStarted

__all__ = ["ContainerProcess"]

_CANNOT_RUN = 128
"""Exit code that Kubernetes gives a container that could not be started."""
_KILLED = 137
_KEPT_LOGS = 2


@dataclass(slots=True)
class ContainerProcess:
    """A container and its runs.

    Attributes:
        spec: as the pod declares it.
        record: what has become of it.
        started: set once it has started for the first time.
    """

    spec: Container
    record: ContainerRecord
    around: Surroundings
    started: asyncio.Event = field(default_factory=asyncio.Event)
    _logs: list[WorkloadLog] = field(default_factory=list)
    _command: Command | None = None
    _workload: Workload | None = None
    _starting: asyncio.Lock = field(default_factory=asyncio.Lock)
    _stopped: asyncio.Event = field(default_factory=asyncio.Event)
    _ending: "asyncio.Task[None] | None" = None

    async def run(self) -> None:
        """Run it until it has ended and is not started again, or `stop` was called."""
        backoff = Backoff()
        while not self._stopped.is_set():
            try:
                command = await self.around.prepare()
            except NotReadyToRun as problem:
                await self._wait_for(problem, backoff)
                continue
            if self._stopped.is_set():
                return
            ended = await self._run_once(command)
            self._become(ended)
            if self._stopped.is_set() or not self.around.restarts_after(ended.exit_code):
                return
            await self._pause(ended, backoff)

    async def stop(self, grace: Grace) -> None:
        """Stop it, once: its hook, then SIGTERM, then SIGKILL when the grace is over.

        Args:
            grace: of the whole pod; whoever shortens it hurries what goes on here.
        """
        if self._ending is None:
            self._stopped.set()
            self.started.set()
            self._ending = asyncio.create_task(self._end(grace))
        await asyncio.shield(self._ending)

    def log(self, *, previous: bool = False) -> WorkloadLog | None:
        """Return what it printed in this run or the one before."""
        index = -2 if previous else -1
        return self._logs[index] if len(self._logs) >= -index else None

    async def execute(self, arguments: list[str], seconds: float) -> tuple[int, str]:
        """Run a command beside it, in its environment: exit code and output; killed when it takes longer."""
        command = self._command
        if command is None:
            return _CANNOT_RUN, "the container has not been started"
        path = self.around.folder / f"exec-{secrets.token_hex(4)}.log"
        log = WorkloadLog(path)
        try:
            beside = await Workload.start(Command(arguments, command.environment, command.folder), log)
            try:
                async with asyncio.timeout(seconds):
                    code = await beside.wait()
            finally:
                await beside.kill()
            return code, b"".join([line.text async for line in log.lines()]).decode(errors="replace")
        except WorkloadNotStarted as failed:
            return _CANNOT_RUN, str(failed)
        finally:
            path.unlink(missing_ok=True)

    async def _end(self, grace: Grace) -> None:
        async with self._starting:
            workload = self._workload
        if workload is None or not workload.running:
            return
        if self.spec.lifecycle and self.spec.lifecycle.preStop:
            with suppress(TimeoutError):
                async with grace.limit():
                    await self._watcher().call(self.spec.lifecycle.preStop, "PreStop")
        number = self.spec.lifecycle.stopSignal if self.spec.lifecycle else None
        await workload.stop(grace, signal.Signals[number] if number else signal.SIGTERM)

    async def _run_once(self, command: Command) -> Terminated:
        self._command = command
        self.record.run = secrets.token_hex(8)
        log = WorkloadLog(self.around.folder / f"{self.record.run}.log")
        self._logs = [*self._logs, log][-_KEPT_LOGS:]
        began = time.time()
        try:
            # Whoever stops it meanwhile waits for what it is to stop.
            async with self._starting:
                self._workload = await Workload.start(command, log)
        except WorkloadNotStarted as failed:
            await self.around.tell("Warning", "Failed", f"Error: {failed}")
            return Terminated(_CANNOT_RUN, began, time.time(), "StartError", str(failed))
        self._become(Running(self._workload.started_at))
        await self.around.tell("Normal", "Started", f"Container {self.spec.name} started")
        guard = MemoryGuard(self.around.memory_limit)
        async with AsyncExitStack() as watched:
            for watching in (self._watcher().run(), guard.watch(self._workload)):
                watched.callback(asyncio.create_task(watching).cancel)
            code = await self._workload.wait()
        reason = "OOMKilled" if guard.killed and code == _KILLED else ""
        message = await termination_message(self.spec, self.around.folder, log, code)
        return Terminated(code, began, self._workload.ended_at or time.time(), reason, message)

    def _watcher(self) -> Watcher:
        return Watcher(self.spec, self.around, self._probed, self.execute, self._stop_run)

    def _probed(self, *, started: bool, ready: bool) -> None:
        self.record.started, self.record.ready = started, ready
        if started:
            self.started.set()
        self.around.changed()

    async def _stop_run(self, seconds: float) -> None:
        """End this run; whether there is another one is not the caller's to say."""
        if self._workload:
            await self._workload.stop(Grace(seconds))

    async def _wait_for(self, problem: NotReadyToRun, backoff: Backoff) -> None:
        if not isinstance(self.record.state, Waiting) or self.record.state.reason != problem.reason:
            await self.around.tell("Warning", "Failed", f"Error: {problem}")
        self._become(Waiting(problem.reason, str(problem)))
        await self._sleep(backoff.after_failure() or 1.0)

    async def _pause(self, ended: Terminated, backoff: Backoff) -> None:
        seconds = backoff.after(ended.until - ended.since)
        self.record.last = ended
        if seconds:
            message = f"back-off {seconds:g}s restarting failed container={self.spec.name}"
            self._become(Waiting("CrashLoopBackOff", message))
            await self.around.tell("Warning", "BackOff", message)
            await self._sleep(seconds)
        self.record.restarts += 1

    async def _sleep(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopped.wait()

    def _become(self, state: Running | Terminated | Waiting) -> None:
        self.record.state = state
        if not isinstance(state, Running):
            self.record.ready = self.record.started = False
        self.around.changed()
