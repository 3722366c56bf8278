"""Warm: orders in a second, in processes that have answered before."""

import json
import statistics
import subprocess
from contextlib import ExitStack

from benchmarks.installation import Installation
from benchmarks.results import Result, compared
from benchmarks.subjects import FASTAPI, OURS, PEERS, SUBJECTS, Subject

__all__ = ["measure"]

REQUESTS = 100
"""In one round; a round of the slowest subject takes about half a second."""
GOALS = {FASTAPI: 1.0}
KINDS = {"wall": "by the clock", "processor": "by processor time"}


def measure(installation: Installation, rounds: int) -> list[Result]:
    """Let the subjects take turns, each in a process that stays; the first turn is not counted."""
    seen: dict[Subject, list[dict[str, float]]] = {subject: [] for subject in SUBJECTS}
    with ExitStack() as ending:
        processes = {subject: ending.enter_context(_process(installation, subject)) for subject in SUBJECTS}
        for number in range(rounds + 1):
            for subject, process in processes.items():
                seconds = _turn(process)
                if number:
                    seen[subject].append(seconds)
        for process in processes.values():
            assert process.stdin
            process.stdin.close()
    return [
        compared(
            "warm",
            f"{peer.name}, {text}",
            REQUESTS / statistics.median(turn[kind] for turn in seen[OURS]),
            REQUESTS / statistics.median(turn[kind] for turn in seen[peer]),
            "orders/s",
            at_least=GOALS.get(peer, 0.0),
        )
        for kind, text in KINDS.items()
        for peer in PEERS
    ]


def _process(installation: Installation, subject: Subject) -> subprocess.Popen[str]:
    return subprocess.Popen(
        installation.command(subject, "warm", str(REQUESTS)),
        env=installation.environment(subject),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _turn(process: subprocess.Popen[str]) -> dict[str, float]:
    assert process.stdin
    assert process.stdout
    process.stdin.write("\n")
    process.stdin.flush()
    line = process.stdout.readline()
    assert line, "the subject ended early"
    seconds: dict[str, float] = json.loads(line)
    return seconds
