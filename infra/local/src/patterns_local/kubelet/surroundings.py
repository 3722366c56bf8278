"""What a container's processes need of their pod."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from patterns_local.workloads.workload import Command

__all__ = ["NotReadyToRun", "Surroundings"]


class NotReadyToRun(Exception):
    """A container cannot be started for now; its reason is one of Kubernetes' words."""

    def __init__(self, reason: str, message: str) -> None:
        """Keep both."""
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a container needs of its pod.

    Attributes:
        address: the pod's.
        folder: the container's own.
        prepare: gives the command to run, anew for each run; raises `NotReadyToRun`.
        changed: called after each change of the record.
        tell: records an event: type, reason, message.
        restarts_after: whether it is started again after it has ended with this exit code.
        grace_seconds: for a liveness probe's victim.
        memory_limit: gives the container's limit in bytes, ``None`` for none.
    """

    address: str
    folder: Path
    prepare: Callable[[], Awaitable[Command]]
    changed: Callable[[], None]
    tell: Callable[[str, str, str], Awaitable[None]]
    restarts_after: Callable[[int], bool]
    grace_seconds: float
    memory_limit: Callable[[], int | None]
