"""`patterns dead-letters`: what people and programs see, and what it leaves behind."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from rich.console import Console

from patterns_cli.commands import letters_shown
from patterns_cli.commands.dead_letters import show_dead_letters
from patterns_cli.commands.failures import CommandError
from patterns_cli.queues.directory import UnknownQueue
from patterns_cli.queues.peeking import peek
from patterns_cli.queues.queue import read_queue
from patterns_shared.adapters.dead_letters import SqsDeadLetters
from patterns_shared.adapters.event_messages import event_to_body
from patterns_shared.adapters.sqs_batch import Message
from patterns_shared.domain.events import EventType
from patterns_shared.testing import make_event

# Classes of the fixtures, which importlib's mode keeps out of reach as an import.
Shop = Any
Box = Any

EVENT = make_event(EventType.ORDER_REJECTED)


def keep(box: Box, *, reason: str = "total is wrong [red]") -> None:
    """Put an event into the dead-letter queue as our consumers do."""
    SqsDeadLetters(box.sqs, box.letters_url).keep(Message("m", event_to_body(EVENT)), reason)


def test_all_queues_with_their_counts(small_shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    """A line for each, where there is no terminal; standard output is for programs."""
    keep(small_shop.receiver("ledger"))
    partner = small_shop.receiver("partner")
    show_dead_letters(small_shop.place, None, as_json=False, most=10)
    shown = capsys.readouterr()
    assert shown.out == ""
    stage = small_shop.place.stage
    assert shown.err.splitlines() == [
        f"queue: ledger  pattern: async  dead letters: 1  in flight: 0  goes back to: {stage}-ledger",
        f"queue: partner  pattern: async  dead letters: 0  in flight: 0  goes back to: {stage}-partner",
    ]
    show_dead_letters(small_shop.place, None, as_json=True, most=10)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(x["queue"], x["waiting"], x["in_flight"]) for x in lines] == [("ledger", 1, 0), ("partner", 0, 0)]
    assert (lines[1]["url"], lines[1]["source"]) == (partner.letters_url, f"{stage}-partner")


def test_people_see_why_it_failed_and_no_personal_data(small_shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    """Ids, reason, times; the body is not for a screen that others may see."""
    keep(small_shop.receiver())
    show_dead_letters(small_shop.place, "ledger", as_json=False, most=10)
    shown = capsys.readouterr()
    for fact in (EVENT.id, EVENT.order_id, "OrderRejected", "reason: total is wrong [red]", "receives: 1", "age: 0 s"):
        assert fact in shown.err
    assert "ledger: 1 of 1 dead letters shown\n" in shown.err
    assert "example.com" not in shown.err
    assert shown.out == ""


def test_programs_get_the_body_too(small_shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    """A JSON line for each, for redrive --repaired."""
    box = small_shop.receiver()
    keep(box)
    (unknown,) = box.fail("no event \N{SNOWMAN}")
    show_dead_letters(small_shop.place, "ledger", as_json=True, most=10)
    known, foreign = sorted(
        (json.loads(x) for x in capsys.readouterr().out.splitlines()), key=lambda x: len(x["body"])
    )[::-1]
    assert known["body"] == event_to_body(EVENT)
    assert (known["event_id"], known["type"], known["order_id"]) == (EVENT.id, "OrderRejected", EVENT.order_id)
    assert (known["reason"], known["receives"]) == ("total is wrong [red]", 1)
    assert known["failed_at"].endswith("+00:00")
    assert 0 <= known["age_seconds"] < 60
    assert foreign == {
        "message_id": unknown,
        **dict.fromkeys(("event_id", "type", "order_id", "failed_at")),
        "reason": "no reason given",
        "receives": 1,
        "sent_at": foreign["sent_at"],
        "age_seconds": foreign["age_seconds"],
        "body": "no event \N{SNOWMAN}",
    }


def test_a_terminal_gets_a_table(
    small_shop: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In which a reason's brackets are brackets."""
    keep(small_shop.receiver())
    monkeypatch.setattr("rich.console.Console", lambda **_: Console(force_terminal=True, stderr=True, width=100))
    show_dead_letters(small_shop.place, "ledger", as_json=False, most=10)
    shown = capsys.readouterr().err
    assert "━━┳━━" in shown
    for fact in (EVENT.id, EVENT.order_id, "OrderRejected: total is wrong [red]"):
        assert fact in shown
    assert max(len(re.sub("\x1b\\[[0-9;]*m", "", line)) for line in shown.splitlines()) <= 100


def test_more_than_was_asked_for_is_said(small_shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    """So that nobody takes the first hundred for all of them."""
    small_shop.receiver().fail(*map(str, range(25)))
    show_dead_letters(small_shop.place, "ledger", as_json=True, most=12)
    shown = capsys.readouterr()
    assert len(shown.out.splitlines()) == 12
    assert shown.err == "ledger: 12 of 25 dead letters shown; --max shows more\n"


def test_hidden_ones_are_said(small_shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    """Somebody else may be looking at them."""
    box = small_shop.receiver()
    box.fail("one", "two")
    box.sqs.receive_message(QueueUrl=box.letters_url, VisibilityTimeout=60)
    show_dead_letters(small_shop.place, "ledger", as_json=False, most=10)
    assert "ledger: 1 more are hidden: another reader has them" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("seconds", "told"), [(0, "0 s"), (59, "59 s"), (60, "1 min"), (7199, "1 h"), (86_400 * 13, "13 d")]
)
def test_ages(seconds: int, told: str) -> None:
    """In the unit that a person would take."""
    assert letters_shown._told(timedelta(seconds=seconds)) == told


def test_nothing_deployed_is_an_error(small_shop: Shop) -> None:
    """Of one line; and so is a name that is not there."""
    with pytest.raises(CommandError, match="no pattern with queues is deployed to local stage t"):
        show_dead_letters(small_shop.place, None, as_json=False, most=10)
    with pytest.raises(UnknownQueue):
        show_dead_letters(small_shop.place, "ledger", as_json=False, most=10)


def test_looking_that_is_cut_short_gives_all_back(small_shop: Shop) -> None:
    """Say, because the reader of a pipe has seen enough."""
    box = small_shop.receiver()
    box.fail(*map(str, range(25)))
    queue = read_queue(box.sqs, box.letters_url)
    assert queue
    letters = peek(box.sqs, queue, most=100)
    assert next(letters).receives == 1
    assert box.hidden()[1] == 10
    letters.close()
    assert (box.visible()[1], box.hidden()[1]) == (25, 0)


@pytest.mark.integration
def test_the_queue_is_as_it_was(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    """On the emulator, 250 messages: all there and visible at once; only their receive counts are one higher."""
    box = shop.receiver()
    ids = box.fail(*map(str, range(250)), reason="why", failed_at="then")
    for times in (1, 2):
        show_dead_letters(shop.place, "ledger", as_json=True, most=1000)
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert sorted(x["message_id"] for x in lines) == sorted(ids)
        assert {x["receives"] for x in lines} == {times}
        assert (box.visible(), box.hidden()) == ((0, 250), (0, 0))
    left = box.take(letters=True)
    assert sorted(x["MessageId"] for x in left) == sorted(ids)
    assert sorted(int(x["Body"]) for x in left) == list(range(250))
    assert {tuple(sorted(x["MessageAttributes"])) for x in left} == {("failed_at", "reason")}
    assert {x["Attributes"]["ApproximateReceiveCount"] for x in left} == {"3"}
