"""`patterns report` on the deployed batch: as a person types it, and what is seen when something goes wrong."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.clients import administrator
from tests.commands import patterns
from tests.waiting import eventually

from patterns_batch.application.planning import Planner
from patterns_batch.bootstrap import Ports, steps_with
from patterns_batch.errors import BadInput
from patterns_batch.settings import Settings
from patterns_batch.testing import FixedPseudonyms, InMemoryInputs, InMemoryObjects, InMemoryOrdersTable
from patterns_cli.reporting.errors import InputRefused
from patterns_cli.reporting.wanted import Wanted
from patterns_infra.paths import REPOSITORY
from patterns_local.platform import Platform

pytestmark = pytest.mark.integration

HEADER = "order_id,customer_id,placed_at,status,currency,sku,quantity,unit_price\n"
STEPS = ["Check input", "Claim", "Plan (1 try)", "Read plan", "Shards (1/1)", "Many shards"]
STEPS += ["Merge (1 try)", "Publish (1 try)", "Finish", "Read notice", "Tell"]


def a_file(folder: Path, *, name: str = "orders.csv", rows: int = 3) -> Path:
    """Write order lines that no other test has."""
    salt = os.urandom(4).hex()
    lines = (f"{salt}-{n},c{n},2026-01-05T10:00:00Z,FULFILLED,EUR,TEA-ASSAM-100,2,690\n" for n in range(rows))
    path = folder / name
    path.write_text(HEADER + "".join(lines))
    return path


def executions(platform: Platform, address: str) -> list[str]:
    """Return the executions for a file."""
    states = administrator(platform, "stepfunctions")
    machine = platform.outputs()["batch"]["state_machine_arn"]
    found = states.list_executions(stateMachineArn=machine, maxResults=20)["executions"]
    arns = [str(each["executionArn"]) for each in found]
    return [x for x in arns if address in states.describe_execution(executionArn=x)["input"]]


@contextmanager
def begun(platform: Platform, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """Run the command and give it while it runs."""
    with subprocess.Popen(
        [str(Path(sys.executable).with_name("patterns")), "report", *arguments],
        env={**os.environ, "PATTERNS_LOCAL_STATE": str(platform.folder.root)},
        stderr=subprocess.PIPE,
        text=True,
    ) as command:
        try:
            yield command
        finally:
            command.kill()


def read_until(command: "subprocess.Popen[str]", words: str) -> str:
    """Read what it shows up to a line with these words, and return that line."""
    assert command.stderr
    for line in command.stderr:
        if words in line:
            return line
    raise AssertionError(f"it ended without {words!r}")


def test_a_file_of_this_machine_is_one_execution_with_one_line_a_state(platform: Platform, tmp_path: Path) -> None:
    """Uploaded to where nothing starts by itself; the page is saved where a browser can open it."""
    path = a_file(tmp_path)
    run = patterns(platform, "report", "--input", str(path))
    assert run.returncode == 0, run.stderr
    assert run.stdout == ""
    first, second, *steps, rows, report, page, opened = run.stderr.splitlines()
    address = first.partition(" is ")[2]
    assert re.fullmatch(r"s3://\S+/by-command/[0-9a-f]{16}/orders\.csv", address)
    assert second.startswith("execution by-command-")
    assert [re.sub(r"^ +[0-9.]+ s  ", "", line) for line in steps] == STEPS
    assert rows == "3 rows read, 0 rejected"
    assert re.fullmatch(r"report  s3://\S+/reports/input=orders\.csv-\w+/report\.json", report)
    assert page.endswith("/sales.html")
    html = Path(opened.removeprefix("open    ")).read_text()
    assert "<svg" in html
    assert len(executions(platform, address)) == 1

    again = patterns(platform, "report", "--input", str(path), "--json")
    assert again.returncode == 0, again.stderr
    document = json.loads(again.stdout)
    assert document["made_before"] is True
    assert f"report  {document['pointer']}" == report
    assert len(executions(platform, address)) == 2


def test_the_documentation_s_example_is_a_good_file(platform: Platform, tmp_path: Path) -> None:
    """All of its rows."""
    example = REPOSITORY / "docs" / "examples" / "order-lines.csv"
    run = patterns(platform, "report", "--input", str(example), "--json", "--save", str(tmp_path))
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["rows"] == {"read": 5, "rejected": 0}


def test_a_day(platform: Platform, tmp_path: Path) -> None:
    """Of the orders table; saved where the option says."""
    run = patterns(platform, "report", "--date", "2026-01-07", "--again", "--save", str(tmp_path / "pages"))
    assert run.returncode == 0, run.stderr
    assert (tmp_path / "pages" / "date=2026-01-07.html").read_text().startswith("<!doctype html>")


def test_a_task_that_is_killed_is_told_with_its_end(platform: Platform, tmp_path: Path) -> None:
    """By its exit code, if it came as far as to have one; and the step is tried again."""
    ecs, cluster = administrator(platform, "ecs"), platform.outputs()["batch"]["cluster_arn"]
    with begun(platform, "--input", str(a_file(tmp_path))) as command:
        read_until(command, "Claim")

        def running() -> list[str]:
            found: list[str] = ecs.list_tasks(cluster=cluster, desiredStatus="RUNNING")["taskArns"]
            return found

        for task in eventually(running, seconds=30):
            ecs.stop_task(cluster=cluster, task=task, reason="by a test")
        assert command.stderr
        said = command.stderr.read()
        assert command.wait(timeout=120) == 0, said
    assert re.search(
        r"^\w+( 0)?: try 1 \(on Spot\) failed: (no exit code|exit code \d+) \(.+\)$", said, re.MULTILINE
    ), said
    assert re.search(r"\((2 tries|1/1)\)$", said, re.MULTILINE)


def test_a_failure_is_one_line_with_its_reason(platform: Platform, tmp_path: Path) -> None:
    """The one that was recorded."""
    path = tmp_path / "bad.csv"
    path.write_text("order_id,colour\n1,green\n")
    run = patterns(platform, "report", "--input", str(path))
    assert run.returncode == 1
    assert run.stdout == ""
    *_, last = run.stderr.splitlines()
    assert re.fullmatch(r"patterns: no report: s3://\S+/bad\.csv, column customer_id: is missing from the header", last)
    assert "Plan: try 1 (on Spot) failed: exit code 2 (bad input, not tried again)\n" in run.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--date", "2999-01-01"], "--date 2999-01-01 is in the future: it is "),
        (["--input", "s3://patterns-no-such-bucket/x.csv"], "there is no bucket patterns-no-such-buck"),
        (["--input", "s3://INBOX/nothing.csv"], "/nothing.csv: there is no such object"),
        ([], "--date or --input is needed"),
        (["--input", __file__], "the name must end in .csv"),
    ],
)
def test_bad_input_starts_nothing(platform: Platform, arguments: list[str], told: str) -> None:
    """One line, by the option's name."""
    states, machine = administrator(platform, "stepfunctions"), platform.outputs()["batch"]["state_machine_arn"]
    before = len(states.list_executions(stateMachineArn=machine)["executions"])
    inbox = str(platform.outputs()["batch"]["inbox_bucket"])
    run = patterns(platform, "report", *(word.replace("INBOX", inbox) for word in arguments))
    assert run.returncode == 2
    (line,) = run.stderr.splitlines()
    assert line.startswith("patterns: --")
    assert told in line
    assert len(states.list_executions(stateMachineArn=machine)["executions"]) == before


def test_interrupted_it_goes_on_and_the_same_command_follows_it(platform: Platform, tmp_path: Path) -> None:
    """By the claim: the second execution stands back, and the first is followed to its end."""
    path = a_file(tmp_path, rows=20_000)
    with begun(platform, "--input", str(path)) as command:
        name = read_until(command, "execution ").split()[1]
        read_until(command, "Claim")
        command.send_signal(signal.SIGINT)
        assert command.stderr
        said = command.stderr.read()
        assert command.wait(timeout=60) == 130
    assert "the execution goes on, and the same command again follows it" in said
    assert f"{name}\n" in said
    run = patterns(platform, "report", "--input", str(path), "--json")
    assert run.returncode == 0, run.stderr
    assert str(json.loads(run.stdout)["execution"]).endswith(f":{name}")


def test_an_execution_that_was_stopped_does_not_keep_others_out(platform: Platform, tmp_path: Path) -> None:
    """It could not give its claim back, whose lease goes on for hours: the next one sees that, and takes it over."""
    path = a_file(tmp_path)
    with begun(platform, "--input", str(path)) as command:
        read_until(command, "Claim")
        command.send_signal(signal.SIGINT)
        assert command.stderr
        stop = command.stderr.read().splitlines()[-1].split()
    administrator(platform, "stepfunctions").stop_execution(executionArn=stop[stop.index("--execution-arn") + 1])
    run = patterns(platform, "report", "--input", str(path))
    assert run.returncode == 0, run.stderr
    assert "Take over" in run.stderr
    assert "3 rows read" in run.stderr


@pytest.mark.parametrize(
    "name",
    [
        *(f"x{ending}{packed}" for ending in (".csv", ".jsonl", ".ndjson", ".json") for packed in ("", ".gz", ".zst")),
        *(
            "x.manifest",
            "x.manifest.gz",
            "x.parquet",
            "x.parquet.gz",
            "x.parquet.zst",
            "x.csv.gz.zst",
            "x.txt",
            "csv",
            "x.csv.bz2",
            "X.CSV",
            "x.gz",
        ),
    ],
)
def test_the_command_and_the_program_take_the_same_files(tmp_path: Path, name: str) -> None:
    """Neither can import the other's list."""
    (tmp_path / name).write_bytes(b"x")
    try:
        Wanted.of_options(None, str(tmp_path / name))
        taken = True
    except InputRefused:
        taken = False
    assert taken == _planned(name, tmp_path)


def _planned(name: str, folder: Path) -> bool:
    """Return whether the program knows the file's format; what is in this one, it cannot read."""
    inputs: Any = InMemoryInputs()
    inputs.kept["inbox", name] = b"x"
    settings = Settings.from_environment(
        {"STAGE": "test", "REPORT_BUCKET": "reports", "PSEUDONYM_SECRET_ARN": "x", "SCRATCH_DIR": str(folder)}
    )
    planner: Planner = steps_with(settings, _ports(inputs), lambda: False).planner
    try:
        planner.plan_input("run", "inbox", name)
    except BadInput as error:
        return "of no known format" not in str(error)
    return True


def _ports(inputs: InMemoryInputs) -> Ports:
    return Ports(
        objects=InMemoryObjects(),
        inputs=inputs,
        table=InMemoryOrdersTable(),
        pseudonyms=FixedPseudonyms(),
        now=lambda: datetime.now(UTC),
    )
