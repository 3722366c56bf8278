"""Cold: a new process, from its start to the answer to its first order."""

import json
import statistics
import subprocess
import time

from benchmarks.installation import Installation
from benchmarks.results import Result, compared
from benchmarks.subjects import BARE, FASTAPI, OURS, PEERS, POWERTOOLS, SUBJECTS, Subject

__all__ = ["measure"]

GOALS = {BARE: 1.3, FASTAPI: 1.0, POWERTOOLS: 0.65}
KINDS = {"wall": "wall clock", "processor": "processor time"}


def measure(installation: Installation, rounds: int) -> list[Result]:
    """Start every subject once a round, so that what disturbs the machine disturbs all of them."""
    seen: dict[Subject, list[dict[str, float]]] = {subject: [] for subject in SUBJECTS}
    for _ in range(rounds):
        for subject in SUBJECTS:
            seen[subject].append(_start(installation, subject))
    return [
        compared(
            "cold",
            f"{peer.name}, {text}",
            statistics.median(start[kind] for start in seen[OURS]),
            statistics.median(start[kind] for start in seen[peer]),
            "ms",
            at_most=GOALS.get(peer, 0.0),
        )
        for kind, text in KINDS.items()
        for peer in PEERS
    ]


def _start(installation: Installation, subject: Subject) -> dict[str, float]:
    environment = installation.environment(subject)
    command = installation.command(subject, "asking.cold", repr(time.monotonic()))
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    answer: dict[str, float] = json.loads(done.stdout)
    assert answer["status"] == 201
    return answer
