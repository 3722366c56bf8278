"""One report, however often it is asked for at once; and none is held up by an execution that died over it."""

import json
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from tests.clients import administrator
from tests.reports import Reports
from tests.task_kills import Killer

from patterns_local.platform import Platform

pytestmark = pytest.mark.integration

ROW = (
    "order_id,customer_id,placed_at,status,currency,sku,quantity,unit_price\n"
    "o1,c1,2026-01-05T10:00:00Z,FULFILLED,EUR,TEA-ASSAM-100,2,690\n"
)


@pytest.fixture
def day() -> date:
    """Return a day that no other test reports."""
    return date(2015, 1, 1) + timedelta(days=Random(secrets.token_bytes(8)).randrange(3650))


def test_two_executions_for_one_day_make_one_report(reports: Reports, day: date) -> None:
    """Asked for by its date, and by two moments of the schedule on the day after."""
    night = (day + timedelta(days=1)).isoformat()
    started = [
        reports.start(date=day.isoformat()),
        reports.start(scheduled=f"{night}T00:00:00Z"),
        reports.start(scheduled=f"{night}T23:59:59.999Z"),
    ]
    outputs = [json.loads(reports.end(arn)["output"]) for arn in started]
    assert sorted(output["outcome"] for output in outputs) == ["REPORTED", "STOOD_BACK", "STOOD_BACK"]
    assert {output["report"] for output in outputs} == {f"date={day}"}
    assert sum(key.endswith("sales.json") for key in reports.published(f"date={day}/")) == 1


def test_a_claim_of_an_execution_that_was_stopped_is_taken_over(
    platform: Platform, reports: Reports, day: date
) -> None:
    """At once, not when its lease is over: Step Functions knows that it does not run any more."""
    report, given = f"date={day}", {"date": day.isoformat()}
    first = reports.start(**given)
    assert Killer(platform, reports.outputs["cluster_arn"], first.rpartition(":")[2]).appears("plan")
    reports.abort(first)
    left = reports.claim(report)
    assert (left["state"], left["holder"]) == ("RUNNING", first)
    assert int(left["lease_until"]) > time.time() + 3600
    second = reports.start(**given)
    assert json.loads(reports.end(second)["output"]) == {"outcome": "REPORTED", "report": report}
    assert reports.entered(second)["Take over"] == 1
    assert reports.claim(report)["holder"] == second
    assert reports.read(f"reports/{report}/report.json")["report"] == report


@pytest.mark.parametrize(
    ("lease", "way"),
    [
        pytest.param(3600, "Take over", id="an execution that is not known any more"),
        pytest.param(-1, "Claim", id="a lease that is over"),
    ],
)
def test_a_claim_of_a_holder_that_is_gone_is_taken(
    platform: Platform, reports: Reports, day: date, lease: int, way: str
) -> None:
    """Step Functions forgets executions after ninety days; a lease needs no memory."""
    machine = reports.outputs["state_machine_arn"]
    holder = f"{machine.replace(':stateMachine:', ':execution:')}:gone-{secrets.token_hex(4)}"
    item: dict[str, Any] = {
        "report": {"S": f"date={day}"},
        "state": {"S": "RUNNING"},
        "holder": {"S": holder},
        "lease_until": {"N": str(int(time.time()) + lease)},
    }
    administrator(platform, "dynamodb").put_item(TableName=reports.claims_table, Item=item)
    arn = reports.start(date=day.isoformat())
    assert json.loads(reports.end(arn)["output"])["outcome"] == "REPORTED"
    entered = reports.entered(arn)
    assert entered[way] == 1
    assert entered["Take over"] == (way == "Take over")
    claim = reports.claim(f"date={day}")
    assert (claim["state"], claim["holder"]) == ("DONE", arn)


def test_a_holder_that_runs_is_left_alone(platform: Platform, reports: Reports, day: date) -> None:
    """A second execution checks the holder and ends; so does a repeated request for the report."""
    first = reports.start(date=day.isoformat())
    assert Killer(platform, reports.outputs["cluster_arn"], first.rpartition(":")[2]).appears("plan")
    second = reports.start(date=day.isoformat(), again=True)
    assert json.loads(reports.end(second)["output"]) == {"outcome": "STOOD_BACK", "report": f"date={day}"}
    assert reports.entered(second)["Ask for the holder"] == 1
    assert json.loads(reports.end(first)["output"])["outcome"] == "REPORTED"


def test_claim_and_report_have_one_name(reports: Reports) -> None:
    """Whatever a file is called: the state machine names the claim, the program the report, and both must agree."""
    mark = secrets.token_hex(4)
    names = [
        f"{mark} Übersicht der Bestellungen (Kopie).csv",
        f"{mark}/folder with spaces/x+y&z=%41.csv",
        f"{mark}/--..csv",
        f"{mark}-{'a' * 90}.csv",
        f"{mark}/注文😀.csv",
    ]
    with ThreadPoolExecutor(len(names)) as threads:
        ended = list(threads.map(lambda name: reports.started_by(name, ROW), names))
    assert [each["status"] for each in ended] == ["SUCCEEDED"] * len(names), [each.get("cause") for each in ended]
    for each in ended:
        report = json.loads(each["output"])["report"]
        assert reports.claim(report)["holder"] == each["executionArn"]
        assert reports.read(f"reports/{report}/report.json")["report"] == report
