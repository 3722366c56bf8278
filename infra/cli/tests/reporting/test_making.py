"""Who makes a report, and what becomes of who asked for it."""

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from patterns_cli.commands import confirming
from patterns_cli.commands.failures import CommandError
from patterns_cli.commands.reporting import ReportOrder, report, report_at
from patterns_cli.reporting import making
from patterns_cli.reporting.claims import Claim
from patterns_cli.reporting.deployed import DeployedBatch
from patterns_cli.reporting.errors import BatchNotDeployed, CannotReport, ReportFailed
from patterns_cli.reporting.execution import Execution
from patterns_cli.reporting.wanted import Wanted
from patterns_deploy.place import Place
from patterns_deploy.real_aws import AwsAccess
from patterns_infra.settings import Target

# Classes of the fixtures, which importlib's mode keeps out of reach as an import.
Machines = Any
Script = Callable[..., Any]

KEY = "date=2020-01-01"
HOLDER = "arn:aws:states:us-east-1:000000000000:execution:machine:holder"
STOOD_BACK = {"outcome": "STOOD_BACK", "report": KEY}
REPORTED = {"outcome": "REPORTED", "report": KEY}
ORDER = ReportOrder(Wanted.of_options("2020-01-01", None))


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(making, "pause_for", lambda _: 0)
    monkeypatch.setenv("PATTERNS_LOCAL_STATE", str(tmp_path))


@pytest.fixture(autouse=True)
def published(batch: DeployedBatch, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every run be one that published the report."""
    s3, files = batch.place.client("s3"), {"sales.html": {"key": "reports/date=2020-01-01/v/sales.html"}}
    document = {"report": KEY, "read": 7, "bad": 1, "files": files}
    s3.put_object(Bucket="reports", Key=f"reports/{KEY}/report.json", Body=json.dumps(document))
    s3.put_object(Bucket="reports", Key=f"reports/{KEY}/v/sales.html", Body=b"<h1>page</h1>")
    s3.put_object(Bucket="reports", Key="runs/run/manifest.json", Body=json.dumps({"report": KEY}))
    monkeypatch.setattr(Execution, "name", "run")


def claim(batch: DeployedBatch, state: str, holder: str = HOLDER) -> None:
    """Put an item as the state machine writes it."""
    item = {"report": {"S": KEY}, "state": {"S": state}, "holder": {"S": holder}, "lease_until": {"N": "9999999999"}}
    batch.place.client("dynamodb").put_item(TableName="claims", Item=item)


def claimed(batch: DeployedBatch) -> dict[str, Any]:
    """Return the item."""
    item: dict[str, Any] = batch.place.client("dynamodb").get_item(TableName="claims", Key={"report": {"S": KEY}})[
        "Item"
    ]
    return item


def test_a_report_and_where_it_is(
    batch: DeployedBatch, machines: Machines, script: Script, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The page is saved for a browser; standard output is for programs."""
    machines.scripts = [script(output=REPORTED, looks=2)]
    report_at(batch.place, ORDER)
    assert machines.started == [{"date": "2020-01-01"}]
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.splitlines() == [
        "execution run",
        "7 rows read, 1 rejected",
        f"report  s3://reports/reports/{KEY}/report.json",
        f"page    s3://reports/reports/{KEY}/v/sales.html",
        f"open    {tmp_path}/reports/{KEY}.html",
    ]
    assert (tmp_path / "reports" / f"{KEY}.html").read_bytes() == b"<h1>page</h1>"


def test_for_a_program(
    batch: DeployedBatch, machines: Machines, script: Script, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One document, and the page in the folder that was named."""
    machines.scripts = [script(output=REPORTED)]
    report_at(batch.place, ReportOrder(ORDER.wanted, again=True, folder=tmp_path / "here", as_json=True))
    assert machines.started == [{"date": "2020-01-01", "again": True}]
    document = json.loads(capsys.readouterr().out)
    assert document["report"] == KEY
    assert document["rows"] == {"read": 7, "rejected": 1}
    assert document["made_before"] is False
    assert Path(document["saved"]).read_bytes() == b"<h1>page</h1>"
    assert Path(document["saved"]).parent == tmp_path / "here"


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ("FAILED", "no report: x.csv, column sku: is missing"),
        ("TIMED_OUT", "no report: it took too long and was ended"),
        ("ABORTED", "no report: it was stopped"),
    ],
)
def test_a_failure_is_one_line_with_the_reason(
    batch: DeployedBatch, machines: Machines, script: Script, status: str, told: str
) -> None:
    """As it was recorded."""
    machines.scripts = [script(status=status, cause="x.csv,\n column sku: is missing")]
    with pytest.raises(ReportFailed) as failed:
        report_at(batch.place, ORDER)
    assert str(failed.value) == told


def test_what_was_under_way_at_the_end_has_failed(
    batch: DeployedBatch,
    machines: Machines,
    script: Script,
    history: Any,  # noqa: ANN401 - a fixture's
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Nothing is left as if it went on."""
    history.enter("Pass", "Plan begin")
    machines.scripts = [script(status="ABORTED", history=history)]
    with pytest.raises(ReportFailed):
        report_at(batch.place, ORDER)
    assert capsys.readouterr().err.splitlines() == ["execution run", "    failed  Plan"]


def test_a_report_that_is_there_is_found(
    batch: DeployedBatch, machines: Machines, script: Script, capsys: pytest.CaptureFixture[str]
) -> None:
    """By the claim of who made it."""
    claim(batch, "DONE")
    machines.scripts = [script(output=STOOD_BACK)]
    machines.known[HOLDER] = script(output=REPORTED)
    report_at(batch.place, ORDER)
    assert "the report was there before; --again makes it once more\n" in capsys.readouterr().err


def test_somebody_else_s_execution_is_followed(
    batch: DeployedBatch, machines: Machines, script: Script, capsys: pytest.CaptureFixture[str]
) -> None:
    """To its end, whatever that is."""
    claim(batch, "RUNNING")
    machines.scripts = [script(output=STOOD_BACK) for _ in range(2)]
    machines.known[HOLDER] = script(output=REPORTED, looks=3)
    report_at(batch.place, ORDER)
    assert f"{KEY} is made by another execution already" in capsys.readouterr().err
    machines.known[HOLDER] = script(status="FAILED", cause="no table", looks=3)
    with pytest.raises(ReportFailed, match="no report: no table"):
        report_at(batch.place, ORDER)


def test_a_dead_holder_s_claim_is_freed(
    batch: DeployedBatch, machines: Machines, script: Script, capsys: pytest.CaptureFixture[str]
) -> None:
    """An execution that was stopped keeps others out until its lease ends, hours later."""
    claim(batch, "RUNNING")
    machines.scripts = [script(output=STOOD_BACK), script(output=REPORTED)]
    machines.known[HOLDER] = script(status="ABORTED")
    report_at(batch.place, ORDER)
    assert "freed the claim of run, which ended without giving it back: it was stopped" in capsys.readouterr().err
    assert len(machines.started) == 2
    assert claimed(batch)["state"] == {"S": "FAILED"}
    assert "lease_until" not in claimed(batch)


def test_a_claim_that_changed_hands_is_left_alone(
    batch: DeployedBatch, machines: Machines, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at its holder and the freeing."""
    claim(batch, "RUNNING")
    machines.scripts = [script(output=STOOD_BACK)]
    machines.known[HOLDER] = script(status="ABORTED")
    look = Execution.look

    def look_and_lose(execution: Execution) -> Any:  # noqa: ANN401 - what it returns
        claim(batch, "RUNNING", holder="another")
        return look(execution)

    monkeypatch.setattr(Execution, "look", look_and_lose)
    monkeypatch.setattr("patterns_cli.reporting.making.Claims.of", lambda *_: Claim("RUNNING", HOLDER))
    with pytest.raises(CannotReport, match="changes hands just now"):
        report_at(batch.place, ORDER)
    assert claimed(batch)["holder"] == {"S": "another"}


def test_what_a_run_left_is_gone_after_a_month(batch: DeployedBatch, machines: Machines, script: Script) -> None:
    """Then nobody knows the report's name, but the list of all reports is there."""
    machines.scripts = [script(output=REPORTED)]
    batch.place.client("s3").delete_object(Bucket="reports", Key="runs/run/manifest.json")
    with pytest.raises(CannotReport, match=r"s3://reports/reports/index\.html, or make it once more with --again"):
        report_at(batch.place, ORDER)


def test_interrupted_the_execution_goes_on(
    batch: DeployedBatch,
    machines: Machines,
    script: Script,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """And it is said how to follow it again, and how to stop it."""
    machines.scripts = [script(looks=10)]
    monkeypatch.setattr("patterns_cli.reporting.following.time.sleep", _interrupt)
    with pytest.raises(SystemExit) as ended:
        report_at(batch.place, ORDER)
    assert ended.value.code == 130
    (arn,) = machines.known
    assert capsys.readouterr().err.splitlines()[-2:] == [
        "patterns: interrupted; the execution goes on, and the same command again follows it; this would stop it:",
        f"  aws stepfunctions stop-execution --execution-arn {arn}",
    ]


def test_an_account_is_asked_about_first(
    batch: DeployedBatch,
    machines: Machines,
    script: Script,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A report costs money. There the page stays in its bucket unless a folder is named, and commands need a region."""
    here = batch.place
    place = Place(Target.AWS, here.stage, "eu-west-1", "123456789012", None, here.client)
    access = AwsAccess(place, "arn:aws:sts::123456789012:assumed-role/operator/me", {})
    monkeypatch.setattr(confirming, "open_aws", lambda *_: access)
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    with pytest.raises(CommandError, match="no terminal to confirm at: add --yes"):
        report(ORDER, Target.AWS, here.stage, None, yes=False)
    asked = capsys.readouterr().err
    assert "about to make a report in AWS" in asked
    assert "2020-01-01" in asked
    assert machines.started == []

    machines.scripts = [script(output=REPORTED), script(looks=10)]
    report(ORDER, Target.AWS, here.stage, None, yes=True)
    assert "open " not in capsys.readouterr().err
    monkeypatch.setattr("patterns_cli.reporting.following.time.sleep", _interrupt)
    with pytest.raises(SystemExit):
        report(ORDER, Target.AWS, here.stage, None, yes=True)
    assert "stop-execution --region eu-west-1 --execution-arn" in capsys.readouterr().err


def test_an_execution_that_is_lost_from_sight_goes_on(
    batch: DeployedBatch, machines: Machines, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hours into it, when the credentials are not valid any more."""
    error = batch.place.client("s3").exceptions.ClientError({"Error": {"Code": "ExpiredToken"}}, "DescribeExecution")
    machines.scripts = [script(looks=10)]

    def expire(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(machines, "describe_execution", expire)
    with pytest.raises(CommandError, match="lost sight of execution run, which goes on; the same command again"):
        report_at(batch.place, ORDER)


def test_without_the_pattern_it_says_how_to_get_it(place: Place) -> None:
    """Nothing, or the names of an older deployment."""
    elsewhere = Place(place.target, "other", place.region, place.account, None, place.client)
    with pytest.raises(BatchNotDeployed, match=r"batch is not deployed to local stage other.*: patterns deploy batch"):
        report_at(elsewhere, ORDER)
    place.client("ssm").put_parameter(Name="/patterns/other/batch/state_machine_arn", Value="x", Type="String")
    with pytest.raises(BatchNotDeployed, match="publishes no report_bucket: deploy it again"):
        report_at(elsewhere, ORDER)


def test_a_history_is_read_once(machines: Machines, script: Script, history: Any) -> None:  # noqa: ANN401 - a fixture's
    """From its end, up to what was seen before: a long one is not fetched again at every look."""
    machines.known[HOLDER] = script(history=history)
    execution = Execution(machines, HOLDER)
    for _ in range(100):
        history.add("TaskSucceeded")
    assert [event["id"] for event in execution.new_events()] == list(range(1, 101))
    machines.pages_read = 0
    assert execution.new_events() == []
    history.add("TaskSucceeded")
    assert [event["id"] for event in execution.new_events()] == [101]
    assert machines.pages_read == 2


def _interrupt(_: float) -> None:
    raise KeyboardInterrupt
