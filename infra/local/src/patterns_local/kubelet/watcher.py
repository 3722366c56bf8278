"""Watching a container's run: its hooks are called and its probes asked, and a kubelet does what follows from them."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from lightkube.models.core_v1 import Container, LifecycleHandler, Probe

from patterns_local.kubelet import probes
from patterns_local.kubelet.surroundings import Surroundings

__all__ = ["Watcher"]


class _Told(Protocol):
    def __call__(self, *, started: bool, ready: bool) -> None: ...


@dataclass(slots=True)
class Watcher:
    """Watches one run of a container.

    Attributes:
        spec: the container.
        around: its pod.
        told: takes what the probes say.
        execute: runs a command as the container runs.
        stop: ends the run, within so many seconds.
    """

    spec: Container
    around: Surroundings
    told: _Told
    execute: probes.Execute
    stop: Callable[[float], Awaitable[None]]

    async def run(self) -> None:
        """Call the start hook, wait until the start probe is content, then ask the other probes for ever."""
        hook = self.spec.lifecycle.postStart if self.spec.lifecycle else None
        if hook and not await self.call(hook, "PostStart"):
            await self.stop(self.around.grace_seconds)
            return
        if self.spec.startupProbe:
            await self._wait_for_start(self.spec.startupProbe)
        self.told(started=True, ready=self.spec.readinessProbe is None)
        async with asyncio.TaskGroup() as asking:
            if self.spec.readinessProbe:
                asking.create_task(self._ask(self.spec.readinessProbe, self._tell_ready))
            if self.spec.livenessProbe:
                asking.create_task(self._ask(self.spec.livenessProbe, self._tell_alive))

    async def call(self, handler: LifecycleHandler, name: str) -> bool:
        """Call a hook; whether it went well."""
        if handler.sleep:
            await asyncio.sleep(float(handler.sleep.seconds))
            return True
        as_probe = Probe(exec=handler.exec, httpGet=handler.httpGet, tcpSocket=handler.tcpSocket)
        as_probe.timeoutSeconds = int(self.around.grace_seconds) or 1
        wrong = await probes.ask(as_probe, self.spec, self.around.address, self.execute)
        if wrong:
            await self.around.tell("Warning", f"Failed{name}Hook", f"{name} hook failed: {wrong}")
        return not wrong

    async def _wait_for_start(self, probe: Probe) -> None:
        well = asyncio.Event()

        async def tell(started: bool, wrong: str) -> None:  # noqa: FBT001 - a probe's answer
            if started:
                well.set()
            else:
                await self._kill("Startup", wrong, probe)

        asking = asyncio.create_task(self._ask(probe, tell))
        try:
            await well.wait()
        finally:
            asking.cancel()

    async def _ask(self, probe: Probe, tell: Callable[[bool, str], Awaitable[None]]) -> None:
        await probes.watch(probe, lambda: probes.ask(probe, self.spec, self.around.address, self.execute), tell)

    async def _tell_ready(self, well: bool, wrong: str) -> None:  # noqa: FBT001 - a probe's answer
        if not well:
            await self.around.tell("Warning", "Unhealthy", f"Readiness probe failed: {wrong}")
        self.told(started=True, ready=well)

    async def _tell_alive(self, well: bool, wrong: str) -> None:  # noqa: FBT001 - a probe's answer
        if not well and self.spec.livenessProbe:
            await self._kill("Liveness", wrong, self.spec.livenessProbe)

    async def _kill(self, kind: str, wrong: str, probe: Probe) -> None:
        await self.around.tell("Warning", "Unhealthy", f"{kind} probe failed: {wrong}")
        killing = f"Container {self.spec.name} failed {kind.lower()} probe, will be restarted"
        await self.around.tell("Normal", "Killing", killing)
        grace = probe.terminationGracePeriodSeconds
        await self.stop(self.around.grace_seconds if grace is None else float(grace))
