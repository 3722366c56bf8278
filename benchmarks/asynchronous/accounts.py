"""Where time goes on the platform: processor time of everybody, and the calls of a function."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass

import psutil

from benchmarks.asynchronous.routes import Route
from patterns_local.platform import Platform
from patterns_local.state import read_state

__all__ = ["Spent", "call_durations", "spent"]

_DURATION = re.compile(r"\tDuration: ([0-9.]+) ms")
_PAGE = 10_000
"""Lines that the platform's log answers at most, without a way to ask for more."""


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of processor time: of the emulator, of each function that it runs, and of this process, which publishes.

    Functions are told apart by process id: one that has ended meanwhile must not count against the others.
    """

    emulator: float
    functions: Mapping[int, float]
    publishers: float

    @property
    def all_functions(self) -> float:
        """What all functions spent."""
        return sum(self.functions.values())

    @property
    def all(self) -> float:
        """What everybody spent."""
        return self.emulator + self.all_functions + self.publishers

    def since(self, earlier: "Spent") -> "Spent":
        """Return what was spent since then."""
        return Spent(
            self.emulator - earlier.emulator,
            {pid: seconds - earlier.functions.get(pid, 0.0) for pid, seconds in self.functions.items()},
            self.publishers - earlier.publishers,
        )


def spent(platform: Platform) -> Spent:
    """Return what was spent so far by all that run."""
    state = read_state(platform.folder)
    assert state
    emulator = psutil.Process(state.emulator.pid)
    functions = {process.pid: _seconds(process) for process in emulator.children(recursive=True)}
    return Spent(_seconds(emulator), functions, time.process_time())


def call_durations(route: Route, *, since: int) -> list[float]:
    """Return the milliseconds of each call of the route's function since then, as Lambda reports them."""
    function = route.platform.client("lambda").get_function_configuration(FunctionName=route.function)
    lines = route.platform.client("logs").filter_log_events(
        logGroupName=function.get("LoggingConfig", {}).get("LogGroup") or f"/aws/lambda/{route.function}",
        startTime=since,
        filterPattern='"REPORT RequestId"',
    )["events"]
    assert len(lines) < _PAGE
    found = [_DURATION.search(line["message"]) for line in lines]
    return [float(each[1]) for each in found if each]


def _seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)
