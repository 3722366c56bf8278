"""The report of a file: against DuckDB's own query, against a loop, and as rows grow."""

import statistics
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.batch.order_lines import write_json_apart, write_lines_apart
from benchmarks.batch.processes import Took, run
from benchmarks.results import Result, compared, counted

__all__ = ["MANY", "measure", "measure_growth"]

BENCHMARK, GROWTH = "batch", "batch-growth"
MANY = 10_000_000
LOOPED = 1_000_000
"""Lines of the loop; its time is scaled to as many as ours has."""
PEAK_MB = 600
_MODULE = "benchmarks.batch.subjects"
_TASKS = 3
_VCPU_HOUR, _GB_HOUR = 0.04048, 0.004445
"""US dollars of Fargate, Linux on x86, us-east-1: https://aws.amazon.com/fargate/pricing/ (seen 2026-11-25)."""
_VCPU, _GB, _LEAST_SECONDS = 1, 2, 60


def measure(rounds: int) -> list[Result]:
    """Let the subjects take turns at ten million lines; medians, all having counted the same."""
    with TemporaryDirectory(prefix="patterns-bench-") as folder:
        path = Path(folder, "lines.parquet")
        write_lines_apart(path, MANY)
        took: dict[str, list[Took]] = {"query": [], "shard": [], "report": []}
        for _ in range(rounds):
            for name, all_took in took.items():
                all_took.append(run(_MODULE, name, str(path)))
        looped = _loop(Path(folder))
    assert len({tuple(one.counted.items()) for all_took in took.values() for one in all_took}) == 1
    shard, query, report = (_median(took[name], "wall") for name in ("shard", "query", "report"))
    scaled = looped.wall * MANY / LOOPED
    return [
        compared(BENCHMARK, "one shard of 10⁷ lines: DuckDB, one hand-written query", shard, query, "s", at_most=1.5),
        compared(BENCHMARK, "all steps, 10⁷ lines: DuckDB, one hand-written query", report, query, "s", at_most=1.5),
        compared(
            BENCHMARK,
            "processor time, one shard: DuckDB, one hand-written query",
            _median(took["shard"], "processor"),
            _median(took["query"], "processor"),
            "s",
        ),
        compared(
            BENCHMARK,
            "lines a second: a loop over dictionaries, 10⁶ lines",
            MANY / report,
            MANY / scaled,
            "lines/s",
            at_least=10.0,
        ),
        compared(
            BENCHMARK,
            "peak of memory: the query",
            max(t.peak for t in took["shard"]),
            _median(took["query"], "peak"),
            "MB",
        ),
        counted(BENCHMARK, "peak of memory, one shard", max(t.peak for t in took["shard"]), "MB", at_most=PEAK_MB),
        counted(BENCHMARK, "peak of memory, all steps", max(t.peak for t in took["report"]), "MB", at_most=PEAK_MB),
    ]


def measure_growth(rounds: int) -> list[Result]:
    """Measure all steps on more and more lines: time, memory, and what Fargate would ask for it."""
    rows = []
    for exponent in (5, 6, 7):
        with TemporaryDirectory(prefix="patterns-bench-") as folder:
            path = Path(folder, "lines.parquet")
            write_lines_apart(path, 10**exponent)
            took = [run(_MODULE, "report", str(path)) for _ in range(rounds)]
        lines = f"10{'⁵⁶⁷'[exponent - 5]} lines"
        wall = _median(took, "wall")
        rows += [
            counted(GROWTH, f"{lines}: all steps", wall, "s"),
            counted(GROWTH, f"{lines}: a million lines", wall / 10 ** (exponent - 6), "s"),
            counted(GROWTH, f"{lines}: peak of memory", max(one.peak for one in took), "MB", at_most=PEAK_MB),
            counted(GROWTH, f"{lines}: Fargate, three tasks of 1 vCPU and 2 GB", _cost(wall), "US cents"),
        ]
    return rows


def _loop(folder: Path) -> Took:
    """Loop over lines that are JSON already: writing them is not the loop's time."""
    parquet, lines = folder / "some.parquet", folder / "lines.jsonl"
    write_lines_apart(parquet, LOOPED)
    write_json_apart(parquet, lines)
    return run(_MODULE, "loop", str(parquet), linked=lines)


def _median(took: Sequence[Took], name: str) -> float:
    return float(statistics.median(getattr(one, name) for one in took))


def _cost(seconds: float) -> float:
    """Return cents: a second on a machine with two cores is one on two vCPUs; a task costs a minute at least."""
    billed = _TASKS * max(_LEAST_SECONDS, 2 * seconds / _TASKS)
    return 100 * billed / 3600 * (_VCPU * _VCPU_HOUR + _GB * _GB_HOUR)
