"""The same work on each compute: every adapter does it, and what does less is not measured."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from benchmarks.answers import WrongAnswer
from benchmarks.compute import computes, orders, reports
from benchmarks.compute.computes import COMPUTES, DURABLE, MACHINE, TASK, Compute, Files, lines_of
from benchmarks.compute.deployment import Deployed
from benchmarks.compute.fake_aws import fake_aws
from benchmarks.compute.fake_bucket import FakeBuckets
from benchmarks.compute.published import BEGIN, END, LIMITS, PAGE, PRICES, published_text
from benchmarks.compute.systemd import commands_of
from cfnlint.api import lint_file

from patterns_cli.choosing.guide import read_guide
from patterns_cli.costs.prices import PriceList
from patterns_cli.marked_text import between_markers
from patterns_infra.paths import REPOSITORY
from patterns_shared.testing import body_of, make_event

pytestmark = pytest.mark.integration

HERE = Deployed(Path(sys.executable), str(REPOSITORY), ())
"""What a deployment has, from this environment: nothing is built for these tests."""
FOLDER = Path(computes.__file__).with_name("infrastructure")
TEMPLATES = sorted(path for path in FOLDER.glob("*.yaml") if "AWSTemplateFormatVersion" in path.read_text())
LAZY = """
import os
from patterns_k8s.worker.work_queue import WorkQueue
from patterns_shared.adapters.aws_client import create_client

queue = WorkQueue(create_client("sqs"), os.environ["QUEUE_URL"], logger=None)
while records := queue.receive(10, wait_seconds=0):
    queue.delete(record["receiptHandle"] for record in records)
"""


@pytest.mark.parametrize("compute", COMPUTES, ids=lambda compute: compute.name)
def test_a_compute_decides_orders_by_the_rules(compute: Compute) -> None:
    """Each outcome once and byte for byte; a repeated order is published again, another text is a dead letter."""
    orders.check(compute, HERE)


def test_all_computes_make_the_same_report() -> None:
    """With the figures of all lines; in one process, in steps, or in a process a step."""
    reports.check(dict.fromkeys(COMPUTES, HERE))


def test_a_compute_that_does_less_is_not_measured(tmp_path: Path) -> None:
    """One that empties the queue, and publishes nothing."""
    Path(tmp_path, "lazy.py").write_text(LAZY)
    lazy = replace(TASK, name="a lazy task", orders="lazy")

    with pytest.raises(WrongAnswer, match="a lazy task: 24 outcomes are missing"):
        orders.check(lazy, replace(HERE, path=f"{tmp_path}:{HERE.path}"))


def test_requests_are_those_that_an_order_needs() -> None:
    """Received, published and deleted ten at a time; a durable execution keeps its step, too."""
    bodies = [f'{{"no": "order {number}"}}' for number in range(20)]

    asked = {compute.name: orders.run(compute, HERE, bodies, size=10, warm=10).requests for compute in (TASK, DURABLE)}

    # No order is in these messages: each goes to the dead letters alone, and nothing is published.
    alike = {"SQS ReceiveMessage": 1, "SQS SendMessage": 10, "SQS DeleteMessageBatch": 1}
    assert asked[TASK.name] == alike
    assert asked[DURABLE.name] == {**alike, "Lambda CheckpointDurableExecution": 1}


def test_a_durable_execution_that_is_resumed_repeats_no_step(tmp_path: Path) -> None:
    """Its answer is the one that is kept: nothing is published again."""
    with fake_aws(tmp_path) as aws:
        record = {"messageId": "1", "receiptHandle": "1", "body": body_of(make_event()), "attributes": {}}
        first = aws.executions.begin({"Records": [record]})
        with orders.running(DURABLE, HERE, orders.environment_of(aws, HERE)) as process:
            answers = [orders.invoked(process, first), orders.invoked(process, aws.executions.resume(first))]
        published = aws.topic.published

    assert [json.loads(answer["Result"]) for answer in answers] == [{"batchItemFailures": []}] * 2
    assert len(published) == 1


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_template_is_valid(template: Path) -> None:
    """By cfn-lint, warnings included: what is not deployed here must not be fiction."""
    assert not [f"{found.linenumber}: {found.message}" for found in lint_file(template)]


def test_what_is_counted_is_there() -> None:
    """Every file of every compute; and no file of the folder is forgotten."""
    named = {
        name for compute in COMPUTES for files in _files(compute) for name in (*files.adapter, *files.infrastructure)
    }

    assert all(lines_of((name,)) for name in named)
    assert {f"infrastructure/{path.name}" for path in FOLDER.iterdir()} <= named


def _files(compute: Compute) -> tuple[Files, Files]:
    return compute.order_files, compute.report_files


def test_lines_are_counted_without_comments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor empty lines."""
    Path(tmp_path, "one.yaml").write_text("# why\n\na: 1\n  # and how\nb: 2\n")
    Path(tmp_path, "two.service").write_text("[Unit]\n")
    monkeypatch.setattr(computes, "_HERE", tmp_path)

    assert lines_of(("one.yaml", "two.service")) == 3


def test_manifests_and_templates_run_what_is_measured() -> None:
    """The modules that the benchmark starts are those that the files name."""
    for compute in COMPUTES:
        for module, files in ((compute.orders, compute.order_files), (compute.report, compute.report_files)):
            assert any(module in Path(FOLDER.parent, name).read_text() for name in files.infrastructure)


def test_a_unit_is_started_as_systemd_would() -> None:
    """By its command, with another Python; one without a command is refused."""
    unit = FOLDER.joinpath("order_machine.service").read_text()

    assert commands_of(unit, Path("/python")) == [["/python", "-P", "-m", MACHINE.orders]]
    with pytest.raises(ValueError, match="no ExecStart"):
        commands_of("[Service]\n", Path("/python"))


def test_the_buckets_keep_conditions(tmp_path: Path) -> None:
    """The engine relies on them: create once, replace what was seen, read a part of one version."""
    buckets = FakeBuckets(tmp_path)

    put = buckets.answer("PUT", "/reports/a", {"If-None-Match": "*"}, b"first")
    again = buckets.answer("PUT", "/reports/a", {"If-None-Match": "*"}, b"second")
    part = buckets.answer("GET", "/reports/a", {"Range": "bytes=1-3", "If-Match": put.headers["ETag"]}, b"")
    other = buckets.answer("GET", "/reports/a", {"If-Match": '"other"'}, b"")
    listed = buckets.answer("GET", "/reports?list-type=2&prefix=a", {}, b"")

    assert (put.status, again.status) == (200, 412)
    assert (part.status, part.body, part.headers["Content-Range"]) == (206, b"irs", "bytes 1-3/5")
    assert other.status == 412
    assert b"<Key>a</Key>" in listed.body
    assert buckets.answer("HEAD", "/reports/b", {}, b"").status == 404


def test_the_page_has_what_is_published() -> None:
    """Change a limit or a price, and write it: ``python -m benchmarks.compute.published``."""
    text = published_text(read_guide(), PriceList.read())

    assert between_markers(PAGE.read_text(), BEGIN, END) == text
    assert len(text.splitlines()) == 2 + sum(len(found) for kind in (LIMITS, PRICES) for found in kind.values())
    assert all(row.count("|") == 7 for row in text.splitlines())
