"""Memory limits: what counts, whose limit it is, and what happens to a container that exceeds it."""

import asyncio
import sys
from pathlib import Path

import msgspec
import pytest
from lightkube.resources.core_v1 import Pod

from patterns_local.kubelet.memory import MemoryGuard, memory_limit_of
from patterns_local.workloads.log import WorkloadLog
from patterns_local.workloads.workload import Command, Workload

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="memory is measured on Linux only")

MIB = 1 << 20
TAKES = "import os, subprocess, sys, time; held = b'x' * (80 << 20)"
HOLDS = f"{TAKES}; time.sleep(60)"
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {HOLDS!r}])"
LEAVES = (
    "import subprocess, sys, time; "
    f"subprocess.run(['sh', '-c', 'setsid \"$0\" -c \"$1\" & true', sys.executable, {HOLDS!r}]); time.sleep(60)"
)
FORKS = f"{TAKES}; [os.fork() or os._exit(time.sleep(1.5) or 0) for _ in range(3)]; time.sleep(1.5)"


def _pod(container: dict[str, object] | None, pod: dict[str, object] | None) -> Pod:
    main = {"name": "main", **({"resources": container} if container else {})}
    spec = {"containers": [main], **({"resources": pod} if pod else {})}
    return msgspec.convert({"metadata": {"name": "p"}, "spec": spec}, type=Pod)


@pytest.mark.parametrize(
    ("container", "pod", "limit"),
    [
        (None, None, None),
        ({"requests": {"memory": "1Gi"}}, None, None),
        ({"limits": {"cpu": "1"}}, None, None),
        ({"limits": {"memory": "256Mi"}}, None, 256 * MIB),
        ({"limits": {"memory": "100M"}}, {"limits": {"memory": "1Gi"}}, 100_000_000),
        (None, {"limits": {"memory": "1Gi"}}, 1024 * MIB),
    ],
)
def test_the_limit_is_the_containers_own_or_the_pods(
    container: dict[str, object] | None, pod: dict[str, object] | None, limit: int | None
) -> None:
    """A request is no limit."""
    made = _pod(container, pod)
    assert made.spec
    assert memory_limit_of(made, made.spec.containers[0]) == limit


async def _run(folder: Path, program: str, limits: list[int | None]) -> tuple[bool, int]:
    """Run a Python program under limits, each for one look and the last for all that follow; killed, and exit code."""
    guard = MemoryGuard(lambda: limits.pop(0) if len(limits) > 1 else limits[0])
    command = Command([sys.executable, "-c", program], {"PATH": "/usr/bin:/bin"}, folder)
    workload = await Workload.start(command, WorkloadLog(folder / "run.log"))
    guarding = asyncio.create_task(guard.watch(workload))
    try:
        async with asyncio.timeout(30):
            code = await workload.wait()
            await guarding
    finally:
        await workload.kill()
    return guard.killed, code


@on_linux
@pytest.mark.parametrize("program", [HOLDS, PARENT, LEAVES], ids=["itself", "a child", "left behind"])
def test_all_that_a_container_started_counts(tmp_path: Path, program: str) -> None:
    """Children, and what has lost its parent and has a session of its own."""
    assert asyncio.run(_run(tmp_path, program, [50 * MIB])) == (True, 137)


@on_linux
def test_what_processes_share_counts_once(tmp_path: Path) -> None:
    """Four that were forked after 80 MiB were taken hold little more than that."""
    assert asyncio.run(_run(tmp_path, FORKS, [160 * MIB])) == (False, 0)


@on_linux
def test_a_limit_that_comes_while_it_runs_counts_from_then(tmp_path: Path) -> None:
    """Limits of a running pod can be changed (`kubectl patch pod --subresource resize`)."""
    assert asyncio.run(_run(tmp_path, HOLDS, [None, 500 * MIB, 50 * MIB])) == (True, 137)


def test_without_a_limit_it_runs_to_its_own_end(tmp_path: Path) -> None:
    """And the end is its own, with its own code."""
    assert asyncio.run(_run(tmp_path, f"{TAKES}; sys.exit(3)", [None])) == (False, 3)
