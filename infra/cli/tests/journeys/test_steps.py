"""Log lines of all patterns, as they were recorded, as steps."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from patterns_cli.journeys.steps import LogLine, Step, read_step

AT = datetime(2026, 11, 30, 9, 30, 9, tzinfo=UTC)
REQUEST = (
    '{"level":"INFO","location":"_record:95","message":"request","timestamp":"2026-11-30T09:30:00.250+00:00",'
    '"service":"web_api","pattern":"web_api","stage":"local","route":"POST /orders","status":201,"ms":12.5,'
    '"trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","order_id":"01a22bca-2dc0-7000-8000-00000000beef"}'
)
RELAYED = (
    '{"level":"INFO","location":"_publish:104","message":"relayed","timestamp":"2026-11-30T09:30:00.500+00:00",'
    '"service":"web_api","pattern":"web_api","stage":"local","event_id":"e1","event_type":"OrderPlaced",'
    '"order_id":"01a22bca-2dc0-7000-8000-00000000beef","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736"}'
)
FAILED = (
    '{"level":"ERROR","location":"failed:76","message":"dead_lettered","timestamp":"2026-11-30T09:30:01.000+00:00",'
    '"service":"async","pattern":"async","stage":"local","receiver":"partner","message_id":"m","receives":1,'
    '"reason":"the partner answered 404","event_id":"e2","order_id":"01a22bca-2dc0-7000-8000-00000000beef",'
    '"trace_id":"4bf92f3577b34da6a3ce929d0e0e4736"}'
)
DONE = (
    '{"level":"INFO","message":"fulfilled","timestamp":"2026-11-30T09:30:00.700+00:00","service":"k8s",'
    '"pattern":"k8s","stage":"local","receiver":"fulfilment","message_id":"m","event_id":"e1",'
    '"event_type":"OrderPlaced","order_id":"01a22bca-2dc0-7000-8000-00000000beef",'
    '"trace_id":"4bf92f3577b34da6a3ce929d0e0e4736"}'
)


def read(text: str) -> Step | None:
    """Read a line that the log took at a time of its own."""
    return read_step(LogLine(AT, text, "log"))


def test_a_request_is_a_step_that_took_time() -> None:
    """Its line is written at its end; what it was is method, route and status."""
    step = read(REQUEST)
    assert step is not None
    assert (step.pattern, step.program, step.what) == ("web_api", "api", "POST /orders 201")
    assert step.took == timedelta(milliseconds=12.5)
    assert step.at == datetime(2026, 11, 30, 9, 30, 0, 250_000, tzinfo=UTC)


def test_each_program_is_named() -> None:
    """The relay by its messages, receivers by their own names; a failure has its reason."""
    relayed, done, failed = map(read, (RELAYED, DONE, FAILED))
    assert relayed
    assert (relayed.program, relayed.what, relayed.event_type) == ("relay", "relayed", "OrderPlaced")
    assert done
    assert (done.pattern, done.program, done.what) == ("k8s", "fulfilment", "fulfilled")
    assert failed
    assert (failed.program, failed.reason, failed.has_failed) == ("partner", "the partner answered 404", True)


@pytest.mark.parametrize("processed", [True, False])
def test_a_line_of_a_pod_is_what_the_pod_printed(*, processed: bool) -> None:
    """Container Insights wraps it, and may have read it before."""
    inner = {"log_processed": json.loads(DONE)} if processed else {"log": f"{DONE}\n"}
    assert read(json.dumps({**inner, "stream": "stdout", "kubernetes": {"pod_name": "orders-workers-1"}})) == read(DONE)


@pytest.mark.parametrize(
    "text",
    [
        "START RequestId: 1 Version: $LATEST",
        "",
        "[]",
        "{",
        '{"_aws":{},"message":"x"}',
        '{"message":{"a":1}}',
        '{"kubernetes":{},"log":"Traceback"}',
        '{"kubernetes":{}}',
    ],
)
def test_what_is_no_line_of_the_patterns_is_no_step(text: str) -> None:
    """Reports of Lambda's, metrics, and what other programs print."""
    assert read(text) is None


def test_a_line_without_a_time_has_that_of_the_log() -> None:
    """The same for one whose time has no zone, or is none."""
    for time in ("", ',"timestamp":"2026-11-30T09:30:00"', ',"timestamp":"now"', ',"timestamp":7'):
        step = read('{"message":"sent","pattern":"async"' + time + "}")
        assert step
        assert step.at == AT
