"""What a dead letter tells a person."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from patterns_cli.queues.letter import Letter, Story, letter_of, story_of
from patterns_shared.adapters.event_messages import event_to_body
from patterns_shared.domain.events import EventType
from patterns_shared.testing import make_event

EVENT = make_event(EventType.ORDER_FULFILLED)
BODY = event_to_body(EVENT)


def letter(body: str = BODY, *, moved_by_sqs: bool = False, **attributes: str) -> Letter:
    """Return a letter with these attributes, as SQS gives it."""
    system = {"SentTimestamp": "1767605400123", "ApproximateReceiveCount": "3"}
    system |= {"DeadLetterQueueSourceArn": "arn:aws:sqs:us-east-1:1:source"} if moved_by_sqs else {}
    given = {name: {"StringValue": value, "DataType": "String"} for name, value in attributes.items()}
    received: dict[str, Any] = {"MessageId": "m", "ReceiptHandle": "r", "Body": body, "Attributes": system}
    return letter_of(received | ({"MessageAttributes": given} if given else {}))


def test_what_sqs_says_of_it() -> None:
    """Its id, its age, its receives; no body in its representation, which may end up in a log."""
    known = letter(reason="why", type="OrderFulfilled")
    assert (known.id, known.receives) == ("m", 3)
    assert known.sent_at == datetime(2026, 1, 5, 9, 30, 0, 123000, tzinfo=UTC)
    assert set(known.carried_attributes()) == {"type"}
    assert "ada@example.com" in known.body
    assert "ada@example.com" not in repr(known)


@pytest.mark.parametrize("body", [BODY, json.dumps({"id": "bus", "detail-type": "X", "detail": json.loads(BODY)})])
def test_the_event_is_found_in_both_forms(body: str) -> None:
    """As a topic delivers it, and inside the event bus's envelope, whose own id is not the event's."""
    assert story_of(letter(body, reason="the table was gone", failed_at="2026-01-05T09:31:00+00:00")) == Story(
        EVENT.id, "OrderFulfilled", EVENT.order_id, "the table was gone", "2026-01-05T09:31:00+00:00"
    )


@pytest.mark.parametrize(
    "body",
    [
        *("{", "[]", "null", '"text"', "[" * 100_000, "{}"),
        '{"id": 7, "type": ["x"], "order_id": {"a": "b"}}',
        '{"id": "ada@example.com wrote", "type": "no type at all", "order_id": ""}',
        '{"detail-type": "X", "detail": "nothing"}',
    ],
)
def test_a_body_that_is_no_event_tells_nothing(body: str) -> None:
    """Whatever it is, and no free text of it is shown."""
    story = story_of(letter(body))
    assert (story.event_id, story.type, story.order_id) == ("", "", "")


@pytest.mark.parametrize(
    ("attributes", "moved_by_sqs", "reason"),
    [
        ({"reason": "over the limit"}, False, "over the limit"),
        ({"ERROR_MESSAGE": "no permission", "RULE_ARN": "arn"}, False, "no permission"),
        ({"reason": "old news"}, True, "received too often; no reason was recorded: see its consumer's log"),
        ({}, False, "no reason given"),
        ({"reason": "two\nlines\twith \x9b31m colour"}, False, "two lines with 31m colour"),
    ],
)
def test_why_it_failed(attributes: dict[str, str], moved_by_sqs: bool, reason: str) -> None:  # noqa: FBT001 - a case
    """In the consumer's or the event bus's words, made safe for a terminal; SQS itself gives no reason."""
    assert story_of(letter(moved_by_sqs=moved_by_sqs, **attributes)).reason == reason


def test_a_record_of_an_order_names_it() -> None:
    """So that its missing event can be made again; other items and batches have none."""

    def order_of(*keys: object) -> str:
        bodies = ({"reason": "why", "record": {"dynamodb": {"Keys": key}}} for key in keys)
        return " ".join(story_of(letter(json.dumps(body))).order_id for body in bodies)

    assert order_of({"pk": {"S": "ORDER#019b"}}, {"pk": {"S": "ORDER#\x1b[2J"}}) == "019b [2J"
    assert order_of({"pk": {"S": "IDEMPOTENCY#a#b"}}, {"pk": {"N": "1"}}, {"pk": "x"}, "odd", None).split() == []


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"reason": "no new image", "record": {"dynamodb": {}}}, "no new image"),
        (
            {"requestContext": {"condition": "RetryAttemptsExhausted"}, "DDBStreamBatchInfo": {}},
            "RetryAttemptsExhausted",
        ),
        ({"reason": "a rejected order has one, too"}, "no reason given"),
        ({"requestContext": "odd", "record": 1, "reason": []}, "no reason given"),
    ],
)
def test_a_stream_s_letters_say_it_in_their_bodies(body: dict[str, Any], reason: str) -> None:
    """The relay's own, and those that Lambda writes of a batch that it gave up."""
    assert story_of(letter(json.dumps(body))).reason == reason
