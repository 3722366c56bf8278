"""The report of a CSV file compared with DuckDB's own query over it, with the same checks of rows, as rows grow."""

import statistics
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.batch.order_lines import write_csv_apart, write_lines_apart
from benchmarks.batch.processes import Took, run
from benchmarks.results import Result, compared, counted

__all__ = ["measure"]

BENCHMARK = "batch-text"
_EXPONENTS = {5: "10⁵", 6: "10⁶", 7: "10⁷"}
_MODULE = "benchmarks.batch.subjects"


def measure(rounds: int) -> list[Result]:
    """Let one shard and the query take turns at each number of lines; medians, both having counted the same."""
    rows = []
    for exponent, shown in _EXPONENTS.items():
        with TemporaryDirectory(prefix="patterns-bench-") as folder:
            path = _csv(Path(folder), 10**exponent)
            took: dict[str, list[Took]] = {"query": [], "shard": []}
            for _ in range(rounds):
                for name, all_took in took.items():
                    all_took.append(run(_MODULE, name, str(path)))
        assert len({tuple(one.counted.items()) for all_took in took.values() for one in all_took}) == 1
        wall, processor, query, processor_of_query = (
            statistics.median(getattr(one, what) for one in took[name])
            for name in ("shard", "query")
            for what in ("wall", "processor")
        )
        rows += [
            compared(
                BENCHMARK,
                f"one shard of {shown} lines: DuckDB, one hand-written query",
                wall,
                query,
                "s",
                at_most=1.3,
            ),
            compared(BENCHMARK, f"processor time, {shown} lines", processor, processor_of_query, "s"),
            counted(BENCHMARK, f"{shown} lines: a million lines", wall / 10 ** (exponent - 6), "s"),
            counted(
                BENCHMARK, f"{shown} lines: peak of memory", max(one.peak for one in took["shard"]), "MB", at_most=600
            ),
        ]
    return rows


def _csv(folder: Path, lines: int) -> Path:
    parquet, text = folder / "lines.parquet", folder / "lines.csv"
    write_lines_apart(parquet, lines)
    write_csv_apart(parquet, text)
    parquet.unlink()
    return text
