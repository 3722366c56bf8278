"""A large file in two shards on two processors, against the same file in one shard: text and Parquet.

As a program: ``python -m benchmarks.batch.shards NAME FILE FOLDER`` plans a file and works all shards off at once.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.batch.order_lines import write_csv_apart, write_lines_apart
from benchmarks.batch.processes import run
from benchmarks.batch.subjects import steps_of
from benchmarks.results import Result, compared, counted

__all__ = ["measure"]

BENCHMARK = "batch-shards"
LINES = {"csv": 3_000_000, "parquet": 10_000_000}
"""Enough that a shard's work takes ten seconds and more, and the start of a process does not decide."""
_MODULE = "benchmarks.batch.shards"
_READY = "ready"


def measure(rounds: int) -> list[Result]:
    """Let one and two shards take turns; medians of what the work takes, and of what the plan takes before it."""
    rows = []
    with TemporaryDirectory(prefix="patterns-bench-") as folder:
        for path in _files(Path(folder)):
            took: dict[str, list[dict[str, int]]] = {"one": [], "two": []}
            for _ in range(rounds):
                for name, all_took in took.items():
                    all_took.append(run(_MODULE, name, str(path)).counted)
            assert len({each["lines"] for all_took in took.values() for each in all_took}) == 1
            one, two, processor_one, processor_two, plan_one, plan_two = (
                statistics.median(each[what] for each in took[name]) / 1000
                for what in ("work", "processor", "plan")
                for name in ("one", "two")
            )
            kind = path.suffix[1:]
            lines = LINES[kind]
            rows += [
                compared(
                    BENCHMARK,
                    f"lines a second, {lines:.0e} lines of {kind}, two shards at once: one shard",
                    lines / two,
                    lines / one,
                    "lines/s",
                    at_least=1.6,
                ),
                compared(
                    BENCHMARK,
                    f"{kind}: processor time, two shards together: one shard",
                    processor_two,
                    processor_one,
                    "s",
                    at_most=1.25,
                ),
                counted(BENCHMARK, f"{kind}: the plan of two shards, before them", plan_two, "s", peer=plan_one),
            ]
    return rows


def _files(folder: Path) -> Iterator[Path]:
    """Yield the text, then the Parquet file; each is gone when the next one is there."""
    lines, text = folder / "lines.parquet", folder / "lines.csv"
    write_lines_apart(lines, LINES["csv"])
    write_csv_apart(lines, text)
    yield text
    text.unlink()
    write_lines_apart(lines, LINES["parquet"])
    yield lines


def work(path: Path, folder: Path, shards: int) -> dict[str, int]:
    """Plan the file as so many shards, work each off in a process of its own, and return what it took, in ms.

    Each process has a processor of its own, as a task of one virtual processor has. The clock starts when all of them
    have started: that takes each as long, whatever its shard, and longer on Fargate than here.
    """
    began = _clock()
    _, manifest = steps_of(path, folder, shards=shards)
    planned = _clock()
    assert len(manifest.shards) == shards
    command = [sys.executable, "-m", _MODULE, str(shards), str(path), str(folder)]
    processes = [
        subprocess.Popen([*command, str(number)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for number in range(shards)
    ]
    assert [_said(process) for process in processes] == [_READY] * shards
    started = _clock()
    for process in processes:
        assert process.stdin
        process.stdin.close()
    processor = sum(int(_said(process)) for process in processes)
    assert not any(process.wait() for process in processes)
    done = _clock()
    lines = sum(json.loads(each.read_bytes())["read"] for each in (folder / "runs/run/partials").iterdir())
    return {"plan": planned - began, "work": done - started, "processor": processor, "lines": lines}


def _said(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def _one_shard(path: Path, folder: Path, shards: int, number: int) -> None:
    """Say that the process has started, wait for the end of the input, and say what the shard took, in ms."""
    if sys.platform == "linux":
        processors = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {processors[number % len(processors)]})
    steps, manifest = steps_of(path, folder, shards=shards)
    print(_READY, flush=True)
    sys.stdin.read()
    began = time.process_time_ns()
    steps.sharder.work(manifest, number)
    print((time.process_time_ns() - began) // 1_000_000, flush=True)


def _clock() -> int:
    return time.monotonic_ns() // 1_000_000


SUBJECTS: dict[str, Callable[[Path, Path], dict[str, int]]] = {
    "one": lambda path, folder: work(path, folder, 1),
    "two": lambda path, folder: work(path, folder, 2),
}

if __name__ == "__main__":
    name, file, place, *number = sys.argv[1:]
    if number:
        _one_shard(Path(file), Path(place), int(name), int(number[0]))
    else:
        print(json.dumps(SUBJECTS[name](Path(file), Path(place))))
