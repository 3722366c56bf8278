"""The deployed batch: by day and by file, once for each, and with a reason when it cannot be."""

import json
import secrets
from datetime import UTC, datetime, timedelta

import pytest
from tests.reports import Reports
from tests.waiting import eventually

pytestmark = pytest.mark.integration

LINES = (
    "order_id,customer_id,placed_at,status,currency,sku,quantity,unit_price\n"
    "o1,c1,2026-01-05T10:00:00Z,FULFILLED,EUR,TEA-ASSAM-100,2,690\n"
    "o2,c2,2026-01-05T11:00:00Z,CANCELLED,EUR,POT-GLASS-1L,1,3490\n"
)


def test_a_day_without_orders_is_a_report_that_says_so(reports: Reports) -> None:
    """Read from the web API's table, whose name the task looks up when it runs."""
    day = (datetime.now(UTC) - timedelta(days=2)).date().isoformat()
    ended = reports.end(reports.start(date=day, again=True))
    assert ended["status"] == "SUCCEEDED", ended.get("cause")
    assert json.loads(ended["output"])["outcome"] == "REPORTED"
    files = reports.read(f"reports/date={day}/report.json")["files"]
    document = reports.read(files["sales.json"]["key"])
    assert document["rows"] == {"read": 0, "rejected": 0}


def test_two_executions_at_once_make_one_report(reports: Reports) -> None:
    """One has the claim; the other stands back, and neither fails. Afterwards there is nothing to do again."""
    name = f"twice-{secrets.token_hex(4)}.csv"
    address = reports.drop(name, LINES)
    reports.start(input=address)
    eventually(lambda: len(reports.of(address)) == 2, seconds=60)
    outcomes = [reports.end(arn) for arn in reports.of(address)]
    assert [each["status"] for each in outcomes] == ["SUCCEEDED"] * 2
    assert sorted(json.loads(each["output"])["outcome"] for each in outcomes) == ["REPORTED", "STOOD_BACK"]
    assert json.loads(reports.end(reports.start(input=address))["output"])["outcome"] == "STOOD_BACK"
    before = {key: reports.read(key) for key in reports.published(f"input={name}") if key.endswith("sales.json")}
    again = reports.end(reports.start(input=address, again=True))
    assert json.loads(again["output"])["outcome"] == "REPORTED"
    assert {
        key: reports.read(key) for key in reports.published(f"input={name}") if key.endswith("sales.json")
    } == before


def test_a_schedule_that_fires_twice_makes_one_report(reports: Reports) -> None:
    """By itself, with the daily schedule's own target and role: of the day before."""
    # As EventBridge Scheduler may do, which promises at least once.
    with reports.scheduled(seconds=3, copies=2) as due:
        report = f"date={(due - timedelta(days=1)).date()}"
        reports.forget(report)
        moment = due.isoformat().replace("+00:00", "Z")
        eventually(lambda: len(reports.of(moment)) == 2, seconds=60)
        ended = [reports.end(arn) for arn in reports.of(moment)]
    assert [each["status"] for each in ended] == ["SUCCEEDED"] * 2
    outputs = [json.loads(each["output"]) for each in ended]
    assert sorted(each["outcome"] for each in outputs) == ["REPORTED", "STOOD_BACK"]
    assert {each["report"] for each in outputs} == {report}


@pytest.mark.parametrize(
    ("given", "error", "told"),
    [
        ({}, "BadInput", "give {"),
        ({"date": "yesterday"}, "BadInput", "give {"),
        ({"date": "2999-01-01"}, "ReportFailed", "2999-01-01"),
        ({"input": "s3://patterns-no-such-bucket/x.csv"}, "ReportFailed", "x.csv"),
    ],
)
def test_what_cannot_be_reported_fails_with_its_reason(
    reports: Reports, given: dict[str, object], error: str, told: str
) -> None:
    """At once, by name, and the next to come is not held up by it."""
    for _ in range(2):
        ended = reports.end(reports.start(**given))
        assert (ended["status"], ended["error"]) == ("FAILED", error)
        assert told in ended["cause"]
