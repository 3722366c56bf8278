"""Warm: orders in a second, in processes that have answered before."""

import statistics

from benchmarks.installation import Installation
from benchmarks.results import Result, compared
from benchmarks.subjects import BARE, FASTAPI, OURS, PEERS, SUBJECTS
from benchmarks.turns import take_turns

__all__ = ["measure"]

REQUESTS = 100
"""In one round; a round of the slowest subject takes about half a second."""
GOALS = {BARE: 0.75, FASTAPI: 2.0}
KINDS = {"wall": "by the clock", "processor": "by processor time"}


def measure(installation: Installation, rounds: int) -> list[Result]:
    """Let the subjects take turns."""
    seen = take_turns(installation, SUBJECTS, rounds, "asking.warm", str(REQUESTS))
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
