"""The local platform: from nothing to deployed, and again when there is nothing to do.

Run through the command line like a user's, in a folder of its own, separate from the user's platform.
The caches of the checkout (environment of the emulator, bundles, synthesized templates) are warm.
"""

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.results import Result, counted

__all__ = ["measure", "steps"]

_STEP = re.compile(r"^(?P<step>.+): done in (?P<seconds>[0-9.]+) s", re.MULTILINE)


def measure(loops: int) -> list[Result]:
    """Go down and up and up again, after one round that warms the caches."""
    fresh: dict[str, list[float]] = {}
    again: list[float] = []
    for number in range(loops + 1):
        with _own_platform() as environment:
            seconds, said = _patterns("up", environment)
            second, _ = _patterns("up", environment)
        if number:
            for step, took in {"from nothing to deployed": seconds, **steps(said)}.items():
                fresh.setdefault(step, []).append(took)
            again.append(second)
    total = fresh.pop("from nothing to deployed")
    return [
        counted("local-loop", "patterns up, from nothing to deployed", statistics.median(total), "s"),
        *(
            counted("local-loop", f"of it: {step}", statistics.median(took), "s")
            for step, took in fresh.items()
            if any(took)
        ),
        counted("local-loop", "patterns up, again", statistics.median(again), "s"),
    ]


def steps(said: str) -> dict[str, float]:
    """Return the seconds of each step that the command tells of; steps may overlap."""
    return {found["step"]: float(found["seconds"]) for found in _STEP.finditer(said)}


@contextmanager
def _own_platform() -> Iterator[dict[str, str]]:
    with tempfile.TemporaryDirectory(prefix="patterns-bench-") as folder:
        environment = {**os.environ, "PATTERNS_LOCAL_STATE": folder}
        try:
            yield environment
        finally:
            _patterns("down", environment)


def _patterns(command: str, environment: dict[str, str]) -> tuple[float, str]:
    """Run the command; returns its seconds and what it said."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", "from patterns_cli.app import main; main()", command],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"patterns {command} failed:\n{done.stdout[-2000:]}")
    return time.monotonic() - began, done.stdout
