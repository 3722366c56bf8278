"""Memory limits: a container whose processes hold more memory than its limit is killed, all of it at once.

On EKS a cgroup holds them to it, and the kernel kills at the first page too many. Here no cgroup is at hand without
root, and ``RLIMIT_AS`` counts addresses and not memory, so the processes are measured, on Linux.
"""

import asyncio
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lightkube.models.core_v1 import Container
from lightkube.resources.core_v1 import Pod
from lightkube.utils.quantity import parse_quantity

from patterns_local.kubelet.pod_parts import spec_of
from patterns_local.workloads.workload import Workload

__all__ = ["MemoryGuard", "memory_limit_of", "memory_of"]

_LOOK_SECONDS = 1.0
_NEAR_SECONDS = 0.1
"""Between two looks at a run that has used more than half of its limit."""
_PROC = Path("/proc")
_HELD = frozenset({"RssAnon", "RssShmem", "VmSwap"})
_SHARE = frozenset({"Pss_Anon", "Pss_Shmem", "SwapPss"})
"""Of memory that several processes share, each one's share (Linux 5.9 and newer)."""


def memory_limit_of(pod: Pod, container: Container) -> int | None:
    """Return the container's limit in bytes: its own, else that of the whole pod; ``None`` when it has none."""
    for resources in (container.resources, spec_of(pod).resources):
        amount = parse_quantity(((resources and resources.limits) or {}).get("memory"))
        if amount is not None:
            return int(amount)
    return None


def memory_of(keeper: int) -> int:
    """Return the bytes that the processes below one hold and could not give back, its own left out.

    Pages of files are not counted: a cgroup counts them, and drops them before it kills.
    """
    processes = list(_below(keeper))
    return sum(_bytes(_PROC / str(pid) / "status", _HELD) or 0 for pid in processes)


def _shared_once(keeper: int) -> int:
    """Return the same, with what processes share counted once; slower, since it looks at every mapping."""
    total = 0
    for pid in _below(keeper):
        share = _bytes(_PROC / str(pid) / "smaps_rollup", _SHARE)
        total += (_bytes(_PROC / str(pid) / "status", _HELD) or 0) if share is None else share
    return total


@dataclass(slots=True)
class MemoryGuard:
    """Keeps one run of a container to its memory limit.

    Attributes:
        limit: gives the limit in bytes, which may change while the container runs; ``None`` for none.
        killed: whether it has killed the run.
    """

    limit: Callable[[], int | None]
    killed: bool = False

    async def watch(self, workload: Workload) -> None:
        """Look at the run again and again until it has ended or is killed."""
        while workload.running:
            limit, used = self.limit(), memory_of(workload.keeper)
            # That figure is never the smaller one, so that the slow one is rarely needed.
            if (
                limit is not None
                and used > limit
                and await asyncio.to_thread(_shared_once, workload.keeper) > limit
                and workload.running
            ):
                self.killed = True
                await workload.kill()
                return
            await asyncio.sleep(_NEAR_SECONDS if limit is not None and used > limit / 2 else _LOOK_SECONDS)


def _below(pid: int) -> Iterator[int]:
    """Yield the processes that descend from one. What ends meanwhile is left out."""
    try:
        tasks = os.listdir(_PROC / str(pid) / "task")  # noqa: PTH208 - names are all that is needed
    except OSError:
        return
    for task in tasks:
        try:
            children = (_PROC / str(pid) / "task" / task / "children").read_text().split()
        except OSError:
            continue
        for child in map(int, children):
            yield child
            yield from _below(child)


def _bytes(path: Path, names: frozenset[str]) -> int | None:
    """Return the sum of a file's fields, which are in KiB; ``None`` when it does not have all of them."""
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return None
    found = {name: amount for name, _, amount in (line.partition(":") for line in lines) if name in names}
    return 1024 * sum(int(amount.split()[0]) for amount in found.values()) if len(found) == len(names) else None
