"""What the tasks of a run use: each try of a step leaves an object whose name says it, so that a listing tells all.

A try that is killed outright leaves none.
"""

import secrets
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, fields

from patterns_batch.application.ports import Objects
from patterns_batch.application.run_keys import RunKeys

__all__ = ["TaskUse", "Usage", "tasks_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskUse:
    """What one try of a step used.

    Attributes:
        step: its name.
        seconds: of the program, whole ones.
        cpu: 1024 for a virtual processor.
        memory: in MiB.
        writes: requests of S3 that write or list.
        reads: other requests of S3.
        scanned: bytes of the table that a scan reads, by the table's size of some hours ago.
    """

    step: str
    seconds: int
    cpu: int
    memory: int
    writes: int = 0
    reads: int = 0
    scanned: int = 0

    @property
    def name(self) -> str:
        """All of it as text, for a key."""
        return ",".join(f"{name}={value}" for name, value in asdict(self).items())

    @classmethod
    def parse(cls, name: str) -> "TaskUse":
        """Return what ``name`` wrote."""
        found = dict(pair.split("=") for pair in name.split(","))
        numbers = {each.name: int(found[each.name]) for each in fields(cls) if each.name != "step"}
        return cls(step=found["step"], **numbers)


@dataclass(slots=True)
class Usage:
    """What this process uses; adapters count, from any thread."""

    cpu: int = 1024
    memory: int = 2048
    clock: Callable[[], float] = time.monotonic
    writes: int = 0
    reads: int = 0
    scanned: int = 0
    _began: float = field(init=False)
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Begin now."""
        self._began = self.clock()

    def count_request(self, operation: str) -> None:
        """Count a request of S3, by its operation: ``PutObject``, ``GetObject``."""
        with self._lock:
            if operation.startswith(("Put", "List", "Create", "Upload", "Copy", "Complete")):
                self.writes += 1
            else:
                self.reads += 1

    def so_far(self, step: str) -> TaskUse:
        """Return what was used up to now."""
        return TaskUse(
            step=step,
            seconds=int(self.clock() - self._began) + 1,
            cpu=self.cpu,
            memory=self.memory,
            writes=self.writes,
            reads=self.reads,
            scanned=self.scanned,
        )

    def leave(self, objects: Objects, run: str, step: str) -> None:
        """Say what this try used."""
        objects.write(f"{RunKeys(run).usage}{self.so_far(step).name},try={secrets.token_hex(4)}", b"")


def tasks_of(objects: Objects, run: str) -> Iterable[TaskUse]:
    """Return what the tries used that left word."""
    prefix = RunKeys(run).usage
    for found in objects.listing(prefix):
        yield TaskUse.parse(found.key.removeprefix(prefix))
