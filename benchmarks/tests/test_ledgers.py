"""The ledgers that are compared do the same work: otherwise a ratio would say nothing."""

from dataclasses import replace
from pathlib import Path

import pytest
from benchmarks.answers import WrongAnswer
from benchmarks.asynchronous.answers import check
from benchmarks.asynchronous.ledger import requests_for
from benchmarks.asynchronous.messages import BAD_BODIES, body, traffic
from benchmarks.asynchronous.subjects import ENVIRONMENT, LOOKING, OURS, PER_BATCH, PER_MESSAGE, POWERTOOLS, SUBJECTS
from benchmarks.asynchronous.tables import LEDGER, Tables
from benchmarks.installation import Installation, install
from benchmarks.stubbed_dynamodb import stub
from benchmarks.subjects import ENVIRONMENT as LAMBDA
from benchmarks.subjects import Subject
from benchmarks.turns import take_turns
from botocore.httpsession import URLLib3Session

from patterns_async.adapters.dynamodb_ledger import DynamoDBLedger
from patterns_async.testing.contracts import LedgerContract
from patterns_shared.adapters.aws_client import create_client
from patterns_shared.adapters.event_messages import event_from_body, event_to_body

pytestmark = pytest.mark.integration


@pytest.fixture(scope="session")
def installation() -> Installation:
    """The interpreter and the folders in which the ledgers are measured."""
    return install("patterns-async")


Changed = tuple[Installation, Subject]
"""Where a changed peer is found, and the subject that it is."""


def changed(installation: Installation, folder: Path, module: str, said: str, done: str) -> Changed:
    """Change a text in a peer's module."""
    source = Path(installation.peers, "benchmarks", "peers", f"{module}.py").read_text()
    assert said in source
    Path(folder, "changed.py").write_text(source.replace(said, done))
    return replace(installation, ours=folder), Subject("a changed loop", "changed", ours=True, environment=ENVIRONMENT)


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.name)
def test_a_ledger_books_every_event_once_and_refuses_what_is_none(installation: Installation, subject: Subject) -> None:
    """With the same entries, through its own client, in the environment that it is measured in."""
    check(installation, subject, looks=subject in LOOKING)


@pytest.mark.parametrize(
    ("module", "said", "done", "complaint"),
    [
        ("ledger_put", ', ConditionExpression="attribute_not_exists(event_id)"', "", "wrote 20 entries for ten events"),
        ("ledger_put", 'event["Records"]', 'event["Records"][1:]', "booked"),
        ("ledger_put", "failures = []", 'failures = [{"itemIdentifier": "1"}]', r"failed \[1, 1\] of ten"),
        ("ledger_insert", 'failed.append(record["messageId"])', "pass", "did not refuse not JSON"),
        ("ledger_powertools", "    book(event=event)", "    book.__wrapped__(event=event)", "wrote 20 entries"),
        ("ledger_powertools", "* event.data.total", "", "booked"),
        ("ledger_powertools", "logger.info(", "logger.debug(", "wrote lines about"),
        ("ledger_powertools", "value=1)", "value=2)", "wrote the metrics"),
        ("ledger_powertools", "value.utcoffset() != timedelta(0)", "False", "did not refuse a time without a zone"),
    ],
)
def test_a_ledger_that_does_less_work_is_not_measured(
    installation: Installation, tmp_path: Path, module: str, said: str, done: str, complaint: str
) -> None:
    """One that books twice, forgets a message, writes no line, or does not look."""
    found, lazy = changed(installation, tmp_path, module, said, done)

    with pytest.raises(WrongAnswer, match=complaint):
        check(found, lazy, looks=module == "ledger_powertools")


@pytest.mark.parametrize(
    ("subject", "requests"), [(OURS, 0.137), (PER_BATCH, 0.1), (PER_MESSAGE, 0.99), (POWERTOOLS, 2.87)]
)
def test_requests_are_counted(installation: Installation, subject: Subject, requests: float) -> None:
    """In batches of ten, one of a hundred messages poison, one of twenty a duplicate.

    Ours reads what was booked before under the ids of a batch's duplicates, in one request, to tell a conflict.
    """
    assert requests_for(installation, subject, 10) == requests


def test_a_request_more_is_seen(installation: Installation, tmp_path: Path) -> None:
    """As is an entry that is missing."""
    put = "        dynamodb.put_item(TableName=TABLE, Item=entry"
    twice = changed(installation, tmp_path, "ledger_put", put, f"{put})\n{put}")
    assert requests_for(*twice, 10) == 1.98

    with pytest.raises(WrongAnswer, match="not exact"):
        requests_for(*changed(installation, tmp_path, "ledger_put", 'event["Records"]', 'event["Records"][1:]'), 10)


def test_a_turn_that_books_nothing_is_no_turn(installation: Installation, tmp_path: Path) -> None:
    """However fast it is."""
    found, idle = changed(installation, tmp_path, "ledger_put", "put(item(", "str(item(")

    with pytest.raises(AssertionError, match="ended early"):
        take_turns(found, [idle], 1, "asynchronous.booking.warm", "10", "20")


def test_the_messages_are_our_publishers_own() -> None:
    """The same text that our publisher writes, so that each ledger reads as much as in production."""
    for number in range(10):
        assert event_to_body(event_from_body(body(number))) == body(number)


def test_bad_messages_differ_from_good_ones_in_what_they_are_called_after() -> None:
    """None of them twice."""
    assert len(set(BAD_BODIES.values()) | {body(0)}) == len(BAD_BODIES) + 1


def test_traffic_has_duplicates_and_poison() -> None:
    """One of twenty, one of a hundred."""
    bodies = traffic(1_000)

    assert len(bodies) == 1_000
    assert len(set(bodies)) == 1_000 - 50 - 10 + 1


class TestPlayedTable(LedgerContract):
    """The table that the measured ledgers write to does what the real one does."""

    @pytest.fixture
    def ledger(self, monkeypatch: pytest.MonkeyPatch) -> DynamoDBLedger:
        """Empty books."""
        for name, value in LAMBDA.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(URLLib3Session, "send", URLLib3Session.send)  # and back again afterwards
        stub(Tables().answer)
        return DynamoDBLedger(create_client("dynamodb"), LEDGER)
