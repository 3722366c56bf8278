"""One pod on this machine, from its binding to its end."""

import asyncio
import shutil
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
from lightkube import AsyncClient
from lightkube.models.core_v1 import Container
from lightkube.resources.core_v1 import Pod

from patterns_local.kubelet.container import ContainerProcess
from patterns_local.kubelet.container_state import ContainerRecord, Terminated
from patterns_local.kubelet.environment import PodFacts
from patterns_local.kubelet.events import Events
from patterns_local.kubelet.launch import Launch
from patterns_local.kubelet.memory import memory_limit_of
from patterns_local.kubelet.pod_objects import PodObjects, as_text
from patterns_local.kubelet.pod_parts import name_of, spec_of, uid_of
from patterns_local.kubelet.pod_volumes import PodVolumes
from patterns_local.kubelet.reporter import Reporter
from patterns_local.kubelet.restarts import is_sidecar, record_from, restarts_after
from patterns_local.kubelet.status import PodRecord
from patterns_local.kubelet.surroundings import NotReadyToRun, Surroundings
from patterns_local.workloads.grace import Grace
from patterns_local.workloads.workload import Command

__all__ = ["NodeFacts", "PodProcesses"]

_AFTER_FAILURE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """What every pod of the node shares.

    Attributes:
        client: as the node.
        launch: makes commands of containers.
        events: where the kubelet tells what happens.
        address: of the node.
        allocatable: what the node has.
        folder: holds a folder for each pod.
        identity: from a pod to the variables by which its AWS clients find its role.
    """

    client: AsyncClient
    launch: Launch
    events: Events
    address: str
    allocatable: Mapping[str, str]
    folder: Path
    identity: Callable[[Pod], Mapping[str, str]]


@dataclass(slots=True)
class PodProcesses:
    """A pod and its containers.

    Attributes:
        pod: as it was last seen.
        node: what it shares with others.
        record: its status.
        is_there: whether the API server has it, as far as a watch has told.
        containers: by name.
    """

    pod: Pod
    node: NodeFacts
    record: PodRecord
    is_there: Callable[[], bool]
    containers: dict[str, ContainerProcess] = field(default_factory=dict)
    _reporter: Reporter = field(init=False)
    _objects: PodObjects = field(init=False)
    _volumes: PodVolumes = field(init=False)
    _working: "asyncio.Task[None] | None" = None
    _grace: Grace | None = None

    def __post_init__(self) -> None:
        """Know the containers, and how they stood when an earlier kubelet ended."""
        self._objects = PodObjects(self.node.client, self.pod)
        self._volumes = PodVolumes(self.pod, self.folder / "volumes", self._objects, self._facts, self.node.events)
        self._reporter = Reporter(self.node.client, self.pod, self.record, self.is_there)
        self.record.init = [self._add(each) for each in spec_of(self.pod).initContainers or ()]
        self.record.containers = [self._add(each) for each in spec_of(self.pod).containers]

    @property
    def folder(self) -> Path:
        """The pod's own."""
        return self.node.folder / uid_of(self.pod)

    def start(self) -> None:
        """Run it in the background."""
        self._working = asyncio.create_task(self._run_or_fail())

    async def stop(self, seconds: float) -> None:
        """End all of its containers, which share so much time, tell its last status, and remove its files."""
        await self._stop_containers(seconds)
        if self._working:
            self._working.cancel()
            with suppress(asyncio.CancelledError):
                await self._working
        await self._reporter.send()
        shutil.rmtree(self.folder, ignore_errors=True)

    def grace(self, seconds: float) -> Grace:
        """Return how long its end may take, which begins with the first call; later ones can only shorten it."""
        if self._grace is None:
            self._grace = Grace(seconds)
        self._grace.shorten(seconds)
        return self._grace

    async def _run_or_fail(self) -> None:
        """Run it; what nobody foresaw (a full disk) is the pod's failure, not a pod that hangs without a word."""
        try:
            await self._run()
        except Exception as error:  # noqa: BLE001 - as said
            traceback.print_exc()
            first: BaseException = error
            while isinstance(first, BaseExceptionGroup):
                first = first.exceptions[0]
            line = f"{type(first).__name__}: {first}"
            await self.node.events.tell(self.pod, "Warning", "FailedSync", line)
            await self._stop_containers(0.0)
            # Whoever makes another pod in its place makes it no faster than this.
            await asyncio.sleep(_AFTER_FAILURE_SECONDS)
            self.record.failure = ("NodeError", line)
            await self._reporter.send()

    async def _run(self) -> None:
        seconds = spec_of(self.pod).activeDeadlineSeconds
        async with asyncio.TaskGroup() as beside:
            helping = [beside.create_task(each) for each in (self._reporter.run(), self._volumes.refresh())]
            self._reporter.changed()
            try:
                async with asyncio.timeout(None if seconds is None else float(seconds)):
                    await self._run_containers()
            except TimeoutError:
                self.record.failure = ("DeadlineExceeded", f"the pod was active longer than {seconds} s")
                await self._stop_containers(self._grace_seconds())
            for each in helping:
                each.cancel()
        await self._reporter.send()

    async def _run_containers(self) -> None:
        """Prepare the pod, then run its init containers one after the other, then all containers at once."""
        await self._volumes.prepare()
        spec = spec_of(self.pod)
        async with asyncio.TaskGroup() as beside:
            for each in spec.initContainers or ():
                container = self.containers[each.name]
                if is_sidecar(each):
                    beside.create_task(container.run())
                    await container.started.wait()
                else:
                    await self._run_container(each)
                    if container.record.failed:
                        break
            else:
                await asyncio.gather(*(self._run_container(each) for each in spec.containers))
            for each in reversed(spec.initContainers or ()):
                await self.containers[each.name].stop(self.grace(self._grace_seconds()))

    async def _run_container(self, spec: Container) -> None:
        """Run a container, unless it has ended for good under an earlier kubelet."""
        container = self.containers[spec.name]
        if not isinstance(container.record.state, Terminated):
            await container.run()

    async def _stop_containers(self, seconds: float) -> None:
        grace = self.grace(seconds)
        await asyncio.gather(*(each.stop(grace) for each in self.containers.values()))

    async def _command(self, name: str) -> Command:
        """Return what to run now: the container's image may change while the pod is there."""
        spec = self._container(name)
        try:
            data = as_text(await self._objects.data())
        except httpx2.HTTPError as error:
            raise NotReadyToRun("CreateContainerConfigError", str(error)) from error
        return self.node.launch.command(
            spec,
            facts=self._facts(),
            folder=self.folder / name,
            volumes=self._volumes.folder,
            hostname=name_of(self.pod),
            data=data,
            identity=self.node.identity(self.pod),
        )

    def _container(self, name: str) -> Container:
        """Return a container as the pod declares it now."""
        everyone = (*(spec_of(self.pod).initContainers or ()), *spec_of(self.pod).containers)
        found: Container = next(each for each in everyone if each.name == name)
        return found

    def _facts(self) -> PodFacts:
        addresses = {"address": self.record.address, "node_address": self.node.address}
        return PodFacts(self.pod, **addresses, allocatable=self.node.allocatable)

    def _add(self, spec: Container) -> ContainerRecord:
        folder = self.folder / spec.name
        folder.mkdir(parents=True, exist_ok=True)
        around = Surroundings(
            address=self.record.address,
            folder=folder,
            prepare=lambda: self._command(spec.name),
            changed=self._reporter.changed,
            tell=lambda kind, reason, message: self.node.events.tell(self.pod, kind, reason, message),
            restarts_after=lambda code: restarts_after(self.pod, spec, code),
            grace_seconds=self._grace_seconds(),
            memory_limit=lambda: memory_limit_of(self.pod, self._container(spec.name)),
        )
        record = record_from(self.pod, spec)
        self.containers[spec.name] = ContainerProcess(spec, record, around)
        return record

    def _grace_seconds(self) -> float:
        seconds = spec_of(self.pod).terminationGracePeriodSeconds
        return 30.0 if seconds is None else float(seconds)
