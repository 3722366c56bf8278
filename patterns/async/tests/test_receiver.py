import json
import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest
from aws_lambda_powertools import Logger
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from patterns_async.adapters.dynamodb_ledger import DynamoDBLedger
from patterns_async.application.books import Booked, balance, book
from patterns_async.application.notifications import Notifications
from patterns_async.bootstrap.ledger import handle_batch_with
from patterns_async.testing import InMemoryClaims, InMemoryLedger, InMemorySuppressions, RecordingMailer
from patterns_shared.adapters.event_messages import MAX_BODY_BYTES
from patterns_shared.adapters.event_receiver import Receiver, one_at_a_time
from patterns_shared.domain.errors import PermanentFailure, TemporarilyUnavailable
from patterns_shared.domain.events import Event, EventType
from patterns_shared.testing import FrozenClock, RecordingDeadLetters, body_of, make_batch, make_event, make_order

Client = Any
Lines = Callable[[], list[dict[str, Any]]]
MakeReceiver = Callable[..., Receiver]
TOTAL = make_order().total


def sale(number: int) -> Event:
    """Return the fulfilment of an order of its own."""
    return make_event(EventType.ORDER_FULFILLED, id=f"event-{number}", order_id=f"order-{number}")


def again(response: dict[str, Any]) -> list[str]:
    """Return the ids of the messages that come again."""
    return [failure["itemIdentifier"] for failure in response["batchItemFailures"]]


POISON = {
    "malformed": "{not json",
    "another schema": json.dumps({"id": "poison", "type": "OrderFulfilled"}),
    "oversize": json.dumps({"filler": "x" * MAX_BODY_BYTES}),
    "a future version": body_of(sale(1), schema_version=2),
    "another type": body_of(sale(1), type="OrderLost"),
    "not booked": body_of(make_event(EventType.ORDER_PLACED)),
}


def test_a_batch_with_every_kind_of_poison_costs_nothing_else(
    make_receiver: MakeReceiver, dead_letters: RecordingDeadLetters
) -> None:
    """Each poison is a dead letter with its reason; the good ones are booked; nothing comes again."""
    ledger = InMemoryLedger()
    handle = handle_batch_with(ledger, make_receiver())
    bodies: list[Event | str] = [sale(1), *POISON.values(), sale(2)]
    assert handle(make_batch(bodies)) == {"batchItemFailures": []}
    assert set(ledger.entries) == {"event-1", "event-2"}
    reasons = dict(dead_letters.kept)
    assert set(reasons) == set(POISON.values())
    assert "not JSON" in reasons[POISON["malformed"]]
    assert reasons[POISON["another schema"]] == "schema_version: is missing"
    assert "limit" in reasons[POISON["oversize"]]
    assert "newer" in reasons[POISON["a future version"]]
    assert reasons[POISON["another type"]].startswith("type")
    assert reasons[POISON["not booked"]].startswith("type")


good = st.integers(0, 5).map(lambda n: ("good", n))
failing = st.integers(0, 2).map(lambda n: ("failing", n))
poison = st.sampled_from(sorted(POISON)).map(lambda name: ("poison", name))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(batches=st.lists(st.lists(good | failing | poison, max_size=15), max_size=5), receives=st.integers(1, 3))
def test_any_batches_leave_exact_books_and_every_message_done_or_failed(
    make_receiver: MakeReceiver, batches: list[list[tuple[str, Any]]], receives: int
) -> None:
    """Good, duplicate, malformed, oversize, of an unknown version, on a table that fails: well formed and exact."""
    ledger = InMemoryLedger()
    ledger.failing = {f"failing-{n}": TemporarilyUnavailable("ledger table") for n in range(3)}
    last = 3
    receiver = make_receiver(last_receive=last)
    dead = receiver._dead_letters
    assert isinstance(dead, RecordingDeadLetters)
    for items in batches:
        dead.kept.clear()
        bodies = [
            POISON[which] if kind == "poison" else body_of(replace(sale(0), id=f"{kind}-{which}", order_id=f"o{which}"))
            for kind, which in items
        ]
        batch = make_batch(bodies, receives=receives)
        response = handle_batch_with(ledger, receiver)(batch)
        ids = [record["messageId"] for record in batch["Records"]]
        kinds = dict(zip(ids, (kind for kind, _ in items), strict=True))
        assert set(response) == {"batchItemFailures"}
        assert len(set(again(response))) == len(again(response))
        expected = [each for each in ids if kinds[each] == "failing" and receives < last]
        assert again(response) == expected
        dead_kinds = {"poison"} if receives < last else {"poison", "failing"}
        assert len(dead.kept) == sum(kind in dead_kinds for kind in kinds.values())
    booked = {f"good-{which}" for items in batches for kind, which in items if kind == "good"}
    assert set(ledger.entries) == booked
    assert sum(entry.amount for entry in ledger.entries.values()) == TOTAL * len(booked)


def test_two_messages_of_one_event_are_handled_once(make_receiver: MakeReceiver, lines: Lines) -> None:
    """Also within a batch; both are done, the second as a duplicate."""
    seen: list[int] = []

    def handle(events: Sequence[Event]) -> dict[str, str | Exception]:
        seen.append(len(events))
        return {event.id: "booked" for event in events}

    assert again(make_receiver().receive(make_batch([sale(1), sale(1), sale(1)]), handle)) == []
    assert seen == [1]
    assert [line["message"] for line in lines()] == ["booked", "duplicate", "duplicate"]


def test_one_id_with_two_contents_is_a_conflict_within_a_batch(
    make_receiver: MakeReceiver, dead_letters: RecordingDeadLetters, lines: Lines
) -> None:
    """The first is booked and its repetition a duplicate; another order under its id is a dead letter that says so."""
    ledger, other = InMemoryLedger(), replace(sale(1), order_id="order-2")
    handle = handle_batch_with(ledger, make_receiver())
    assert again(handle(make_batch([sale(1), other, sale(1), other, sale(3)]))) == []
    assert {entry.order_id for entry in ledger.entries.values()} == {"order-1", "order-3"}
    reason = "conflict: event event-1 came before with another content"
    assert dead_letters.kept == [(body_of(other), reason)] * 2
    assert [line["message"] for line in lines() if line["level"] == "INFO"] == ["booked", "duplicate", "booked"]


def test_one_id_with_two_contents_is_a_conflict_across_batches(
    make_receiver: MakeReceiver, dead_letters: RecordingDeadLetters
) -> None:
    """And where the known content comes after the other in one batch, it is the duplicate that it is."""
    ledger, other = InMemoryLedger(), replace(sale(1), order_id="order-2")
    handle = handle_batch_with(ledger, make_receiver())
    handle(make_batch([sale(1)]))
    assert again(handle(make_batch([other]))) == again(handle(make_batch([other, sale(1)]))) == []
    assert [body for body, _ in dead_letters.kept] == [body_of(other)] * 2


@pytest.mark.parametrize("rest", list(permutations(["the first", "another order", "another version"])))
def test_a_known_mail_is_a_duplicate_however_messages_are_batched(
    make_receiver: MakeReceiver, dead_letters: RecordingDeadLetters, rest: tuple[str, ...]
) -> None:
    """A mail is known by its order and its event: the conflict is the other version alone, in any order of a batch."""
    mailer = RecordingMailer()
    notifications = Notifications(InMemoryClaims(), mailer, InMemorySuppressions(), now=FrozenClock())
    events = {
        "the first": sale(1),
        "another order": replace(sale(1), order_id="order-2"),
        "another version": replace(sale(1), order_version=9),
    }
    receiver, handle = make_receiver("notify"), one_at_a_time(notifications.notify)
    receiver.receive(make_batch([sale(1)]), handle)
    assert again(receiver.receive(make_batch([events[each] for each in rest]), handle)) == []
    assert [body for body, _ in dead_letters.kept] == [body_of(events["another version"])]
    assert len(mailer.mails) == 2


def test_contents_of_one_id_wait_together(make_receiver: MakeReceiver) -> None:
    """While the store cannot say which of them it knows, none of them is refused."""
    batch = make_batch([sale(1), replace(sale(1), order_id="order-2")])
    response = make_receiver().receive(batch, lambda _: {"event-1": TemporarilyUnavailable("x")})
    assert again(response) == [record["messageId"] for record in batch["Records"]]


def test_two_messages_of_one_event_that_fails_both_come_again(make_receiver: MakeReceiver) -> None:
    """Neither is done before the event is."""
    batch = make_batch([sale(1), sale(1), sale(2)])
    response = make_receiver().receive(batch, lambda _: {"event-1": TemporarilyUnavailable("x"), "event-2": "booked"})
    assert again(response) == [record["messageId"] for record in batch["Records"][:2]]


def test_one_event_after_the_other_fails_alone(make_receiver: MakeReceiver) -> None:
    """Whatever the error is."""

    def handle(event: Event) -> str:
        if event.id == "event-2":
            raise ZeroDivisionError
        return "done"

    batch = make_batch([sale(1), sale(2), sale(3)])
    assert again(make_receiver().receive(batch, one_at_a_time(handle))) == [batch["Records"][1]["messageId"]]


def test_a_batch_of_poison_alone_calls_no_handler(make_receiver: MakeReceiver) -> None:
    """There is no event to handle."""

    def handle(_: Sequence[Event]) -> dict[str, str | Exception]:
        raise AssertionError

    unreadable = [body for name, body in POISON.items() if name != "not booked"]
    assert again(make_receiver().receive(make_batch(unreadable), handle)) == []


def refuse(events: Sequence[Event]) -> dict[str, str | Exception]:
    """Refuse all events for good."""
    return {event.id: PermanentFailure("no") for event in events}


class TestLines:
    """One JSON line for each message, and nothing in it that must not be there."""

    def test_a_message_that_is_done(self, make_receiver: MakeReceiver, lines: Lines) -> None:
        """With everything by which it is found again."""
        make_receiver().receive(make_batch([sale(7)]), lambda _: {"event-7": Booked.BOOKED})
        (line,) = lines()
        timestamp = line.pop("timestamp")
        assert timestamp.endswith("+00:00")
        assert line.pop("message_id").startswith("message-")
        assert line == {
            "level": "INFO",
            "message": "booked",
            "service": "async",
            "pattern": "async",
            "stage": "test",
            "receiver": "ledger",
            "event_id": "event-7",
            "event_type": "OrderFulfilled",
            "order_id": "order-7",
            "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
        }

    @pytest.mark.parametrize(
        ("error", "level", "message"),
        [
            (TemporarilyUnavailable("partner"), "WARNING", "failed"),
            (PermanentFailure("the partner answered 422", detail="for ada@example.com"), "ERROR", "dead_lettered"),
            (ZeroDivisionError("division"), "ERROR", "failed"),
        ],
    )
    def test_a_message_that_failed(
        self, make_receiver: MakeReceiver, lines: Lines, error: Exception, level: str, message: str
    ) -> None:
        """With the same keys, the reason, and a stack trace only for an unexpected error."""
        make_receiver("partner").receive(make_batch([sale(7)]), lambda _: {"event-7": error})
        (line,) = lines()
        assert (line["level"], line["message"], line["reason"]) == (level, message, str(error))
        assert line["receiver"] == "partner"
        assert line["event_id"] == "event-7"
        assert line["order_id"] == "order-7"
        assert line["trace_id"] == "4bf92f3577b34da6a3ce929d0e0e4736"
        assert ("exception" in line) == isinstance(error, ZeroDivisionError)
        assert "example.com" not in json.dumps(line)

    def test_poison_is_named_as_far_as_it_has_a_name(self, make_receiver: MakeReceiver, lines: Lines) -> None:
        """And never quoted."""
        body = body_of(sale(7), type="ada@example.com " * 1_000)
        make_receiver().receive(make_batch([body[:-10], body]), refuse)
        cut, readable = lines()
        assert "event_id" not in cut
        assert readable["event_id"] == "event-7"
        for line in (cut, readable):
            assert "ada@" not in json.dumps(line)
            assert len(json.dumps(line)) < 1_000

    def test_a_long_reason_is_cut(self, make_receiver: MakeReceiver, lines: Lines) -> None:
        """Text from outside must not fill the log."""
        error = PermanentFailure("x" * 100_000)
        make_receiver().receive(make_batch([sale(7)]), lambda _: {"event-7": error})
        assert lines()[0]["reason"] == "x" * 1_000

    def test_an_address_in_an_id_is_blotted_out(self, make_receiver: MakeReceiver, lines: Lines) -> None:
        """An id may be anything that a key may be."""
        event = replace(sale(7), id="ada@example.com")
        make_receiver().receive(make_batch([event]), lambda _: {"ada@example.com": "booked"})
        assert lines()[0]["event_id"] == "[address]"

    def test_a_quiet_log_is_quiet(self, make_receiver: MakeReceiver, lines: Lines, logger: Logger) -> None:
        """The line that every message has goes by the level too."""
        level = logger.log_level
        logger.setLevel(logging.WARNING)
        try:
            make_receiver().receive(make_batch([sale(7)]), lambda _: {"event-7": "booked"})
        finally:
            logger.setLevel(level)
        assert lines() == []

    def test_counts_become_metrics_of_the_receiver(
        self, make_receiver: MakeReceiver, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """One line of them for each batch."""
        bodies: list[Event | str] = [sale(1), sale(1), sale(2), sale(3), "poison"]
        results: dict[str, str | Exception] = {
            "event-1": "booked",
            "event-2": TemporarilyUnavailable("x"),
            "event-3": "booked",
        }
        make_receiver().receive(make_batch(bodies), lambda _: results)
        (emf,) = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
        counts = {name: value for name, value in emf.items() if name.startswith("Messages")}
        assert counts == {
            "MessagesBooked": [2.0],
            "MessagesDuplicate": [1.0],
            "MessagesFailed": [1.0],
            "MessagesDeadLettered": [1.0],
        }
        assert emf["receiver"] == "ledger"
        assert emf["stage"] == "test"


class TestLedgerOnTheTable:
    """The ledger's batches on DynamoDB as moto plays it."""

    @pytest.fixture
    def ledger(self, clients: Callable[[str], Client], ledger_table: str) -> DynamoDBLedger:
        """Empty books."""
        return DynamoDBLedger(clients("dynamodb"), ledger_table)

    def test_a_message_costs_a_tenth_of_a_request(
        self, make_receiver: MakeReceiver, ledger: DynamoDBLedger, requests_to: Callable[[str], list[str]]
    ) -> None:
        """With duplicates and poison, in batches of ten: far below the 1.1 that a message may cost."""
        seen = requests_to("dynamodb")
        handle = handle_batch_with(ledger, make_receiver())
        numbers = [n - 3 if n % 20 == 7 else n for n in range(100)]
        for start in range(0, 100, 10):
            bodies: list[Event | str] = [sale(n) for n in numbers[start : start + 10]]
            if start % 50 == 0:
                bodies[5] = "poison"
            handle(make_batch(bodies))
        assert len(seen) == 10

    def test_the_same_batch_at_the_same_time_is_booked_once(
        self,
        ledger: DynamoDBLedger,
        clients: Callable[[str], Client],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """Every entry once, no message failed, in whatever order the threads run."""
        lock = threading.Lock()
        client = clients("dynamodb")
        call = client.batch_execute_statement

        def one_statement_at_a_time(*, Statements: list[object]) -> object:  # noqa: N803 - the client's name
            responses = []
            for statement in Statements:
                with lock:  # moto checks and writes without one
                    responses += call(Statements=[statement])["Responses"]
            return {"Responses": responses}

        monkeypatch.setattr(client, "batch_execute_statement", one_statement_at_a_time, raising=False)
        events = [sale(n) for n in range(10)]
        booked: list[Any] = []
        with ThreadPoolExecutor(4) as pool:
            for results in pool.map(lambda _: book(events, ledger), range(4)):
                booked += results.values()
        assert booked.count(Booked.BOOKED) == 10
        assert booked.count(Booked.SEEN) == 30
        assert len(client.scan(TableName="ledger")["Items"]) == 10

    def test_a_worker_killed_after_the_write_is_made_good(
        self, make_receiver: MakeReceiver, ledger: DynamoDBLedger, clients: Callable[[str], Client]
    ) -> None:
        """The batch comes again, and finds itself booked."""
        batch = make_batch([sale(n) for n in range(10)])
        book([sale(n) for n in range(6)], ledger)
        assert again(handle_batch_with(ledger, make_receiver())(batch)) == []
        assert len(clients("dynamodb").scan(TableName="ledger")["Items"]) == 10

    def test_an_orders_books_are_found_by_the_order(
        self, make_receiver: MakeReceiver, ledger: DynamoDBLedger, clients: Callable[[str], Client]
    ) -> None:
        """Sale and cancellation, in either order of arrival, come to nothing."""
        cancellation = make_event(EventType.ORDER_CANCELLED, id="cancellation", order_id="order-1")
        handle_batch_with(ledger, make_receiver())(make_batch([cancellation, sale(1), sale(2)]))
        items = clients("dynamodb").query(
            TableName="ledger",
            IndexName="by_order",
            KeyConditionExpression="order_id = :order",
            ExpressionAttributeValues={":order": {"S": "order-1"}},
        )["Items"]
        assert max(0, sum(int(item["amount"]["N"]) for item in items)) == 0
        assert {item["event_id"]["S"] for item in items} == {"cancellation", "event-1"}
        assert balance([]) == 0
        assert "ada@" not in json.dumps(items)
