"""One process, measured from outside: seconds from its start to its end, of processor time, and its peak of memory."""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

__all__ = ["Took", "run"]


@dataclass(frozen=True, slots=True)
class Took:
    """What a process took: seconds by the clock and of processor time, MB at its peak; and what it ``counted``."""

    wall: float
    processor: float
    peak: float
    counted: dict[str, int]


def run(module: str, *arguments: str, linked: Path | None = None) -> Took:
    """Run ``module`` with these arguments and a new folder, in which ``linked`` appears as ``lines.jsonl``."""
    with TemporaryDirectory(prefix="patterns-bench-") as folder:
        if linked:
            Path(folder, "lines.jsonl").symlink_to(linked)
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments, folder], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout
        said = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, f"{module} {arguments} ended with {process.returncode}"
    return Took(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1000, json.loads(said))
