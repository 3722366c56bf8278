"""The demo of all patterns: real orders pass all four while parts of them fail, and all books agree."""

import re

import pytest

from patterns_cli import demo
from patterns_cli.queues.directory import find_dead_letter_queues
from patterns_local.platform import Platform

pytestmark = pytest.mark.faults


def test_the_books_agree(
    platform: Platform, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The journey of one order is shown, and no problem is left."""
    monkeypatch.setenv("PATTERNS_LOCAL_STATE", str(platform.folder.root))
    for queue in find_dead_letter_queues(platform.place):
        platform.client("sqs").purge_queue(QueueUrl=queue.queue.url)
    code = demo.run([], stay=False, seed=11, orders=40)
    printed = capsys.readouterr().out
    assert code == 0, printed
    for tried, expected in {
        "compare the ledger with what each customer was promised": "40 orders",
        "compare the report with plain loops over the orders table": "",
        "follow one order through the logs: steps that are missing": "none",
        "ask for the status": "no problem",
    }.items():
        assert re.search(rf"^ok +{tried} +{expected}", printed, re.MULTILINE)
