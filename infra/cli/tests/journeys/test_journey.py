"""What is asked of the logs for an order, and what is said of what is missing."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from patterns_cli.journeys import insights
from patterns_cli.journeys.insights import LogsUnreadable, find_log_groups, query_lines
from patterns_cli.journeys.journey import OrderUnknown, placed_about, read_journey
from patterns_cli.journeys.pod_logs import search_pods

Stage = Any
ORDER = "01a22bca-2dc0-7000-8000-00000000beef"
OTHER = "01a22bca-2dc0-7000-8000-00000000cafe"
PLACING, CANCELLING = "4bf92f3577b34da6a3ce929d0e0e4736", "5bf92f3577b34da6a3ce929d0e0e4736"
PLACED = {"status": {"S": "PLACED"}}


def line(message: str, *, order: str = ORDER, trace: str = PLACING, second: float = 0.0, **more: object) -> str:
    """Return a line as programs log it."""
    at = datetime(2026, 11, 30, 9, 30, tzinfo=UTC) + timedelta(seconds=second)
    known = {"order_id": order} if order else {}
    return json.dumps(
        {"level": "INFO", "message": message, "timestamp": at.isoformat(), "pattern": "async", "trace_id": trace}
        | known
        | more
    )


def test_an_order_s_steps_come_in_their_order_with_all_its_traces(stage: Stage, now: datetime) -> None:
    """A cancellation is a request with a trace of its own; lines of a trace that name no order are the order's."""
    stage.lines = [
        line("sent", trace=CANCELLING, second=3),
        line("request", trace=CANCELLING, second=2, route="POST /orders/{order_id}/cancel", status=200, ms=1500),
        line("booked", second=1),
        line("not_hidden", order="", second=2.5),
        line("booked", order=OTHER, second=1),
    ]
    stage.item = {"status": {"S": "CANCELLED"}}
    found = read_journey(stage.place, ORDER, start=None, limit=100, now=now)
    # The request began before the line that another program wrote meanwhile.
    assert [step.what for step in found.steps] == [
        "POST /orders/{order_id}/cancel 200",
        "booked",
        "not_hidden",
        "sent",
    ]
    assert found.traces == [CANCELLING, PLACING]
    assert found.status == "CANCELLED"
    assert found.notes == ()
    assert stage.queries[1]["queryString"].count("|") == 3


def test_the_logs_are_read_since_the_order_s_id_was_made(stage: Stage, now: datetime) -> None:
    """UUIDs of version 7 begin with their time; a minute before it lets clocks differ."""
    stage.item = PLACED
    read_journey(stage.place, ORDER, start=None, limit=100, now=now)
    assert stage.queries[0]["startTime"] == datetime(2026, 11, 30, 9, 29, tzinfo=UTC).timestamp()
    assert stage.queries[0]["limit"] == 100


@pytest.mark.parametrize("order", ["4bf92f35-77b3-4da6-a3ce-929d0e0e4736", "order/1", "7"])
def test_an_id_without_a_time_is_looked_for_in_the_last_day(stage: Stage, now: datetime, order: str) -> None:
    """Publishers of their own may have other ids; that is said, and --from reads more."""
    stage.lines = [line("booked", order=order)]
    assert placed_about(order) is None
    found = read_journey(stage.place, order, start=None, limit=100, now=now)
    assert found.start == now - timedelta(days=1)
    assert "--from" in found.notes[-1]
    early = now - timedelta(days=9)
    assert read_journey(stage.place, order, start=early, limit=100, now=now).start == early


@pytest.mark.parametrize(
    ("status", "pattern", "missing"),
    [
        ("FULFILLED", "async", True),
        ("REJECTED", "async", True),
        ("PLACED", "async", False),
        ("FULFILLED", "k8s", False),
    ],
)
def test_a_decided_order_without_its_worker_s_line_says_why(
    stage: Stage, now: datetime, monkeypatch: pytest.MonkeyPatch, status: str, pattern: str, *, missing: bool
) -> None:
    """Its pod may have been killed or scaled down since, and the local cluster keeps no log of it."""
    monkeypatch.setattr("patterns_cli.journeys.journey.read_pods", lambda _: ([], ""))
    stage.lines, stage.item = [line("booked", pattern=pattern)], {"status": {"S": status}}
    place = replace(stage.place, kubeconfig=Path("kubeconfig"))
    notes = read_journey(place, ORDER, start=None, limit=100, now=now).notes
    assert any("no line of a worker" in note for note in notes) is missing


def test_a_slash_does_not_end_the_pattern(stage: Stage, now: datetime) -> None:
    """Nor does anything else in an id mean what it means in a regular expression."""
    stage.item = PLACED
    read_journey(stage.place, "a/b.c|d", start=None, limit=1, now=now)
    assert "like /a\\/b\\.c\\|d/ |" in stage.queries[0]["queryString"]


def test_an_unknown_order_is_said(stage: Stage, now: datetime) -> None:
    """Where it was looked for, and since when."""
    with pytest.raises(OrderUnknown, match=f"order {ORDER} is not in aws stage dev, .* since 2026-11-30T09:29:00Z"):
        read_journey(stage.place, ORDER, start=None, limit=100, now=now)


def test_an_order_without_lines_says_whether_to_wait(stage: Stage, now: datetime) -> None:
    """Of a fresh order lines are still to come; of an old one they are gone."""
    stage.item = PLACED
    fresh = read_journey(stage.place, ORDER, start=None, limit=100, now=now)
    assert fresh.steps == ()
    assert "after minutes" in fresh.notes[0]
    old = read_journey(stage.place, ORDER, start=None, limit=100, now=now + timedelta(days=90))
    assert "kept for a month" in old.notes[0]


def test_what_was_left_out_is_counted(stage: Stage, now: datetime) -> None:
    """A limit cuts the latest lines off."""
    stage.lines = [line("booked", second=number) for number in range(5)]
    found = read_journey(stage.place, ORDER, start=None, limit=2, now=now)
    assert len(found.steps) == 2
    assert found.notes[0].startswith("3 of 5 lines were left out, the latest")


def test_only_logs_of_programs_that_handle_orders_are_searched(stage: Stage) -> None:
    """Access logs, flows and nodes' logs cost money to search and name no order."""
    stage.groups = {
        "ApiLogsCD139AD4": "api",
        "GatewayAccessLogs87AA0EC3": "access",
        "GatewayExecutionLogs3B1DE207": "execution",
        "NetworkFlowsF5DB04FD": "flows",
        "KubernetesApplicationLog6150B4CF": "pods",
        "KubernetesDataplaneLog6F7718AC": "dataplane",
        "KubernetesControlPlaneLog8DA0DCA2": "control",
    }
    assert find_log_groups(stage.place) == ["api", "pods"]


def test_without_a_pattern_there_is_nothing_to_search(stage: Stage, now: datetime) -> None:
    """No query is started for no log group."""
    stage.groups, stage.item = {}, PLACED
    assert "no pattern with logs" in read_journey(stage.place, ORDER, start=None, limit=1, now=now).notes[0]
    assert stage.queries == []


def query(stage: Stage) -> insights.Found:
    """Search for an order's lines."""
    start = datetime(2026, 11, 30, tzinfo=UTC)
    return query_lines(stage, ["logs"], [ORDER], start=start, end=start, limit=9, sleep=lambda _: None)


def test_a_query_is_asked_for_until_it_is_done(stage: Stage) -> None:
    """Scheduled, running, complete; the log's time is in UTC."""
    stage.lines, stage.statuses = [line("booked")], ["Scheduled", "Running", "Unknown", "Complete"]
    found = query(stage)
    assert found.lines[0].at == datetime(2026, 11, 30, 9, 30, 9, tzinfo=UTC)
    assert found.lines[0].source == "relay-logs"


@pytest.mark.parametrize("status", ["Failed", "Cancelled", "Timeout"])
def test_a_query_that_fails_is_said(stage: Stage, status: str) -> None:
    """By how it ended."""
    stage.statuses = ["Running", status]
    with pytest.raises(LogsUnreadable, match=status):
        query(stage)


def test_a_query_that_does_not_end_is_ended(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would cost money for nobody."""
    monkeypatch.setattr(insights, "_SECONDS", -1.0)
    stage.statuses = ["Running"]
    with pytest.raises(LogsUnreadable, match="took over"):
        query(stage)
    assert stage.stopped == 1


def test_lines_of_pods_are_searched_here() -> None:
    """The kubelet's time is before each line."""
    booked = line("fulfilled")
    lines = [f"2026-11-30T09:30:01.123456789Z {booked}", f"2026-11-30T09:30:02.5Z {line('fulfilled', order=OTHER)}"]
    [found] = search_pods(lines, [ORDER])
    assert found.text == booked
    assert found.at == datetime(2026, 11, 30, 9, 30, 1, 123456, tzinfo=UTC)
