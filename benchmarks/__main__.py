"""``python -m benchmarks``: measure, print, and write ``benchmarks/results.json`` and ``docs/benchmarks.md``."""

import argparse
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

from benchmarks import bundle, cold, local_loop, store_requests, warm, whole_shop
from benchmarks.answers import WrongAnswer, check
from benchmarks.asynchronous import end_to_end, ledger
from benchmarks.batch import curve, report, scan, shards, text
from benchmarks.compute import orders, reports
from benchmarks.installation import Installation, install
from benchmarks.k8s import operator, scaling, worker
from benchmarks.page import tables, with_tables
from benchmarks.results import Result, merged, read_rows, stamped, write_rows
from benchmarks.subjects import SUBJECTS
from patterns_infra.bundles import BundleError
from patterns_infra.paths import REPOSITORY

__all__ = ["main"]

RESULTS = REPOSITORY / "benchmarks" / "results.json"
PAGE = REPOSITORY / "docs" / "benchmarks.md"
FEWEST_ROUNDS = 9
FEWEST_CROSSINGS = 2
TITLES = {
    "cold": "Cold start: a new process up to the answer to its first order",
    "warm": "Warm: orders in one process, one after the other",
    "bundle": "Size of the API function's bundle",
    "requests": "Requests to DynamoDB, for customers with 10, 100, 1,000 and 10,000 orders",
    "ledger": "The ledger function in one process: messages in a second, and requests to DynamoDB for one",
    "async-end-to-end": "From publish to ledger, on the local platform",
    "batch": "The report of ten million order lines",
    "batch-growth": "The report as rows grow",
    "batch-text": "The report of a CSV file compared with DuckDB's query over it, with the same checks of rows",
    "batch-shards": "A large file in two shards on two processors",
    "batch-table": "A day's report from the orders table, on the local platform",
    "k8s-operator": "The operator compared with a bare kopf handler that makes the same children, on the local cluster",
    "k8s-worker": "The worker compared with a bare loop of receive, publish and delete, on the local platform",
    "k8s-scaling": "Five thousand waiting messages, on the local cluster",
    "compute": "The fulfilment of an order on each compute, compared with a process on a machine",
    "compute-report": "The report of a million order lines on each compute, compared with a process on a machine",
    "whole-shop": "An order through all four patterns, on the local platform",
    "local-loop": "The local platform, with warm caches",
}


def main(arguments: list[str] | None = None) -> int:
    """Measure what is asked for; the exit code is 1 when it cannot be measured, whatever the figures are."""
    chosen = _parser().parse_args(arguments)
    if chosen.rounds < FEWEST_ROUNDS:
        _parser().error(f"--rounds must be at least {FEWEST_ROUNDS}: a median of fewer says little")
    if chosen.crossings < FEWEST_CROSSINGS:
        _parser().error(f"--crossings must be at least {FEWEST_CROSSINGS}, for the subjects to take turns")
    measure: dict[str, Callable[[], list[Result]]] = {
        "cold": lambda: cold.measure(_installed(), chosen.rounds),
        "warm": lambda: warm.measure(_installed(), chosen.rounds),
        "bundle": bundle.measure,
        "requests": store_requests.measure,
        "ledger": lambda: ledger.measure(chosen.rounds),
        "async-end-to-end": lambda: end_to_end.measure(chosen.crossings),
        "batch": lambda: report.measure(chosen.reports),
        "batch-growth": lambda: report.measure_growth(chosen.reports),
        "batch-text": lambda: text.measure(chosen.reports),
        "batch-shards": lambda: shards.measure(chosen.reports),
        "batch-table": lambda: scan.measure(chosen.reports),
        "k8s-operator": lambda: operator.measure(chosen.processors, chosen.crossings),
        "k8s-worker": lambda: worker.measure(chosen.crossings),
        "k8s-scaling": scaling.measure,
        "compute": lambda: orders.measure(chosen.rounds),
        "compute-report": lambda: reports.measure(chosen.reports),
        "whole-shop": whole_shop.measure,
        "local-loop": lambda: local_loop.measure(chosen.loops),
    }
    rows = []
    try:
        for name in chosen.only or TITLES:
            began = time.monotonic()
            print(f"{name} …", file=sys.stderr, flush=True)
            rows += [stamped(result) for result in measure[name]()]
            print(f"{name}: measured in {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    except (WrongAnswer, BundleError) as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 1
    print(tables(rows, TITLES))
    if not chosen.no_write:
        _write(RESULTS, PAGE, rows)
    return 0


def _write(results: Path, page: Path, rows: list[dict[str, object]]) -> None:
    """Keep the rows, and show all that are kept."""
    kept = merged(read_rows(results), rows, list(TITLES))
    write_rows(results, kept)
    page.write_text(with_tables(page.read_text(), tables(kept, TITLES)))
    curve.draw(kept, page.parent / "batch-growth.svg")


@cache
def _installed() -> Installation:
    """Install the subjects once, and see that each does its work."""
    installation = install()
    for subject in SUBJECTS:
        check(installation, subject)
    return installation


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure the project against its peers.")
    parser.add_argument("--only", action="append", choices=list(TITLES), metavar="NAME", help=", ".join(TITLES))
    parser.add_argument(
        "--rounds", type=int, default=15, help="of cold, warm, ledger and compute; at least 9, 15 by default"
    )
    parser.add_argument("--loops", type=int, default=3, help="of local-loop, each of half a minute; 3 by default")
    parser.add_argument(
        "--crossings",
        type=int,
        default=3,
        help="of async-end-to-end, k8s-operator and k8s-worker; at least 2, 3 by default",
    )
    parser.add_argument(
        "--reports",
        type=int,
        default=3,
        help="rounds of batch and its like, and of compute-report; 3 by default",
    )
    parser.add_argument(
        "--processors", type=int, default=1_000, help="OrderProcessors of k8s-operator; 1,000 by default"
    )
    parser.add_argument("--no-write", action="store_true", help="print only")
    return parser


if __name__ == "__main__":
    sys.exit(main())
