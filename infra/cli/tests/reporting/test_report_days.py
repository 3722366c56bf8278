"""Reports of many days: one after the other, each under its own claim; one that fails does not stop the others."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from patterns_cli.commands.failures import CommandError
from patterns_cli.commands.report_days import DaysOptions, report_days_at
from patterns_cli.reporting import making
from patterns_cli.reporting.deployed import DeployedBatch
from patterns_cli.reporting.execution import Execution
from patterns_cli.reporting.wanted_days import WantedDays
from patterns_deploy.place import Place

# Classes of the fixtures, which importlib's mode keeps out of reach as an import.
Machines = Any
Script = Callable[..., Any]


@pytest.fixture(autouse=True)
def _published(batch: DeployedBatch, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let every run be one that published a report, and no look wait."""
    monkeypatch.setattr(making, "pause_for", lambda _: 0)
    monkeypatch.setenv("PATTERNS_LOCAL_STATE", str(tmp_path))
    monkeypatch.setattr(Execution, "name", "run")
    s3 = batch.place.client("s3")
    document = {
        "report": "date=x",
        "read": 7,
        "bad": 0,
        "files": {"sales.html": {"key": "reports/date=x/v/sales.html"}},
    }
    s3.put_object(Bucket="reports", Key="reports/date=x/report.json", Body=json.dumps(document))
    s3.put_object(Bucket="reports", Key="reports/date=x/v/sales.html", Body=b"<h1>page</h1>")
    s3.put_object(Bucket="reports", Key="runs/run/manifest.json", Body=json.dumps({"report": "date=x"}))


def test_days_are_made_in_order_and_one_that_fails_is_named(
    place: Place, machines: Machines, script: Script, capsys: pytest.CaptureFixture[str]
) -> None:
    """The exit is a failure; the same command again makes what is not there, since the others stand back."""
    done = script(output={"outcome": "REPORTED", "report": "date=x"})
    machines.scripts = [done, script("FAILED", cause="the web API is not deployed"), done]
    wanted = WantedDays(date(2026, 2, 27), date(2026, 3, 1), missing=False)
    with pytest.raises(CommandError, match=r"^no report of 2026-02-28: the reasons are above"):
        report_days_at(place, DaysOptions(wanted, again=True, as_json=True))
    assert machines.started == [{"date": day, "again": True} for day in ("2026-02-27", "2026-02-28", "2026-03-01")]
    said = capsys.readouterr()
    assert "2026-02-28: no report: the web API is not deployed\n" in said.err
    assert said.err.endswith("2 of 3 reports are there\n")
    assert [each["report"] for each in json.loads(said.out)] == ["date=x", "date=x"]


@pytest.mark.usefixtures("batch")
def test_nothing_is_missing(place: Place, machines: Machines, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody is asked, nothing is started."""
    day = date(2026, 2, 27)
    place.client("s3").put_object(Bucket="reports", Key=f"reports/date={day}/report.json", Body=b"{}")

    def refuse(_: object) -> None:
        raise AssertionError("asked for nothing")

    report_days_at(place, DaysOptions(WantedDays(day, day, missing=True), as_json=True), agree=refuse)
    assert machines.started == []
    assert capsys.readouterr() == ("[]\n", "no report is missing\n")
