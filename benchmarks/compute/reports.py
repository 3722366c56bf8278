"""The report of a million order lines on each compute: start, processor time, memory, scratch disk and requests."""

import json
import os
import statistics
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.answers import WrongAnswer
from benchmarks.batch.order_lines import write_lines_apart
from benchmarks.compute.computes import BASE, COMPUTES, MACHINE, Compute
from benchmarks.compute.deployment import REPORT, Deployed, deploy
from benchmarks.compute.fake_aws import FakeAws, fake_aws
from benchmarks.compute.processes import peak_megabytes, processor_seconds
from benchmarks.compute.sizes import sizes
from benchmarks.compute.systemd import commands_of
from benchmarks.results import Result, compared_in_turns, counted

__all__ = ["BENCHMARK", "ReportRun", "check", "measure", "run"]

BENCHMARK = "compute-report"
LINES = 1_000_000
FEW_LINES = 5_000
_RUN = "bench"
_EVENT = {"run": _RUN, "bucket": "inbox", "key": "lines.parquet"}
_STEPS = (
    ("plan", "--run", _RUN, "--input", "s3://inbox/lines.parquet"),
    ("shard", "--run", _RUN, "--shard", "0"),
    ("report", "--run", _RUN),
)
"""The batch's own program, as the state machine starts it: a task each."""


@dataclass(slots=True)
class ReportRun:
    """What one report took, over all processes that it needs.

    Attributes:
        start: processor seconds up to the first request to AWS, of each process.
        processor: processor seconds up to the last request.
        peak: megabytes of the largest process.
        scratch: megabytes of files below the temporary folder, at most.
        requests: to AWS, by operation.
        document: the report's figures.
    """

    start: float = 0.0
    processor: float = 0.0
    peak: float = 0.0
    scratch: float = 0.0
    requests: Counter[str] = field(default_factory=Counter)
    document: dict[str, Any] = field(default_factory=dict)


def measure(rounds: int) -> list[Result]:
    """Let the computes take turns; all have made the same report of few lines before."""
    deployed = {compute: deploy(compute, REPORT) for compute in COMPUTES}
    check(deployed)
    seen: dict[Compute, list[ReportRun]] = {compute: [] for compute in COMPUTES}
    with TemporaryDirectory(prefix="patterns-bench-") as folder:
        lines = Path(folder, "lines.parquet")
        write_lines_apart(lines, LINES)
        for _ in range(rounds):
            for compute, runs in seen.items():
                runs.append(run(compute, deployed[compute], lines))
    _same(seen)
    return [*_timed(seen), *_counted(seen), *sizes(BENCHMARK, deployed, lambda compute: compute.report_files)]


def check(deployed: Mapping[Compute, Deployed]) -> None:
    """Make a report of few lines on each compute.

    Raises:
        WrongAnswer: the reports differ, or have not counted all lines.
    """
    with TemporaryDirectory(prefix="patterns-bench-") as folder:
        lines = Path(folder, "lines.parquet")
        write_lines_apart(lines, FEW_LINES)
        _same({compute: [run(compute, each, lines)] for compute, each in deployed.items()}, lines=FEW_LINES)


def run(compute: Compute, deployed: Deployed, lines: Path) -> ReportRun:
    """Make the report of a file."""
    took = ReportRun()
    with TemporaryDirectory(prefix="patterns-bench-") as name:
        scratch, buckets = Path(name, "scratch"), Path(name, "buckets")
        for folder in (scratch, buckets / "inbox", buckets / "reports"):
            folder.mkdir(parents=True)
        (buckets / "inbox" / lines.name).symlink_to(lines)
        meter = _Meter(took, scratch)
        with fake_aws(buckets, meter.look) as aws:
            environment = _environment(aws, deployed, scratch)
            if compute.invoked:
                _invoke(compute, deployed, environment, aws, meter)
            else:
                for command in _commands(compute, deployed):
                    meter.started(
                        process := subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
                    )
                    said, _ = process.communicate()
                    if process.returncode:
                        raise WrongAnswer(f"{compute.name}: {command} ended with {process.returncode}: {said[-2000:]}")
            took.requests = aws.requests
        meter.ended()
        took.document = _document(buckets / "reports")
    return took


class _Meter:
    """Looks at the process of the moment whenever it asks AWS for something; it waits for the answer then."""

    def __init__(self, took: ReportRun, scratch: Path) -> None:
        self._took = took
        self._scratch = scratch
        self._pid = 0
        self._processor = 0.0

    def started(self, process: subprocess.Popen[str]) -> None:
        self.ended()
        self._pid = process.pid

    def look(self, kind: str, _total: int) -> None:
        if kind != "request":
            return
        seconds = processor_seconds(self._pid)
        if not self._processor:
            self._took.start += seconds
        self._processor = max(self._processor, seconds)
        self._took.peak = max(self._took.peak, peak_megabytes(self._pid))
        self._took.scratch = max(self._took.scratch, _megabytes(self._scratch))

    def ended(self) -> None:
        self._took.processor += self._processor
        self._processor = 0.0


def _environment(aws: FakeAws, deployed: Deployed, scratch: Path) -> dict[str, str]:
    return {
        **aws.environment,
        "PATH": os.defpath,
        "PYTHONPATH": deployed.path,
        "STAGE": "bench",
        "REPORT_BUCKET": "reports",
        "PSEUDONYM_SECRET_ARN": "pseudonyms",
        "APP_VERSION": "bench",
        "SCRATCH_DIR": str(scratch),
        "TMPDIR": str(scratch),
    }


def _invoke(compute: Compute, deployed: Deployed, environment: Mapping[str, str], aws: FakeAws, meter: _Meter) -> None:
    event = aws.executions.begin(_EVENT) if compute.kind == "durable" else _EVENT
    process = subprocess.Popen(
        deployed.invoked(compute.report),
        env=dict(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    meter.started(process)
    said, _ = process.communicate(json.dumps(event) + "\n")
    answer = json.loads(said or "null")
    if not answer or (compute.kind == "durable" and answer["Status"] != "SUCCEEDED"):
        raise WrongAnswer(f"{compute.name} answers {answer}")


def _commands(compute: Compute, deployed: Deployed) -> list[list[str]]:
    if compute is not MACHINE:
        return [deployed.command("patterns_batch", *step) for step in _STEPS]
    unit = Path(__file__).with_name("infrastructure").joinpath("report_machine.service").read_text()
    given = {"${RUN}": _RUN, "${BUCKET}": "inbox", "${KEY}": "lines.parquet"}
    return [[given.get(word, word) for word in command] for command in commands_of(unit, deployed.python)]


def _document(bucket: Path) -> dict[str, Any]:
    """Return the figures of the report that is published."""
    (pointer,) = bucket.glob("reports/**/report.json")
    found = json.loads(pointer.read_text())
    document: dict[str, Any] = json.loads((bucket / found["files"]["sales.json"]["key"]).read_bytes())
    return {"read": found["read"], "bad": found["bad"], "sales": document}


def _same(seen: Mapping[Compute, Sequence[ReportRun]], lines: int = LINES) -> None:
    first = seen[BASE][0].document
    if (first["read"], first["bad"]) != (lines, 0):
        raise WrongAnswer(f"{BASE.name} has read {first['read']} lines of {lines}, and {first['bad']} bad ones")
    for compute, runs in seen.items():
        if any(one.document != first for one in runs):
            raise WrongAnswer(f"{compute.name} has made another report than {BASE.name}")


def _megabytes(folder: Path) -> float:
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.stat(os.path.join(parent, name)).st_size  # noqa: PTH116, PTH118 - for each request
            except FileNotFoundError:
                continue
    return total / 1e6


def _timed(seen: Mapping[Compute, Sequence[ReportRun]]) -> Iterator[Result]:
    what: dict[str, tuple[str, Callable[[ReportRun], float]]] = {
        "start, processor time": ("s", lambda one: one.start),
        "all steps, processor time": ("s", lambda one: one.processor),
        "peak of memory": ("MB", lambda one: one.peak),
    }
    for name, (unit, figure) in what.items():
        base = [figure(one) for one in seen[BASE]]
        for compute, runs in seen.items():
            if compute is not BASE:
                yield compared_in_turns(BENCHMARK, f"{name}: {compute.name}", [figure(x) for x in runs], base, unit)


def _counted(seen: Mapping[Compute, Sequence[ReportRun]]) -> Iterator[Result]:
    what: dict[str, tuple[str, Callable[[ReportRun], float]]] = {
        "scratch disk": ("MB", lambda one: one.scratch),
        "requests to AWS": ("requests", lambda one: one.requests.total()),
    }
    for name, (unit, figure) in what.items():
        medians = {compute: float(statistics.median(map(figure, runs))) for compute, runs in seen.items()}
        for compute, ours in medians.items():
            if compute is not BASE:
                yield counted(BENCHMARK, f"{name}: {compute.name}", ours, unit, peer=medians[BASE])
