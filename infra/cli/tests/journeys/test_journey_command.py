"""`patterns journey`: text for people, JSON and OTLP for programs."""

import json
from typing import Any

import pytest

from patterns_cli.commands.failures import CommandError, WrongUse
from patterns_cli.commands.journey import JourneyOptions, journey_at

Stage = Any
ORDER = "01a22bca-2dc0-7000-8000-00000000beef"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
COMMON = {"level": "INFO", "order_id": ORDER, "trace_id": TRACE}
LINES: list[dict[str, Any]] = [
    {"message": "request", "timestamp": "2026-11-30T09:30:00.250+00:00", "pattern": "web_api"}
    | {"route": "POST /orders", "status": 201, "ms": 250, **COMMON},
    {"message": "booked", "timestamp": "2026-11-30T09:30:01.000+00:00", "pattern": "async", "receiver": "ledger"}
    | {"event_type": "OrderFulfilled", "event_id": "e2", **COMMON},
    {"message": "dead_lettered", "timestamp": "2026-11-30T09:30:02.000+00:00", "pattern": "async"}
    | {"receiver": "partner", "reason": "the partner answered 404", **COMMON, "level": "ERROR"},
]


@pytest.fixture
def journeyed(stage: Stage) -> Stage:
    """A stage that knows an order."""
    stage.lines = list(map(json.dumps, LINES))
    stage.item = {"status": {"S": "FULFILLED"}}
    return stage


def test_people_read_a_timeline(journeyed: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    """Seconds since the first request began, trace, pattern, program, what was done, and why it failed."""
    journey_at(journeyed.place, JourneyOptions(ORDER))
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines() == [
        f"order {ORDER}: FULFILLED, 3 steps since 2026-11-30 09:30:00 UTC",
        f"  trace 1: {TRACE}",
        "     +0.000 s [1] web_api api     POST /orders 201 in 250 ms",
        "     +1.000 s [1] async   ledger  booked OrderFulfilled",
        "     +2.000 s [1] async   partner dead_lettered: the partner answered 404",
    ]


def test_reads_are_counted_and_not_shown(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    """A page asks every few seconds how an order is; a read that failed is a step."""
    read = {**LINES[0], "route": "GET /orders/{order_id}", "status": 200, "trace_id": "5" * 32}
    stage.lines = list(map(json.dumps, [LINES[0], read, read, {**read, "status": 503}]))
    journey_at(stage.place, JourneyOptions(ORDER))
    head, *_, failed = capsys.readouterr().err.splitlines()
    assert head.startswith(f"order {ORDER}: not in the table, 2 steps and 2 reads since")
    assert failed.endswith("[2] web_api api GET /orders/{order_id} 503 in 250 ms")


def test_programs_read_one_document(journeyed: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    """What a line does not say is null."""
    journey_at(journeyed.place, JourneyOptions(ORDER, as_json=True))
    document = json.loads(capsys.readouterr().out)
    assert {name: document[name] for name in ("order_id", "stage", "status", "traces", "notes")} == {
        "order_id": ORDER,
        "stage": "dev",
        "status": "FULFILLED",
        "traces": [TRACE],
        "notes": [],
    }
    assert document["steps"][1] == {
        "at": "2026-11-30T09:30:01.000+00:00",
        "milliseconds": 0.0,
        "pattern": "async",
        "program": "ledger",
        "what": "booked",
        "level": "INFO",
        "trace_id": TRACE,
        "event_id": "e2",
        "event_type": "OrderFulfilled",
        "reason": None,
        "log": "relay-logs",
    }


def test_viewers_read_otlp(journeyed: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    """One trace, in which each pattern is a service; ids are hex of 16 and 8 bytes, times are nanoseconds as texts."""
    journey_at(journeyed.place, JourneyOptions(ORDER, as_otlp=True))
    out = capsys.readouterr().out
    resources = json.loads(out)["resourceSpans"]
    services = [each["resource"]["attributes"][0]["value"]["stringValue"] for each in resources]
    assert services == ["patterns", "web_api", "async"]
    spans = [span for each in resources for span in each["scopeSpans"][0]["spans"]]
    root, request, booked, failed = spans
    assert {span["traceId"] for span in spans} == {TRACE}
    assert len({span["spanId"] for span in spans}) == 4
    assert all(len(bytes.fromhex(span["spanId"])) == 8 for span in spans)
    assert {span["parentSpanId"] for span in (request, booked, failed)} == {root["spanId"]}
    assert (root["startTimeUnixNano"], root["endTimeUnixNano"]) == ("1796031000000000000", "1796031002000000000")
    assert (request["name"], request["kind"]) == ("api POST /orders 201", 2)
    assert (request["startTimeUnixNano"], request["endTimeUnixNano"]) == ("1796031000000000000", "1796031000250000000")
    assert failed["status"] == {"code": 2, "message": "the partner answered 404"}
    journey_at(journeyed.place, JourneyOptions(ORDER, as_otlp=True))
    assert capsys.readouterr().out == out


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (JourneyOptions("two words"), "no order's id"),
        (JourneyOptions(""), "no order's id"),
        (JourneyOptions(ORDER, start="yesterday"), "--from must be a time"),
        (JourneyOptions(ORDER, as_json=True, as_otlp=True), "--json and --otlp"),
    ],
)
def test_what_cannot_be_is_refused(stage: Stage, options: JourneyOptions, complaint: str) -> None:
    """Before anything is asked of AWS."""
    with pytest.raises(WrongUse, match=complaint):
        journey_at(stage.place, options)
    assert stage.queries == []


def test_an_unknown_order_fails_the_command(stage: Stage) -> None:
    """In one line."""
    with pytest.raises(CommandError, match="is not in aws stage dev"):
        journey_at(stage.place, JourneyOptions(ORDER))


def test_an_order_without_steps_is_a_failure(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    """What the table knows is said, and what to do."""
    stage.item = {"status": {"S": "PLACED"}}
    with pytest.raises(SystemExit, match="1"):
        journey_at(stage.place, JourneyOptions(ORDER))
    head, note = capsys.readouterr().err.splitlines()
    assert head == f"order {ORDER}: PLACED, 0 steps"
    assert note.startswith("note: no log line names it since ")
