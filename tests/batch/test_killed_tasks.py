"""Tasks are killed at random moments of random steps: the report is the same to the byte, or there is a reason."""

import gzip
import json
import os
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from random import Random

import pytest
from rich.console import Console
from rich.table import Table
from tests.pointer_poller import PointerPoller
from tests.reports import Ended, Reports
from tests.task_kills import STEPS, Killer, Way
from tests.waiting import eventually

from patterns_batch.testing.order_lines import csv_of, lines_of, make_orders
from patterns_infra.batch_names import BY_COMMAND
from patterns_local.platform import Platform

KILLS = [
    pytest.param(3, 4, marks=pytest.mark.integration, id="3 kills"),
    pytest.param(20, 12, marks=pytest.mark.faults, id="20 kills"),
]
Files = dict[str, bytes]


def order_file(seed: int, copies: int) -> bytes:
    """Return a packed CSV file of about 21,000 lines for each copy; the copies differ by their orders' ids."""
    header, *lines = csv_of(lines_of(make_orders(10_000, day=date(2026, 1, 5), days=3, seed=seed))).splitlines()
    copied = (b"%d-%s" % (copy, line) for copy in range(copies) for line in lines)
    return gzip.compress(b"\n".join([header, *copied, b""]), 1, mtime=0)


@dataclass(slots=True)
class Trial:
    """One execution whose task was killed, and what was seen."""

    step: str
    way: Way
    after: float
    status: str = ""
    seconds: float = 0.0
    tries: int = 0
    reads: str = ""
    verdict: str = ""


@dataclass(slots=True)
class Trials:
    """Kills tasks, with what chance decides taken from one seed.

    Two versions of one file are reported again and again, in turn. What was published of one is taken away before, so
    that a reader who sees anything but nothing and then the whole report has seen half of one.
    """

    platform: Platform
    reports: Reports
    random: Random
    contents: tuple[bytes, bytes]
    name: str = field(default_factory=lambda: f"{BY_COMMAND}killed-{secrets.token_hex(4)}.csv.gz")
    versions: list[str] = field(default_factory=list)
    made: list[str] = field(default_factory=list)
    expected: list[Files] = field(default_factory=list)
    lives: dict[str, float] = field(default_factory=dict)
    done: list[Trial] = field(default_factory=list)

    def undisturbed(self) -> None:
        """Report on both contents, and see how long the steps take."""
        for content in self.contents:
            self.versions.append(self.reports.put(self.name, content))
            arn = self._start(len(self.versions) - 1)
            self.lives = self._killer(arn).lives(until="publish", seconds=120)
            ended = self.reports.end(arn)
            assert ended["status"] == "SUCCEEDED", ended.get("cause")
            self.made.append(json.loads(ended["output"])["report"])
            self.expected.append(self.reports.made(self.made[-1]))
        assert self.expected[0] != self.expected[1]

    def kill_one(self, number: int) -> Trial:
        """Kill a task of one more execution, and judge what came of it."""
        which = number % len(self.contents)
        # Files are named by what is in them: an earlier trial's must not stand in for ones that are not there yet.
        taken = self.reports.take_away(self.made[which])
        with PointerPoller(self.reports, self.made[which]) as watch:
            began = time.monotonic()
            arn = self._start(which)
            trial = self._kill(arn)
            ended = self.reports.end(arn)
        trial.status, trial.seconds = ended["status"], time.monotonic() - began
        trial.tries = self.reports.tries(arn, trial.step.capitalize())
        trial.reads = f"{watch.reads}: {' then '.join(each[:4] for each in watch.seen)}"
        trial.verdict = self._judge(ended, watch, which)
        if ended["status"] != "SUCCEEDED":
            self.reports.put_back(taken)
        self.done.append(trial)
        return trial

    def _start(self, which: int) -> str:
        address = self.reports.address(self.name)
        return self.reports.start(input=address, version=self.versions[which], again=True)

    def _kill(self, arn: str) -> Trial:
        """Kill the task of a step at a random moment; when the step was done before, the next one's, sooner."""
        killer, haste = self._killer(arn), 1.0
        way = self.random.choice(list(Way))
        for step in STEPS[self.random.randrange(len(STEPS)) :]:
            after = self.random.uniform(0, self.lives[step]) * haste
            if killer.kill(step, way, after=after):
                return Trial(step, way, after)
            haste /= 2
        return Trial("-", way, 0.0)

    def _judge(self, ended: Ended, watch: PointerPoller, which: int) -> str:
        """Return ``whole`` or ``reason recorded``, or what is wrong."""
        if watch.partial or watch.vanished:
            return f"partial: {watch.partial or 'it was there and then it was not'}"
        if ended["status"] == "SUCCEEDED":
            files = self.reports.made(self.made[which])
            others = [name for name, content in self.expected[which].items() if files.get(name) != content]
            return f"another report: {', '.join(others)}" if others else "whole"
        claim = self.reports.claim(self.made[which])
        recorded = ended.get("cause") and claim.get("reason") == ended["cause"]
        return "reason recorded" if recorded else f"no reason: {claim}"

    def _killer(self, arn: str) -> Killer:
        return Killer(self.platform, self.reports.outputs["cluster_arn"], arn.rpartition(":")[2])

    def table(self) -> Table:
        """Return what was done and what was seen."""
        table = Table(title="tasks that were killed", title_justify="left")
        for column in ("", "step", "by", "after", "of", "tries", "execution", "took", "pointer read", "verdict"):
            table.add_column(column, justify="right" if column in {"", "after", "of", "tries", "took"} else "left")
        for number, x in enumerate(self.done, 1):
            life = self.lives.get(x.step, 0.0)
            times = (f"{x.after:.2f} s", f"{life:.2f} s", str(x.tries), x.status, f"{x.seconds:.1f} s")
            table.add_row(str(number), x.step, x.way, *times, x.reads, x.verdict)
        return table


@pytest.fixture
def trials(platform: Platform, reports: Reports, copies: int, capsys: pytest.CaptureFixture[str]) -> Iterator[Trials]:
    """Give trials of a seed that is printed, with the table of their outcomes; ``PATTERNS_SEED`` repeats one."""
    seed = int(os.environ.get("PATTERNS_SEED") or secrets.randbelow(10**6))
    trials = Trials(platform, reports, Random(seed), (order_file(1, copies), order_file(2, copies)))
    yield trials
    with capsys.disabled():
        console = Console(width=140)
        console.print(f"\nseed {seed} (PATTERNS_SEED={seed} draws the same steps, ways and moments)")
        console.print(trials.table())


@pytest.mark.parametrize(("kills", "copies"), KILLS)
def test_a_killed_task_costs_nothing_but_time(trials: Trials, kills: int) -> None:
    """At least three in four succeed, all others say why, and no reader ever sees half a report."""
    trials.undisturbed()
    while sum(trial.step != "-" for trial in trials.done) < kills:
        trials.kill_one(len(trials.done))
        assert len(trials.done) < 2 * kills, "steps end before they can be killed: the file is too small"
    verdicts = [trial.verdict for trial in trials.done]
    assert set(verdicts) <= {"whole", "reason recorded"}
    assert verdicts.count("whole") >= len(verdicts) * 3 / 4


@pytest.mark.faults
def test_killed_whenever_it_tries(platform: Platform, reports: Reports) -> None:
    """After four tries it is given up: the reason is in the cause and in the claim, and nothing was published."""
    name = f"always-killed-{secrets.token_hex(4)}.csv.gz"
    address = reports.drop(name, order_file(3, 1))
    arn = eventually(lambda: next(iter(reports.of(address)), ""), seconds=30)
    killer = Killer(platform, reports.outputs["cluster_arn"], arn.rpartition(":")[2])
    for _ in range(4):
        assert killer.kill("shard", Way.SIGKILL, after=0.2)
    ended = reports.end(arn)
    assert (ended["status"], ended["error"]) == ("FAILED", "ReportFailed")
    assert ended["cause"].startswith("shard 0 ended with exit code 137 (")
    assert reports.tries(arn, "Shard") == 4
    assert not reports.published(f"input={name}")
