"""How fast messages are let through."""

import math

import pytest

from patterns_cli.queues.interrupts import Interrupts
from patterns_cli.queues.pace import Pace


class Waiting(Interrupts):
    """Lets a test's clock run instead of waiting."""

    now = 100.0

    def pause(self, seconds: float) -> None:
        """Let the time pass."""
        self.now += seconds


def moved(rate: float | None, *, total: int) -> tuple[list[int], float]:
    """Move messages, ten at most at once; the sizes of the groups and the seconds that it took."""
    clock = Waiting()
    pace = Pace(rate, clock, clock=lambda: clock.now)
    groups: list[int] = []
    while sum(groups) < total:
        groups.append(pace.wait(min(10, total - sum(groups))))
        pace.spend(groups[-1])
    return groups, clock.now - 100


@pytest.mark.parametrize(
    ("rate", "total", "largest"), [(0.1, 5, 1), (1, 5, 1), (2.5, 10, 2), (25, 200, 10), (500, 1000, 10)]
)
def test_the_rate_is_kept(rate: float, total: int, largest: int) -> None:
    """In groups of at most a second's worth; the last group is let through before its time is spent."""
    groups, seconds = moved(rate, total=total)
    assert max(groups) == largest
    assert math.isclose(seconds, (total - groups[-1]) / rate)


def test_without_a_rate_there_is_no_waiting() -> None:
    """Full groups at once."""
    assert moved(None, total=30) == ([10, 10, 10], 0)
