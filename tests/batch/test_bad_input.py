"""Every bad input through the whole: dropped into the inbox, refused once, with a reason that names the place."""

import secrets
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest
from tests.bad_files import BAD_FILES, GOOD_ENOUGH, ROWS, BadFile
from tests.clients import administrator
from tests.reports import Ended, Reports

from patterns_local.platform import Platform

pytestmark = pytest.mark.integration

_STEPS = ("Plan", "Shard", "Merge", "Publish")


class Outcome(NamedTuple):
    """Under which name a file was dropped, and how its execution ended."""

    name: str
    ended: Ended


@pytest.fixture(scope="module")
def outcomes(reports: Reports) -> Mapping[str, Outcome]:
    """Upload all files at once, and return the outcome of each."""
    run = secrets.token_hex(4)
    files = {f"bad-{run}-{number}{file.ending}": file for number, file in enumerate([*BAD_FILES, GOOD_ENOUGH])}
    with ThreadPoolExecutor(len(files)) as threads:
        ended = threads.map(lambda name: reports.started_by(name, files[name].content), files)
        return {file.why: Outcome(name, found) for (name, file), found in zip(files.items(), ended, strict=True)}


@pytest.mark.parametrize("file", BAD_FILES, ids=lambda file: file.why)
def test_a_bad_file_is_refused_with_its_reason(
    reports: Reports, outcomes: Mapping[str, Outcome], file: BadFile
) -> None:
    """At once, by the step that finds out; the reason is the execution's cause, and stands in the claim and the run."""
    name, ended = outcomes[file.why]
    arn, cause = ended["executionArn"], ended["cause"]
    assert (ended["status"], ended["error"]) == ("FAILED", "ReportFailed")
    assert name in cause
    assert all(told in cause for told in file.told), cause
    last = _STEPS.index(file.step)
    assert [reports.tries(arn, step) for step in _STEPS] == [1] * (last + 1) + [0] * (len(_STEPS) - last - 1)
    run = arn.rpartition(":")[2]
    failure = reports.read(f"runs/{run}/failure.json")
    assert (failure["step"], failure["exit_code"]) == (file.step.lower(), 2)
    assert cause == failure["reason"]
    claims = [reports.claim(report) for report in reports.claimed(name)]
    assert [(claim["state"], claim["reason"]) for claim in claims] == [("FAILED", cause)]
    assert not reports.published(f"input={name}")


def test_bad_rows_are_listed(reports: Reports, outcomes: Mapping[str, Outcome]) -> None:
    """Each with its place, and never with its value."""
    for file in BAD_FILES:
        if file.rejects:
            listed = reports.lines(outcomes[file.why].ended["executionArn"], "rejects/0000.jsonl")
            assert len(listed) == file.rejects, file.why
            assert all({"file", "row", "column", "reason"} == set(reject) for reject in listed)


def test_few_bad_rows_are_left_out_and_counted(reports: Reports, outcomes: Mapping[str, Outcome]) -> None:
    """The report is published, says how many there were, and comes with a list of them."""
    name, ended = outcomes[GOOD_ENOUGH.why]
    assert ended["status"] == "SUCCEEDED", ended.get("cause")
    (report,) = reports.claimed(name)
    document = reports.read(next(key for key in reports.published(f"{report}/") if key.endswith("sales.json")))
    assert document["rows"] == {"read": ROWS, "rejected": GOOD_ENOUGH.rejects}
    assert (reports.files(report)["rejects.jsonl"] or b"").count(b"\n") == GOOD_ENOUGH.rejects
    assert len(reports.lines(ended["executionArn"], "rejects/0000.jsonl")) == GOOD_ENOUGH.rejects


@pytest.fixture
def _no_web_api(platform: Platform) -> Iterator[None]:
    """Take away the name under which the web API publishes its table."""
    ssm, name = administrator(platform, "ssm"), "/patterns/local/web_api/orders_table"
    kept = ssm.get_parameter(Name=name)["Parameter"]
    ssm.delete_parameter(Name=name)
    yield
    ssm.put_parameter(Name=name, Value=kept["Value"], Type=kept["Type"])


@pytest.mark.usefixtures("_no_web_api")
def test_a_table_that_is_not_deployed_is_told(reports: Reports) -> None:
    """Once, by the plan; the day can be reported when the web API is there."""
    day = (datetime.now(UTC) - timedelta(days=40)).date().isoformat()
    ended = reports.end(reports.start(date=day))
    assert (ended["status"], ended["error"]) == ("FAILED", "ReportFailed")
    assert ended["cause"].startswith("the web API is not deployed: there is no parameter /patterns/local/web_api/")
    assert reports.tries(ended["executionArn"], "Plan") == 1
    assert not reports.published(f"date={day}")


def test_a_day_that_lies_ahead_is_told(reports: Reports) -> None:
    """Once, by the plan."""
    day = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
    ended = reports.end(reports.start(date=day))
    assert ended["status"] == "FAILED"
    assert ended["cause"].startswith(f"--date {day} is in the future: it is ")
    assert reports.tries(ended["executionArn"], "Plan") == 1
    assert reports.claim(f"date={day}")["reason"] == ended["cause"]
    assert not reports.published(f"date={day}")
