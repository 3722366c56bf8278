"""What the machine makes of its input: evaluated as JSONata, from the synthesized definition."""

import re
from datetime import UTC, timedelta
from functools import cache
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

import aws_cdk as cdk
import jsonata
import pytest
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_stepfunctions as sfn

from patterns_infra.constructs.batch.report_input import check_input
from patterns_infra.zone_offsets import offsets

NAME = "by-command-1"
ADDRESS = "s3://inbox/daily/orders.csv"


@cache
def rules(zone: str) -> list[dict[str, Any]]:
    """Return the rules of the first state, in a zone."""
    stack = cdk.Stack(cdk.App(), "Stack")
    then, bucket = sfn.Pass.jsonata(stack, "Claim"), s3.Bucket.from_bucket_name(stack, "Inbox", "inbox")
    chain = check_input(stack, then, inbox=bucket, time_zone=zone)
    found: dict[str, Any] = dict(chain.start_state.to_state_json())
    return list(found["Choices"])


@cache
def compiled(expression: str) -> Any:  # noqa: ANN401 - as the library has it
    """Return an expression as Step Functions writes them."""
    inside = re.fullmatch(r"\{% (.*) %\}", expression, re.DOTALL)
    assert inside
    parsed = jsonata.Jsonata(inside[1])
    # Step Functions' own; the other names of algorithms are not used.
    parsed.register_lambda("hash", lambda text, _algorithm: sha256(text.encode()).hexdigest())
    return parsed


def evaluated(template: Any, states: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
    """Return a template with its expressions evaluated."""
    if isinstance(template, list):
        return [evaluated(each, states) for each in template]
    if not (isinstance(template, str) and template.startswith("{%")):
        return template
    expression = compiled(template)
    frame = expression.create_frame()
    frame.bind("states", states)
    return expression.evaluate(None, frame)


def chosen(given: dict[str, Any], zone: str = "UTC") -> tuple[str, dict[str, Any]]:
    """Return the state that comes next, and what is assigned."""
    states = {"input": given, "context": {"Execution": {"Name": NAME}}}
    for rule in rules(zone):
        if evaluated(rule["Condition"], states):
            assigned = {name: evaluated(value, states) for name, value in rule.get("Assign", {}).items()}
            return rule["Next"], assigned
    return "otherwise", {}


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/St_Johns", "Pacific/Apia", "Africa/Casablanca", "UTC"])
def test_the_machine_reports_the_shop_s_own_day(zone: str) -> None:
    """In the first and last minutes of the days around every change of clocks: the day before the one that it is."""
    clock = ZoneInfo(zone)
    for change in offsets(zone)[:12]:
        midnight = change.begin.astimezone(clock).replace(hour=0, minute=0, tzinfo=None)
        for days in (-1, 0, 1, 2):
            for seconds in (-30, 30):
                due = (midnight + timedelta(days=days, seconds=seconds)).replace(tzinfo=clock).astimezone(UTC)
                expected = due.astimezone(clock).date() - timedelta(days=1)
                following, assigned = chosen({"scheduled": due.isoformat().replace("+00:00", "Z")}, zone)
                assert (following, assigned["key"]) == ("Claim", f"date={expected}"), due
                assert assigned["source"] == ["--date", str(expected)]


def test_a_schedule_of_the_first_hour_reports_the_day_before() -> None:
    """All summer, when half past midnight in Berlin is still the day before in UTC, and in winter."""
    for moment, day in (("2027-07-01T22:30:00Z", "2027-07-01"), ("2027-01-01T23:30:00.123Z", "2027-01-01")):
        assert chosen({"scheduled": moment}, "Europe/Berlin")[1]["key"] == f"date={day}"
    # An execution of the definition of before may come late; its zone's offset in winter is not needed any more.
    given = {"scheduled": "2027-07-01T22:30:00Z", "offset": "+0100"}
    assert chosen(given, "Europe/Berlin")[1]["key"] == "date=2027-07-01"


def test_before_the_years_that_are_known_the_first_offset_holds() -> None:
    """No moment is without a day."""
    assert chosen({"scheduled": "2015-01-01T23:30:00Z"}, "Europe/Berlin")[1]["key"] == "date=2015-01-01"


def test_each_content_of_a_file_is_another_report() -> None:
    """By version, or by ETag where there is none; the same content is the same report, whatever else the event says."""
    given: list[dict[str, Any]] = [
        {"version": "v1", "etag": "e1"},
        {"version": "v1", "etag": "e1", "again": True},
        {"version": "v2", "etag": "e1"},
        {"version": "", "etag": "e1"},
        {"etag": "e1"},
        {"etag": "e2"},
    ]
    found = [chosen({"input": ADDRESS, **each}) for each in given]
    assert {following for following, _ in found} == {"Claim"}
    names = [assigned["key"] for _, assigned in found]
    assert all(re.fullmatch(r"input=orders\.csv-[0-9a-f]{16}", name) for name in names)
    assert names[0] == names[1]
    assert names[3] == names[4]
    assert len({names[0], names[2], names[3], names[5]}) == 4
    contents = ["versionId=v1", "versionId=v1", "versionId=v2", "etag=e1", "etag=e1", "etag=e2"]
    assert [assigned["content"] for _, assigned in found] == contents


def test_a_file_of_no_known_content_is_looked_at() -> None:
    """What is there now is reported."""
    unknown: list[dict[str, Any]] = [{}, {"version": "", "etag": ""}, {"version": None}]
    for more in unknown:
        following, assigned = chosen({"input": ADDRESS, **more})
        assert (following, assigned["source"], assigned["content"]) == (
            "Look at the file",
            ["--input", ADDRESS],
            "",
        )


@pytest.mark.parametrize("given", [{}, {"scheduled": "tomorrow"}, {"date": "22.11.2026"}, {"input": "orders.csv"}])
def test_other_input_is_refused(given: dict[str, Any]) -> None:
    """By the rule that comes last."""
    assert chosen(given) == ("otherwise", {})
