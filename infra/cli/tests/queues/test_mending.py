"""Mended messages: what a file may say, and what the queue's consumer would make of it."""

import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from patterns_cli.queues import mending
from patterns_cli.queues.letter import Letter
from patterns_cli.queues.mending import MAX_LINE_BYTES, MendedLetters, read_mended
from patterns_cli.queues.queue import Feeder
from patterns_cli.queues.sending import Copy
from patterns_cli.text_lines import BadLine, read_lines
from patterns_shared.adapters.event_messages import event_to_body
from patterns_shared.domain.events import EventType
from patterns_shared.testing import make_event

EVENT = event_to_body(make_event(EventType.ORDER_CANCELLED))
ENVELOPE = json.dumps({"detail-type": "OrderCancelled", "detail": json.loads(EVENT)})
WRONG = json.dumps(json.loads(EVENT) | {"order_version": 0})


def read(*lines: object, feeder: Feeder = Feeder.OTHER) -> tuple[MendedLetters, list[BadLine]]:
    """Read lines, given as they are or as what they are the JSON of."""
    text = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)
    return read_mended(read_lines(io.BytesIO(text.encode()), max_bytes=MAX_LINE_BYTES), feeder)


def line(body: object = "body", message_id: object = "m1") -> dict[str, object]:
    """Return a line's document."""
    return {"message_id": message_id, "body": body, "reason": "of the failure, which is not read"}


def letter(message_id: str, **attributes: Any) -> Letter:  # noqa: ANN401 - as boto3 gives them
    """Return a letter with this id."""
    return Letter(message_id, "r", "old", attributes, datetime.now(UTC), 1, moved_by_sqs=False)


def test_exactly_the_named_ones_are_chosen_with_their_new_bodies() -> None:
    """And those that were not there are known afterwards, in the file's order."""
    mended, bad = read(line("new", "m1"), "", line("other", "m3"), line("third", "m2"))
    assert bad == []
    kept = {"type": {"StringValue": "x"}}
    assert mended(letter("m1", reason={}, failed_at={}, **kept)) == Copy("new", kept)
    assert mended(letter("unnamed")) is None
    assert [(x.line, x.message_id) for x in mended.missing()] == [(3, "m3"), (4, "m2")]


def test_a_body_may_be_an_object() -> None:
    """A person who mends by hand need not escape quotation marks."""
    mended, bad = read(line({"a": "é", "b": [1]}))
    assert bad == []
    assert mended.by_id["m1"].body == '{"a":"é","b":[1]}'


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "must be an object"),
        ({"body": "x"}, "message_id: must be a text, as patterns dead-letters --json gives it"),
        (line(message_id=7), "message_id: must be a text, as patterns dead-letters --json gives it"),
        (line(message_id=""), "message_id: must be a text, as patterns dead-letters --json gives it"),
        ({"message_id": "m"}, "body: must be a text or an object"),
        (line(""), "body: must be a text or an object"),
        (line(["x"]), "body: must be a text or an object"),
        (line("x" * MAX_LINE_BYTES), f"is over the limit of {MAX_LINE_BYTES} bytes"),
        (line(message_id="first"), "names the same message as line 1"),
    ],
)
def test_a_line_that_cannot_be_used_is_named(wrong: object, reason: str) -> None:
    """With its number and without its content; the lines around it are read all the same."""
    mended, bad = read(line(message_id="first"), wrong, line(message_id="last"))
    assert [str(x) for x in bad] == [f"line 2: {reason}"]
    assert set(mended.by_id) == {"first", "last"}


@pytest.mark.parametrize(
    ("feeder", "body", "reason"),
    [
        (Feeder.TOPIC, EVENT, ""),
        (Feeder.TOPIC, json.loads(EVENT), ""),
        (Feeder.TOPIC, WRONG, "body: order_version: must be at least 1"),
        (Feeder.TOPIC, ENVELOPE, "body: schema_version: is missing"),
        (Feeder.TOPIC, "{", "body: event: is not JSON at character 1"),
        (Feeder.BUS, ENVELOPE, ""),
        (
            Feeder.BUS,
            json.dumps({"detail-type": "X", "detail": json.loads(WRONG)}),
            "body: order_version: must be at least 1",
        ),
        (Feeder.BUS, json.dumps({"detail-type": "X"}), "body: event: must be an object"),
        (
            Feeder.BUS,
            EVENT,
            "body: detail: is missing: this queue's bodies are the event bus's, with the event in them",
        ),
        (Feeder.BUS, "[]", "body: event: must be an object"),
        (Feeder.OTHER, "{", ""),
    ],
)
def test_a_body_must_be_what_its_consumer_reads(feeder: Feeder, body: object, reason: str) -> None:
    """An event behind a topic, its envelope behind the event bus, anything where nothing is known."""
    _, bad = read(line(body), feeder=feeder)
    assert [x.reason for x in bad] == ([reason] if reason else [])


def test_an_event_s_attributes_are_those_of_the_mended_body() -> None:
    """Its type may be what was wrong."""
    mended, _ = read(line(EVENT), feeder=Feeder.TOPIC)
    before = {"type": {"StringValue": "Nonsense", "DataType": "String"}, "tenant": {"StringValue": "t"}}
    copy = mended(letter("m1", **before))
    assert copy
    assert {name: value["StringValue"] for name, value in copy.attributes.items()} == {
        "type": "OrderCancelled",
        "schema_version": "1",
        "tenant": "t",
    }


def test_a_file_is_not_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many messages as can be looked for at once."""
    monkeypatch.setattr(mending, "MOST_IN_HAND", 3)
    _, bad = read(*(line(message_id=f"m{n}") for n in range(9)))
    assert [str(x) for x in bad] == ["line 4: is one too many: a file may name 3 messages"]
