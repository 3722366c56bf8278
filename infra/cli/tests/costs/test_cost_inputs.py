"""What the costs take for measured is what the benchmarks' results and the events' code give."""

import json

import pytest

from patterns_cli.costs.inputs import Inputs
from patterns_infra.paths import REPOSITORY
from patterns_shared.domain.event_codec import encode_event
from patterns_shared.domain.events import EventType
from patterns_shared.testing import make_event, make_order

RESULTS = json.loads((REPOSITORY / "benchmarks" / "results.json").read_text())
HERE = "infra/cli/tests/costs/test_cost_inputs.py"


def measured(name: str) -> float:
    """Return an input that says that it is measured here."""
    found = Inputs.read()[name]
    assert found.measured_by == HERE
    return float(found.value)


def result(benchmark: str, name: str) -> float:
    """Return our figure of a benchmark."""
    (found,) = (row for row in RESULTS if row["benchmark"] == benchmark and row["name"].startswith(name))
    return float(found["ours"])


def test_processor_time_of_an_order() -> None:
    """A worker that holds ten messages, with the emulator beside it on the same machine: an upper bound."""
    assert measured("fulfilment.processor_milliseconds") == pytest.approx(
        1000 / result("k8s-worker", "messages a second"), abs=0.005
    )


def test_processor_time_of_an_order_that_a_report_reads() -> None:
    """The task that reads a day of 100,000 orders from the table."""
    seconds = result("batch-table", "100,000 orders, processor time of the task")
    assert measured("batch.processor_microseconds") == pytest.approx(seconds * 10, abs=0.005)


def test_bytes_of_an_event() -> None:
    """The event of a fulfilled order, as it is published."""
    event = json.dumps(encode_event(make_event(EventType.ORDER_FULFILLED, make_order())))
    assert len(event.encode()) == pytest.approx(measured("fulfilment.event_bytes"), rel=0.2)
