"""What the benchmark of the whole shop makes of journeys."""

from datetime import UTC, datetime, timedelta

import pytest
from benchmarks.answers import WrongAnswer
from benchmarks.whole_shop import times_of_steps

from patterns_cli.journeys.journey import Journey
from patterns_cli.journeys.steps import Step

_BEGIN = datetime(2026, 11, 30, 12, tzinfo=UTC)
_WAY = [
    ("api", "POST /orders 201"),
    ("relay", "relayed"),
    ("fulfilment", "fulfilled"),
    ("outcome", "forwarded"),
    ("outcome", "recorded"),
]


def _journey(*milliseconds: int) -> Journey:
    """Return a journey whose steps end at these times; a shorter list is one whose end is missing."""
    steps = [
        Step(at=_BEGIN + timedelta(milliseconds=after), pattern="?", program=program, what=what)
        for (program, what), after in zip(_WAY, milliseconds, strict=False)
    ]
    return Journey(order_id="1", status="FULFILLED", start=_BEGIN, steps=tuple(steps))


def test_each_step_takes_the_time_since_the_one_before() -> None:
    """Medians of each step; an order that was rejected, or whose log is not whole, does not count."""
    found = times_of_steps([_journey(0, 10, 40, 60, 70), _journey(5, 25, 75, 85, 115), _journey(0, 900)])
    assert list(found.values()) == pytest.approx([0.015, 0.04, 0.015, 0.02])


def test_no_whole_journey_is_an_error() -> None:
    """A figure of nothing would look like a fast one."""
    with pytest.raises(WrongAnswer, match="no log has all steps of one of 1 orders"):
        times_of_steps([_journey(0, 10)])
