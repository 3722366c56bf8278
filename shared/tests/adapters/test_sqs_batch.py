import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patterns_shared.adapters.sqs_batch import (
    UNEXPECTED_RECEIVES,
    BatchFailed,
    HandleBatch,
    Message,
    one_by_one,
    process_batch,
)
from patterns_shared.domain.errors import InvalidEvent, PermanentFailure, TemporarilyUnavailable

Reported = list[tuple[str, str, bool]]


class Kept:
    """Dead letters in a list; bodies named in ``refusing`` are not taken."""

    def __init__(self, refusing: frozenset[str] = frozenset()) -> None:
        self.letters: list[tuple[str, str]] = []
        self.refusing = refusing

    def keep(self, message: Message, reason: str) -> None:
        """Keep it or not."""
        if message.body in self.refusing:
            raise ConnectionError("no queue")
        self.letters.append((message.body, reason))


def batch(bodies: Sequence[str], *, receives: int = 1) -> dict[str, Any]:
    """Return Lambda's event with these bodies, whose message ids are their positions."""
    return {
        "Records": [
            {"messageId": str(n), "body": body, "attributes": {"ApproximateReceiveCount": str(receives)}}
            for n, body in enumerate(bodies)
        ]
    }


def answer_to(
    event: dict[str, Any], handle: HandleBatch, dead_letters: Kept | None = None, *, last_receive: int | None = None
) -> tuple[list[str], Reported]:
    """Return the ids of the messages that come again, and what was reported; check that Lambda can read the answer."""
    reported: Reported = []

    def report(message: Message, error: Exception, *, dead_lettered: bool) -> None:
        reported.append((message.id, type(error).__name__, dead_lettered))

    response = process_batch(
        event, handle, dead_letters=dead_letters or Kept(), report=report, last_receive=last_receive
    )
    again = [item["itemIdentifier"] for item in json.loads(json.dumps(response))["batchItemFailures"]]
    assert response == {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in again]}
    ids = [record["messageId"] for record in event["Records"]]
    assert set(again) <= set(ids)
    assert max(Counter(again).values(), default=1) == 1
    return again, reported


def failing(errors: Mapping[str, Exception]) -> HandleBatch:
    """Return a handler that fails the bodies named."""

    def handle(message: Message) -> None:
        if message.body in errors:
            raise errors[message.body]

    return one_by_one(handle)


def test_a_batch_that_went_well_fails_nothing() -> None:
    """All messages are done."""
    assert answer_to(batch(["a", "b"]), failing({})) == ([], [])


@pytest.mark.parametrize("error", [TemporarilyUnavailable("table"), ZeroDivisionError("a bug")])
def test_a_failure_leaves_its_own_message_in_the_queue(error: Exception) -> None:
    """And no other, for a temporary failure as for an unexpected one."""
    assert answer_to(batch(["a", "b", "c"]), failing({"b": error})) == (["1"], [("1", type(error).__name__, False)])


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (InvalidEvent("data.total", "is missing"), "data.total: is missing"),
        (PermanentFailure("the partner answered 422"), "the partner answered 422"),
        (PermanentFailure("the partner answered 422", detail="no such sku"), "the partner answered 422: no such sku"),
    ],
)
def test_a_permanent_failure_is_kept_with_its_reason_and_done(error: Exception, reason: str) -> None:
    """It costs no further receive."""
    kept = Kept()
    again, reported = answer_to(batch(["a", "b"]), failing({"b": error}), kept)
    assert again == []
    assert kept.letters == [("b", reason)]
    assert reported == [("1", type(error).__name__, True)]


def test_a_dead_letter_that_cannot_be_kept_comes_again() -> None:
    """It is never lost: neither here nor there."""
    again, reported = answer_to(batch(["a", "b"]), failing({"b": PermanentFailure("no")}), Kept(frozenset({"b"})))
    assert again == ["1"]
    assert reported == [("1", "PermanentFailure", False)]


def test_on_its_last_receive_a_message_is_kept_with_the_reason() -> None:
    """SQS would move it next without one."""
    kept = Kept()
    errors = failing({"a": TemporarilyUnavailable("partner")})
    assert answer_to(batch(["a"], receives=4), errors, kept, last_receive=5)[0] == ["0"]
    assert answer_to(batch(["a"], receives=5), errors, kept, last_receive=5)[0] == []
    assert kept.letters == [
        ("a", "given up after 5 receives: TemporarilyUnavailable: partner is temporarily unavailable")
    ]


@pytest.mark.parametrize("error", [TemporarilyUnavailable("table"), BatchFailed("x"), ZeroDivisionError("x")])
def test_an_outage_does_not_use_up_the_receives_and_a_mistake_is_seen(error: Exception) -> None:
    """What is known to pass waits for as long as the queue allows; anything else is given up at each tenth receive.

    So one mistake at the end of an outage does not set everything aside that has waited.
    """
    passes = isinstance(error, TemporarilyUnavailable)
    for receives in (1, 9, 10, 11, 19, 20, 299, 300):
        kept = Kept()
        again, _ = answer_to(batch(["a"], receives=receives), failing({"a": error}), kept, last_receive=300)
        given_up = receives >= 300 or (not passes and receives % UNEXPECTED_RECEIVES == 0)
        assert (again, [body for body, _ in kept.letters]) == ([], ["a"]) if given_up else (["0"], [])


def test_an_outage_that_a_handler_meets_for_the_whole_batch_is_an_outage_for_each() -> None:
    """It costs no message the receives of a mistake."""

    def handle(_: Sequence[Message]) -> Mapping[str, Exception]:
        raise TemporarilyUnavailable("topic")

    again, reported = answer_to(batch(["a", "b"], receives=50), handle, last_receive=300)
    assert again == ["0", "1"]
    assert {name for _, name, _ in reported} == {TemporarilyUnavailable.__name__}


def test_a_handler_that_fails_as_a_whole_fails_all_and_loses_none() -> None:
    """Even if its error says permanent: it is unknown which message it is about."""

    def handle(_: Sequence[Message]) -> Mapping[str, Exception]:
        raise PermanentFailure("everything")

    kept = Kept()
    again, reported = answer_to(batch(["a", "b"]), handle, kept)
    assert again == ["0", "1"]
    assert {name for _, name, _ in reported} == {BatchFailed.__name__}
    assert kept.letters == []


def test_messages_that_are_not_in_the_batch_cannot_fail() -> None:
    """A handler that makes up ids, or names one twice in any way, cannot make the answer malformed."""
    assert answer_to(batch(["a"]), lambda _: {"0": ValueError(), "7": ValueError(), "": ValueError()})[0] == ["0"]


def test_a_message_that_comes_twice_in_a_batch_is_named_once() -> None:
    """The answer names ids, and each once."""
    twice = {"Records": batch(["a"])["Records"] * 2}
    assert answer_to(twice, failing({"a": ValueError()}))[0] == ["0"]


@given(
    st.lists(st.sampled_from(["good", "temporary", "permanent", "bug"]), max_size=12),
    st.integers(min_value=1, max_value=3),
    st.booleans(),
)
def test_every_message_is_done_kept_or_comes_again(kinds: list[str], receives: int, queue_is_down: bool) -> None:  # noqa: FBT001
    """Exactly one of these, for any batch: that is all that can become of a message."""
    errors = {"temporary": TemporarilyUnavailable("x"), "permanent": PermanentFailure("x"), "bug": KeyError("x")}
    bodies = [f"{kind} {n}" for n, kind in enumerate(kinds)]
    kept = Kept(frozenset(bodies) if queue_is_down else frozenset())
    by_body = {body: errors[body.split()[0]] for body in bodies if not body.startswith("good")}
    again, _ = answer_to(batch(bodies, receives=receives), failing(by_body), kept, last_receive=3)
    came_again = {bodies[int(n)] for n in again}
    dead = {body for body, _ in kept.letters}
    assert came_again | dead == set(by_body)
    assert not came_again & dead
    final = {b for b in by_body if b.startswith("permanent") or receives == 3}
    assert dead == (set() if queue_is_down else final)
