"""Killing the batch's tasks: as the kernel does, as Spot does, as an operator does."""

import signal
import time
from enum import StrEnum
from typing import Any

import psutil
from tests.clients import administrator

from patterns_local.platform import Platform

__all__ = ["STEPS", "Killer", "Way"]

STEPS = ("plan", "shard", "merge", "publish")
_LOOK = 0.02


class Way(StrEnum):
    """How a task is killed."""

    SIGKILL = "SIGKILL"
    SIGTERM = "SIGTERM"
    STOP_TASK = "StopTask"


class Killer:
    """Finds the process of a step of a run, and kills it or its task."""

    def __init__(self, platform: Platform, cluster: str, run: str) -> None:
        """Look at the tasks of this run only."""
        self._ecs = administrator(platform, "ecs")
        self._cluster = cluster
        self._run = run

    def lives(self, *, until: str, seconds: float) -> dict[str, float]:
        """Watch an undisturbed execution; return for how many seconds each step's process was there."""
        seen: dict[str, list[float]] = {}
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            now = time.monotonic()
            running = [step for step, _ in self._running()]
            for step in running:
                seen.setdefault(step, [now, now])[1] = now
            if until in seen and until not in running:
                return {step: last - first for step, (first, last) in seen.items()}
            time.sleep(_LOOK)
        raise AssertionError(f"{until} did not come to its end within {seconds:g} s; seen: {sorted(seen)}")

    def kill(self, step: str, way: Way, *, after: float, seconds: float = 90) -> bool:
        """Kill the step's next process ``after`` seconds of its life; return whether it was still there."""
        process = self._wait_for(step, seconds)
        time.sleep(after)
        if way is Way.STOP_TASK:
            return self._stop_task(process)
        try:
            process.send_signal(signal.Signals[way])
        except psutil.NoSuchProcess:
            return False
        return True

    def appears(self, step: str, *, seconds: float = 90) -> bool:
        """Return once a process of the step is there."""
        return self._wait_for(step, seconds).is_running()

    def running(self, step: str) -> bool:
        """Whether a process of the step is there."""
        return any(found == step for found, _ in self._running())

    def _wait_for(self, step: str, seconds: float) -> psutil.Process:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for found, process in self._running():
                if found == step:
                    return process
            time.sleep(_LOOK)
        raise AssertionError(f"no {step} of run {self._run} ran within {seconds:g} s")

    def _stop_task(self, process: psutil.Process) -> bool:
        tasks: list[str] = self._ecs.list_tasks(cluster=self._cluster, desiredStatus="RUNNING")["taskArns"]
        described: list[dict[str, Any]] = (
            self._ecs.describe_tasks(cluster=self._cluster, tasks=tasks)["tasks"] if tasks else []
        )
        for task in described:
            (override,) = task["overrides"]["containerOverrides"]
            if self._run in override["command"] and process.is_running():
                self._ecs.stop_task(cluster=self._cluster, task=task["taskArn"], reason="killed by a test")
                return True
        return False

    def _running(self) -> list[tuple[str, psutil.Process]]:
        """Return step and process of each of the run's programs; the tethers that hold them are none."""
        found = []
        for process in psutil.process_iter():
            try:
                arguments = process.cmdline()
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
            if arguments[1:3] == ["-m", "patterns_batch"] and self._run in arguments:
                found.append((arguments[3], process))
        return found
