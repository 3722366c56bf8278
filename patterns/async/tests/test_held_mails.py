import json

import pytest

from patterns_async.adapters.held_mails import HeldMails
from patterns_async.application.account_faults import AccountCannotSend, AccountFault
from patterns_shared.adapters.sqs_batch import Message
from patterns_shared.domain.errors import TemporarilyUnavailable
from patterns_shared.observability.metrics import make_metrics


def test_mails_that_wait_are_counted_by_cause(capsys: pytest.CaptureFixture[str]) -> None:
    """One line for each cause, by which its alarm knows it; what waits for other reasons has no part in it."""
    errors = [
        AccountCannotSend(AccountFault.SANDBOX, "MessageRejected"),
        AccountCannotSend(AccountFault.QUOTA_EXCEEDED, "Throttling"),
        TemporarilyUnavailable("mail"),
        AccountCannotSend(AccountFault.SANDBOX, "MessageRejected"),
    ]
    HeldMails(make_metrics("async", "test")).count((Message(str(n), "b"), error) for n, error in enumerate(errors))
    written = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["cause"], line["MailsHeld"], line["service"], line["stage"]) for line in written] == [
        ("sandbox", [2.0], "async", "test"),
        ("quota_exceeded", [1.0], "async", "test"),
    ]
    (directive,) = written[0]["_aws"]["CloudWatchMetrics"]
    assert sorted(directive["Dimensions"][0]) == ["cause", "service", "stage"]


def test_a_batch_without_held_mails_writes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """A metric costs by its dimensions."""
    HeldMails(make_metrics("async", "test")).count([(Message("1", "b"), TemporarilyUnavailable("mail"))])
    assert not capsys.readouterr().out
