"""A partner that drips, and a batch: the function ends in time, and the events that are not at fault are delivered."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from patterns_async.adapters.circuit_log import circuit_log
from patterns_async.adapters.http_partner import HttpPartner
from patterns_async.adapters.partner_keys import PartnerKeys
from patterns_async.application.breaker import Breaker, CircuitOpen
from patterns_async.application.circuit import Circuit, CircuitPolicy, State
from patterns_async.application.delivery import Answer, Delivered, Delivery, OutOfTime, RetryPolicy
from patterns_async.testing import InMemoryCircuit, ScriptedPartner
from patterns_async.testing.raw_partner import RawPartner, answer_of, drip
from patterns_shared.adapters.event_receiver import Receiver, one_at_a_time
from patterns_shared.adapters.secret import CachedSecret
from patterns_shared.domain.errors import PermanentFailure, TemporarilyUnavailable
from patterns_shared.domain.events import Event, EventType
from patterns_shared.testing import make_batch, make_event

POLICY = CircuitPolicy(failures=5, open_seconds=15, max_open_seconds=300, probe_seconds=17)
FUNCTION_SECONDS = 60.0
LATE = Answer(status=None, detail="timeout: no answer in time", timed_out=True)
Lines = Callable[[], list[dict[str, Any]]]


def events(count: int) -> list[Event]:
    """Return different events."""
    return [make_event(EventType.ORDER_FULFILLED, id=f"event-{n}") for n in range(count)]


class Invocation:
    """One invocation of the function, by a clock that each try moves on."""

    def __init__(
        self,
        answer: Callable[[int], Answer],
        *,
        try_seconds: float = 8.0,
        failures: int = 5,
        moved: Callable[[Circuit], None] = lambda _: None,
    ) -> None:
        """Take what the partner answers; an answer that is late takes ``try_seconds``, another one none."""
        self.now = 0.0

        def answer_in_time(number: int) -> Answer:
            said = answer(number)
            self.now += try_seconds if said.timed_out else 0.1
            return said

        self.partner = ScriptedPartner(answer_in_time)
        self.partner.longest = try_seconds
        self.store = InMemoryCircuit()
        policy = CircuitPolicy(failures=failures)
        breaker = Breaker(self.store, policy, now=lambda: self.now, spread=lambda _: 0.0, moved=moved)
        self.delivery = Delivery(self.partner, breaker, RetryPolicy(), sleep=self._sleep, jitter=lambda most: most)

    def _sleep(self, seconds: float) -> None:
        self.now += seconds

    def run(self, batch: list[Event]) -> dict[str, str | Exception]:
        """Deliver a batch in one invocation that begins now; it ends before Lambda would end it."""
        until = self.now + FUNCTION_SECONDS
        handle = one_at_a_time(lambda event: self.delivery.deliver(event, lambda: until - self.now))
        results = dict(handle(batch))
        assert self.now <= until - RetryPolicy().reserve
        return results


def test_five_calls_that_drip_end_within_the_invocation() -> None:
    """Each is tried once, the fifth opens the circuit, and there is still time to say so."""
    invocation = Invocation(lambda _: LATE)
    results = invocation.run(events(5))
    assert len(invocation.partner.keys) == 5
    assert invocation.store.circuit.state is State.OPEN
    assert all(isinstance(result, TemporarilyUnavailable) for result in results.values())


@pytest.mark.parametrize("late", [1, 2, 3, 4])
def test_calls_that_drip_do_not_stop_the_other_events(late: int) -> None:
    """They share a batch; what is not at fault is delivered by the same invocation."""
    invocation = Invocation(lambda number: LATE if number <= late else Answer(status=201))
    results = list(invocation.run(events(5)).values())
    assert all(isinstance(result, TemporarilyUnavailable) for result in results[:late])
    assert results[late:] == [Delivered.DELIVERED] * (5 - late)
    assert invocation.store.circuit.state is State.CLOSED


def test_what_is_not_reached_is_returned_untried() -> None:
    """With the time over, the partner is not asked, the circuit hears nothing, and no receive is held against it."""
    invocation = Invocation(lambda _: LATE, failures=100)
    results = list(invocation.run(events(10)).values())
    tried = len(invocation.partner.keys)
    assert 0 < tried < 10
    assert invocation.store.circuit.failures == tried
    assert [type(result) for result in results] == [TemporarilyUnavailable] * tried + [OutOfTime] * (10 - tried)
    assert all("timeout" in str(result) for result in results[:tried])


def test_a_try_that_failed_is_not_repeated_without_time() -> None:
    """It is returned as what it is, a failure with a reason, and not as untried."""
    invocation = Invocation(lambda _: Answer(status=503, detail="later"), try_seconds=44.9)
    (result,) = invocation.run(events(1)).values()
    assert type(result) is TemporarilyUnavailable
    assert str(result) == "partner is temporarily unavailable: the partner answered 503: later"
    assert len(invocation.partner.keys) == 1


@pytest.mark.parametrize(("status", "result"), [(201, None), (422, PermanentFailure), (503, TemporarilyUnavailable)])
def test_a_status_counts_for_the_event_and_its_lateness_for_the_partner(
    status: int, result: type[Exception] | None
) -> None:
    """The circuit hears of a partner that drips, whatever it says at last."""
    invocation = Invocation(lambda _: Answer(status=status, timed_out=True))
    (event,) = events(1)
    if result:
        with pytest.raises(result):
            invocation.delivery.deliver(event, lambda: FUNCTION_SECONDS)
    else:
        assert invocation.delivery.deliver(event, lambda: FUNCTION_SECONDS) is Delivered.DELIVERED
    refusals = int(result is PermanentFailure)
    assert (invocation.store.circuit.failures, invocation.store.circuit.refusals) == (1, refusals)


@pytest.mark.parametrize("wait", [4_000.0, 2.5e11])
def test_a_wait_without_end_is_not_believed(wait: float) -> None:
    """Also where the circuit's table is down, and nothing but the answer says when to come back."""
    invocation = Invocation(lambda _: Answer(status=503, retry_after=wait))
    invocation.store.unavailable = True
    (result,) = invocation.run(events(1)).values()
    assert isinstance(result, TemporarilyUnavailable)
    assert result.retry_after == POLICY.max_retry_after


@pytest.mark.parametrize("event_id", ["caf\xe9", "two\nlines", " space", "tab\t", "\U0001f375", "ends "])
def test_an_id_that_is_no_header_is_a_dead_letter(event_id: str) -> None:
    """Nothing can be sent, now or later; the partner is not asked, and the circuit not told."""
    invocation = Invocation(lambda _: Answer(status=201))
    with pytest.raises(PermanentFailure, match="Idempotency-Key"):
        invocation.delivery.deliver(make_event(EventType.ORDER_FULFILLED, id=event_id), lambda: FUNCTION_SECONDS)
    assert invocation.partner.keys == []
    assert invocation.store.reads == 0


class _Secret(CachedSecret):
    def __init__(self) -> None:
        pass

    def value(self) -> bytes:
        return json.dumps({"key_id": "first", "secret": "secret"}).encode()


def test_a_real_partner_that_drips(make_receiver: Callable[..., Receiver], lines: Lines) -> None:
    """Headers that drip for two events of a batch: the others are delivered, and each failure's line says why."""
    dripping = drip(b"HTTP/1.1 2", seconds=0.1) + drip(b"X-Long: " + b"x" * 1_000, seconds=0.1)
    with RawPartner(dripping, dripping, [b"HTTP/1.1 103 Early\r\n\r\n", answer_of(201)]) as raw:
        partner = HttpPartner(raw.url, PartnerKeys(_Secret), connect_timeout=0.2, read_timeout=0.8)
        store = InMemoryCircuit()
        delivery = Delivery(partner, Breaker(store, POLICY), RetryPolicy())
        answer = make_receiver("partner").receive(
            make_batch(events(5)), one_at_a_time(lambda event: delivery.deliver(event, lambda: FUNCTION_SECONDS))
        )
        asked = len(raw.requests)
    assert len(answer["batchItemFailures"]) == 2
    assert asked == 5
    assert store.circuit.state is State.CLOSED
    reasons = [line["reason"] for line in lines() if line["message"] == "failed"]
    assert reasons == ["partner is temporarily unavailable: timeout: no answer in time"] * 2


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(status=None, detail="TLS: a.example.com:443: expired"), "TLS: a.example.com:443: expired"),
        (
            Answer(status=None, detail="name: a.example.com cannot be resolved"),
            "name: a.example.com cannot be resolved",
        ),
        (Answer(status=503, detail="closed for today"), "the partner answered 503: closed for today"),
        (Answer(status=500), "the partner answered 500"),
        (Answer(status=503, timed_out=True), "the partner answered 503: timeout: its answer did not end in time"),
        (Answer(status=None), "no answer"),
    ],
)
def test_an_open_circuit_says_why(logger: Logger, lines: Lines, answer: Answer, reason: str) -> None:
    """In its own line, and in that of every message that fails or waits for it."""
    invocation = Invocation(lambda _: answer, moved=circuit_log(logger))
    for result in invocation.run(events(6)).values():
        assert str(result).endswith(f": {reason}")
    assert invocation.store.circuit.reason == reason
    with pytest.raises(CircuitOpen, match=f"the circuit is open: {re.escape(reason)}$"):
        invocation.delivery.deliver(events(1)[0], lambda: FUNCTION_SECONDS)
    (line,) = lines()
    assert (line["level"], line["message"], line["reason"]) == ("WARNING", "circuit_open", reason)
