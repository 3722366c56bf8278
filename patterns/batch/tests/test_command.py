"""The command as the container runs it, against AWS as moto plays it; one test has real processes and a server."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from moto.server import ThreadedMotoServer

from patterns_batch.entrypoints.command import main
from patterns_batch.entrypoints.reporting import Report
from patterns_batch.testing import InMemoryObjects, csv_of, lines_of, make_orders, parquet_of
from patterns_shared.adapters import aws_client
from patterns_shared.adapters.order_items import order_to_item

Client = Any
YESTERDAY = datetime.now(UTC).date() - timedelta(days=1)
Run = Callable[..., tuple[int, list[dict[str, Any]]]]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """What the task definition sets."""
    return {
        "PATH": os.environ["PATH"],
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "STAGE": "test",
        "REPORT_BUCKET": "reports",
        "PSEUDONYM_SECRET_ARN": "pseudonyms",
        "APP_VERSION": "1",
        "SCRATCH_DIR": str(tmp_path),
    }


@pytest.fixture
def client(aws: None, clients: Callable[[str], Client]) -> Callable[[str], Client]:  # noqa: ARG001
    """Make clients of an AWS with the two buckets and the secret."""
    _have_what_the_stack_has(clients)
    return clients


@pytest.fixture
def listening(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[dict[str, str], Callable[[str], Client]]]:
    """The same AWS where other processes reach it: their environment, and clients of it."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    aws_client._session.cache_clear()
    clients = cache(partial(aws_client.create_client, read_timeout=30.0))  # a busy machine is no lost answer
    _have_what_the_stack_has(clients)
    yield {**environment, "AWS_ENDPOINT_URL": f"http://{host}:{port}"}, clients
    aws_client._session.cache_clear()
    server.stop()


def _have_what_the_stack_has(clients: Callable[[str], Client]) -> None:
    for bucket in ("reports", "inbox"):
        clients("s3").create_bucket(Bucket=bucket)
    clients("secretsmanager").create_secret(Name="pseudonyms", SecretString="enough characters")


@pytest.fixture
def run(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Do a step in this process, and return its exit code and the lines that it wrote, without the metrics."""
    # Making a client takes a fifth of a second, and a container makes its own once.
    monkeypatch.setattr("patterns_batch.bootstrap.create_client", _create_once)

    def run(*arguments: str, **variables: str) -> tuple[int, list[dict[str, Any]]]:
        for name, value in {**environment, **variables}.items():
            monkeypatch.setenv(name, value)
        code = main(list(arguments))
        written = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
        return code, [line for line in written if "_aws" not in line]

    return run


@cache
def _create_once(service: Any, **settings: Any) -> Client:  # noqa: ANN401 - as the adapter's
    return aws_client.create_client(service, **settings)


def read(client: Callable[[str], Client], key: str) -> bytes:
    """Return an object of the report bucket."""
    content: bytes = client("s3").get_object(Bucket="reports", Key=key)["Body"].read()
    return content


def keys(client: Callable[[str], Client], prefix: str = "") -> list[str]:
    """Return the keys in the report bucket."""
    found = client("s3").list_objects_v2(Bucket="reports", Prefix=prefix)
    return [each["Key"] for each in found.get("Contents", [])]


def deploy_web_api(client: Callable[[str], Client], orders: list[Any]) -> None:
    """Have an orders table, and its name published."""
    client("dynamodb").create_table(
        TableName="patterns-test-orders",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
    )
    for order in orders:
        client("dynamodb").put_item(TableName="patterns-test-orders", Item=order_to_item(order, traceparent=""))
    client("ssm").put_parameter(Name="/patterns/test/web_api/orders_table", Value="patterns-test-orders", Type="String")


def test_a_day_becomes_a_report(run: Run, client: Callable[[str], Client]) -> None:
    """Step by step, as the state machine calls them; each tells what it did in one line."""
    orders = make_orders(30, day=YESTERDAY)
    deploy_web_api(client, orders)
    line: dict[str, Any] = {}
    for arguments in (["plan", "--date", str(YESTERDAY)], ["shard", "--shard", "0"], ["report"]):
        code, (line,) = run(arguments[0], "--run", "r1", *arguments[1:])
        assert (code, line["message"], line["step"], line["run"]) == (0, "done", arguments[0], "r1")
    assert line["published"] == f"reports/date={YESTERDAY}/report.json"
    pointer = json.loads(read(client, line["published"]))
    document = json.loads(read(client, pointer["files"]["sales.json"]["key"]))
    assert sum(status["orders"] for status in document["currencies"][0]["statuses"]) == len(orders)
    assert b"<svg" in read(client, pointer["files"]["sales.html"]["key"])


def test_merge_and_publish_are_steps_of_their_own(run: Run, client: Callable[[str], Client]) -> None:
    """They can be run separately."""
    client("s3").put_object(Bucket="inbox", Key="a.csv", Body=csv_of(lines_of(make_orders(5, day=YESTERDAY))))
    steps = (["plan", "--input", "s3://inbox/a.csv"], ["shard", "--shard", "0"], ["merge"], ["publish"])
    assert [run(step[0], "--run", "r2", *step[1:])[0] for step in steps] == [0, 0, 0, 0]
    assert "reports/index.html" in keys(client)


def test_metrics_are_told(run: Run, client: Callable[[str], Client], capsys: pytest.CaptureFixture[str]) -> None:
    """Rows, rejected rows, seconds, and whether the report is empty, which deserves attention."""
    deploy_web_api(client, [])
    told: list[dict[str, Any]] = []
    for arguments in (["plan", "--date", str(YESTERDAY)], ["shard", "--shard", "0"]):
        run(arguments[0], "--run", "r3", *arguments[1:])
    assert main(["report", "--run", "r3"]) == 0
    for text in capsys.readouterr().out.splitlines():
        line = json.loads(text)
        told += [line] if "_aws" in line else []
    (metrics,) = told
    assert (metrics["service"], metrics["stage"], metrics["step"]) == ("batch", "test", "report")
    assert (metrics["EmptyReports"], metrics["RowsRead"], metrics["RowsRejected"]) == ([1.0], [0.0], [0.0])
    assert (metrics["Orders"], metrics["MissedOrders"]) == ([0.0], [0.0])
    assert metrics["ReportsOfYesterday"] == [1.0]
    assert metrics["Seconds"][0] > 0


@pytest.mark.parametrize("what", ["a file", "an older day"])
def test_only_yesterday_s_report_counts_for_the_night(
    run: Run, client: Callable[[str], Client], capsys: pytest.CaptureFixture[str], what: str
) -> None:
    """The alarm for a night without its report is not kept quiet by others."""
    deploy_web_api(client, [])
    client("s3").put_object(Bucket="inbox", Key="a.csv", Body=csv_of(lines_of(make_orders(3, day=YESTERDAY))))
    of = ["--input", "s3://inbox/a.csv"] if what == "a file" else ["--date", str(YESTERDAY - timedelta(days=1))]
    for arguments in (["plan", *of], ["shard", "--shard", "0"], ["merge"]):
        run(arguments[0], "--run", f"night-{len(what)}", *arguments[1:])
    assert main(["publish", "--run", f"night-{len(what)}"]) == 0
    (metrics,) = [line for line in map(json.loads, capsys.readouterr().out.splitlines()) if "_aws" in line]
    assert (metrics["step"], metrics["ReportsOfYesterday"]) == ("publish", [0.0])


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["plan", "--date", "2126-01-01"], "--date 2126-01-01 is in the future"),
        (["plan", "--date", "tomorrow"], "--date must be a day such as 2026-11-22, not 'tomorrow'"),
        (["plan", "--date", str(YESTERDAY)], "the web API is not deployed: there is no parameter /patterns/test/"),
        (["plan", "--input", "s3://inbox/none.csv"], "s3://inbox/none.csv: is not there"),
        (["plan", "--input", "none.csv"], "--input must be s3://bucket/key, not 'none.csv'"),
        (
            ["plan", "--input", "s3://inbox/a.csv", "--export", "017-a1"],
            "--export is of the orders table: give it with",
        ),
        (["plan", "--date", str(YESTERDAY), "--export", "017-a1"], "export 017-a1: is not there, or not whole"),
        (["shard", "--shard", "0"], "run r4 is not planned: there is no runs/r4/manifest.json"),
        (["report"], "run r4 is not planned"),
    ],
)
def test_bad_input_ends_with_2_and_its_reason_is_kept(
    run: Run, client: Callable[[str], Client], arguments: list[str], reason: str
) -> None:
    """In the log and with the run, where the state machine finds it; nothing is published."""
    code, (line,) = run(arguments[0], "--run", "r4", *arguments[1:])
    failure = json.loads(read(client, "runs/r4/failure.json"))
    assert (code, line["exit_code"], failure["exit_code"]) == (2, 2, 2)
    assert reason in line["reason"] == failure["reason"]
    assert failure["step"] == arguments[0]
    assert not keys(client, "reports/")


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [
        ((0, 2), (1, 75), (0, 2)),
        ((0, 1), (1, 75), (0, 1)),
        ((0, 75), (1, 75), (1, 75)),
        ((0, 1), (0, 75), (0, 75)),
        ((0, 75), (1, 2), (1, 2)),
    ],
    ids=["stopped with bad input", "stopped with a bug", "both stopped", "its own earlier try", "bad after a stop"],
)
def test_a_shard_that_is_stopped_does_not_hide_why(
    first: tuple[int, int], second: tuple[int, int], kept: tuple[int, int]
) -> None:
    """When a shard fails for good, the others are stopped, and tell so after it: that is not the reason."""
    objects = InMemoryObjects()
    for shard, exit_code in (first, second):
        report = Report("test", {"step": "shard", "run": "r9", "shard": shard})
        report.failed("a reason", exit_code, objects)
    failure = json.loads(objects.kept["runs/r9/failure.json"])
    assert (failure["shard"], failure["exit_code"]) == kept


def test_a_shard_that_is_not_planned_is_told(run: Run, client: Callable[[str], Client]) -> None:
    """With those that are."""
    client("s3").put_object(Bucket="inbox", Key="a.csv", Body=csv_of(lines_of(make_orders(5, day=YESTERDAY))))
    run("plan", "--run", "r5", "--input", "s3://inbox/a.csv")
    code, (line,) = run("shard", "--run", "r5", "--shard", "1")
    assert (code, line["reason"]) == (2, "--shard 1: run r5 has shards 0 to 0")
    assert json.loads(read(client, "runs/r5/failure.json"))["shard"] == 1


def test_another_version_of_the_code_does_not_go_on(run: Run, client: Callable[[str], Client]) -> None:
    """It may count otherwise: half a report of each would be a report of neither."""
    client("s3").put_object(Bucket="inbox", Key="a.csv", Body=csv_of(lines_of(make_orders(5, day=YESTERDAY))))
    run("plan", "--run", "r6", "--input", "s3://inbox/a.csv")
    code, (line,) = run("shard", "--run", "r6", "--shard", "0", APP_VERSION="2")
    assert (code, line["reason"]) == (2, "run r6 was planned by version 1 and this is 2: start another run")


def test_a_service_that_is_down_ends_with_75(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next try may find it up; that the reason cannot be kept changes nothing."""
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None))
    code, lines = run("report", "--run", "r7", AWS_ENDPOINT_URL="http://127.0.0.1:9")
    assert code == 75
    assert lines[0]["reason"] == "report bucket is temporarily unavailable"


def test_a_bug_ends_with_1_and_its_trace(
    run: Run, client: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And is recorded with the run like every other failure."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("patterns_batch.application.publishing.Publisher.publish", broken)
    client("s3").put_object(Bucket="inbox", Key="a.csv", Body=csv_of(lines_of(make_orders(5, day=YESTERDAY))))
    run("plan", "--run", "r8", "--input", "s3://inbox/a.csv")
    code, (line,) = run("publish", "--run", "r8")
    assert (code, line["reason"]) == (1, "ZeroDivisionError: division by zero")
    assert "Traceback" in line["exception"]
    assert json.loads(read(client, "runs/r8/failure.json"))["exit_code"] == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "the following arguments are required: STEP"),
        (["plan", "--run", "r"], "one of the arguments --date --input is required"),
        (["plan", "--run", "../r", "--date", "2026-11-22"], "argument --run: must be letters, digits, - and _"),
        (["shard", "--run", "r"], "the following arguments are required: --shard"),
        (["shard", "--run", "r", "--shard", "-1"], "--shard"),
        (["repair", "--run", "r"], "invalid choice: 'repair'"),
    ],
)
def test_bad_arguments_are_told_in_one_line(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With exit code 2, and without a page of usage before it."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert told in line


def test_a_missing_setting_is_named(run: Run) -> None:
    """Before anything is called."""
    code, (line,) = run("report", "--run", "r9", REPORT_BUCKET="")
    assert (code, line["reason"]) == (2, "environment variable REPORT_BUCKET is not set")


@pytest.mark.integration
def test_a_stopped_container_goes_on_where_it_was(
    listening: tuple[dict[str, str], Callable[[str], Client]], run: Run
) -> None:
    """A real process is told to stop, ends with 75, and the next one finishes with the bytes of an undisturbed one."""
    environment, client = listening
    content = parquet_of(lines_of(make_orders(9000, day=date(2026, 11, 22), days=9)))
    client("s3").put_object(Bucket="inbox", Key="a.parquet", Body=content)
    small = {"CHUNK_LINES": "300"}
    for name in ("stopped", "whole"):
        run("plan", "--run", name, "--input", "s3://inbox/a.parquet", **small)
    command = [sys.executable, "-m", "patterns_batch", "shard", "--run", "stopped", "--shard", "0"]
    process = subprocess.Popen(command, env={**environment, **small}, stdout=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not keys(client, "runs/stopped/shards/") and time.monotonic() < deadline:
        time.sleep(0.1)  # the server is in this process, too
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 75, said
    assert json.loads(read(client, "runs/stopped/failure.json"))["reason"].startswith("stopped after row ")
    assert not keys(client, "runs/stopped/partials/")
    kept = json.loads(read(client, "runs/stopped/shards/0000/checkpoint.json"))
    assert 0 < kept["row"] < 18_000
    for name in ("stopped", "whole"):
        assert run("shard", "--run", name, "--shard", "0")[0] == 0
    whole = json.loads(read(client, "runs/whole/partials/0000.json"))["files"]
    stopped = json.loads(read(client, "runs/stopped/partials/0000.json"))["files"]
    assert {name: file["sha256"] for name, file in stopped.items()} == {
        name: file["sha256"] for name, file in whole.items()
    }
