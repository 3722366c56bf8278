import itertools
import json
import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patterns_async.application.breaker import Breaker, CircuitOpen
from patterns_async.application.circuit import CircuitPolicy, State
from patterns_async.application.delivery import Answer, Delivered, Delivery, RetryPolicy, document_for_partner
from patterns_async.testing import InMemoryCircuit, ScriptedPartner
from patterns_shared.domain.errors import InvalidEvent, PermanentFailure, TemporarilyUnavailable
from patterns_shared.domain.events import EventType
from patterns_shared.testing import make_event

EVENT = make_event(EventType.ORDER_FULFILLED)
POLICY = CircuitPolicy(failures=5, open_seconds=10, max_open_seconds=40, probe_seconds=5)
PLENTY = lambda: 60.0  # noqa: E731 - a value that is a call


class Bench:
    """A delivery with everything in hand: partner, circuit, clock and pauses."""

    def __init__(
        self,
        partner: ScriptedPartner,
        store: InMemoryCircuit | None = None,
        now: Callable[[], float] = lambda: 0.0,
        attempts: int = 3,
    ) -> None:
        """Take the partner, and the circuit that it shares with others."""
        self.partner = partner
        self.store = store or InMemoryCircuit()
        self.pauses: list[float] = []
        self.delivery = Delivery(
            partner,
            Breaker(self.store, POLICY, now=now, spread=lambda _: 0.0),
            RetryPolicy(attempts=attempts, first_pause=0.2, longest_pause=2.0),
            sleep=self.pauses.append,
            jitter=lambda most: most,
        )

    def deliver(self) -> Delivered:
        """Deliver the event."""
        return self.delivery.deliver(EVENT, PLENTY)


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_a_partner_that_has_it_is_told_once(status: int) -> None:
    """With the event's id as the key by which it knows a duplicate."""
    bench = Bench(ScriptedPartner([status]))
    assert bench.deliver() is Delivered.DELIVERED
    assert bench.partner.keys == [EVENT.id]


@pytest.mark.parametrize("type_", [EventType.ORDER_PLACED, EventType.ORDER_REJECTED])
def test_events_that_are_not_for_the_partner_are_not_posted(type_: EventType) -> None:
    """They come by another way than the topic: sent by hand, or put back from before a filter was changed."""
    bench = Bench(ScriptedPartner([201]))
    with pytest.raises(InvalidEvent, match="the partner gets no"):
        bench.delivery.deliver(make_event(type_), PLENTY)
    assert bench.partner.keys == []


@pytest.mark.parametrize("status", [301, 307, 400, 401, 403, 404, 409, 410, 422, 451])
def test_a_refusal_is_for_good(status: int) -> None:
    """One try, and the reason is kept; the partner is alive, so the circuit does not mind."""
    bench = Bench(ScriptedPartner(lambda _: Answer(status=status, detail="no such sku, ada@example.com")))
    with pytest.raises(PermanentFailure) as refused:
        bench.deliver()
    assert str(refused.value) == f"the partner answered {status}"
    assert refused.value.detail == "no such sku, ada@example.com"
    assert len(bench.partner.keys) == 1
    assert bench.store.circuit.failures == 0


@pytest.mark.parametrize("status", [None, 408, 429, 500, 502, 503, 504, 599])
def test_what_may_pass_is_tried_again_a_few_times(status: int | None) -> None:
    """Three tries, with pauses that double; then the message waits in its queue."""
    bench = Bench(ScriptedPartner([status]))
    with pytest.raises(TemporarilyUnavailable) as failed:
        bench.deliver()
    assert not isinstance(failed.value, CircuitOpen)
    assert len(bench.partner.keys) == 3
    assert bench.pauses == [0.2, 0.4]
    assert bench.store.circuit.failures == 3


def test_a_try_that_succeeds_is_the_last() -> None:
    """And the failures before it are forgotten."""
    bench = Bench(ScriptedPartner([503, None, 200]))
    assert bench.deliver() is Delivered.DELIVERED
    assert len(bench.partner.keys) == 3
    assert bench.store.circuit.failures == 0


def test_a_short_retry_after_is_waited_for() -> None:
    """It beats our own pause."""
    answers = [Answer(status=429, retry_after=1.5), Answer(status=200)]
    bench = Bench(ScriptedPartner(lambda n: answers[n - 1]))
    assert bench.deliver() is Delivered.DELIVERED
    assert bench.pauses == [1.5]


def test_a_long_retry_after_is_waited_for_in_the_queue() -> None:
    """No second try: the circuit opens for as long as the partner asks, and the message comes back after that."""
    bench = Bench(ScriptedPartner(lambda _: Answer(status=503, retry_after=30)))
    with pytest.raises(TemporarilyUnavailable) as failed:
        bench.deliver()
    assert failed.value.retry_after == 30
    assert len(bench.partner.keys) == 1
    assert bench.pauses == []
    assert (bench.store.circuit.state, bench.store.circuit.until) == (State.OPEN, 30)


def test_while_the_circuit_is_open_the_partner_is_left_alone() -> None:
    """The tries of the first message and two of the second open it; no request follows."""
    bench = Bench(ScriptedPartner([500]))
    errors = []
    for _ in range(5):
        with pytest.raises(TemporarilyUnavailable) as failed:
            bench.deliver()
        errors.append(type(failed.value))
    assert errors == [TemporarilyUnavailable, *[CircuitOpen] * 4]
    assert len(bench.partner.keys) == POLICY.failures


def test_a_probe_is_a_single_try() -> None:
    """A partner that just came up is not met with three."""
    now = itertools.chain([0.0] * 40, itertools.repeat(100.0))
    bench = Bench(ScriptedPartner([500]), now=lambda: next(now))
    for _ in range(2):
        with pytest.raises(TemporarilyUnavailable):
            bench.deliver()
    assert bench.store.circuit.state is State.OPEN
    tries, pauses = len(bench.partner.keys), len(bench.pauses)
    list(itertools.islice(now, 40))
    with pytest.raises(TemporarilyUnavailable):
        bench.deliver()
    assert len(bench.partner.keys) == tries + 1
    assert len(bench.pauses) == pauses


@pytest.mark.parametrize("tries", [POLICY.failures, POLICY.failures + 1], ids=["the last that was allowed", "a probe"])
def test_a_message_whose_try_opens_the_circuit_waits_for_the_circuit(tries: int) -> None:
    """As all others do: its own receives were waits for the most part, and say nothing of how long to leave it."""
    clock = [0.0]
    bench = Bench(ScriptedPartner([500]), now=lambda: clock[0], attempts=1)
    errors = []
    for _ in range(tries):
        clock[0] = max(clock[0], bench.store.circuit.until)
        with pytest.raises(TemporarilyUnavailable) as failed:
            bench.deliver()
        errors.append(failed.value)
    assert bench.store.circuit.state is State.OPEN
    assert isinstance(errors[-1], CircuitOpen)
    assert errors[-1].retry_after == bench.store.circuit.until - clock[0]


def test_without_time_for_a_try_there_is_none() -> None:
    """A try that Lambda would end half-way might reach the partner, without a trace."""
    bench = Bench(ScriptedPartner([200]))
    with pytest.raises(TemporarilyUnavailable):
        bench.delivery.deliver(EVENT, lambda: 0.9)
    assert bench.partner.keys == []


def test_the_partner_is_not_told_whom_the_order_is_for() -> None:
    """It needs no address; and the same event is the same bytes, so a partner may compare them."""
    document = json.loads(document_for_partner(EVENT))
    assert document["id"] == EVENT.id
    assert document["data"]["lines"][0] == {"sku": "TEA-ASSAM-100", "quantity": 2, "unit_price": 690}
    assert "contact" not in document["data"]
    assert b"ada@" not in document_for_partner(EVENT)
    assert document_for_partner(EVENT) == document_for_partner(make_event(EventType.ORDER_FULFILLED))


@given(
    environments=st.integers(1, 5),
    outage=st.floats(0, 300),
    turns=st.lists(st.tuples(st.integers(0, 4), st.floats(0, 4)), min_size=50, max_size=300),
)
def test_attempts_during_an_outage_stay_within_the_stated_bound(
    environments: int, outage: float, turns: list[tuple[int, float]]
) -> None:
    """The failures that open the circuit, one more call of each other environment, and one probe each open interval."""
    time = [0.0]
    store = InMemoryCircuit()
    partner = ScriptedPartner(lambda _: Answer(status=200 if time[0] > outage else 503))
    benches = [Bench(partner, store, now=lambda: time[0]) for _ in range(environments)]
    tries = 0
    for environment, seconds in turns:
        if time[0] > outage:
            break
        try:
            benches[environment % environments].deliver()
        except TemporarilyUnavailable:
            tries = len(partner.keys)
        time[0] += seconds
    # 10, 20, 40, 40 … seconds open: so many intervals have begun by now.
    intervals = 0 if time[0] < 10 else 1 + (time[0] >= 30) + max(0, math.floor((time[0] - 30) / 40))
    assert tries <= POLICY.failures + (environments - 1) + intervals


def test_after_the_outage_everything_is_delivered() -> None:
    """The circuit closes with the first probe that succeeds."""
    time = [0.0]
    bench = Bench(ScriptedPartner(lambda _: Answer(status=200 if time[0] > 60 else None)), now=lambda: time[0])
    delivered_at = None
    while delivered_at is None:
        try:
            bench.deliver()
            delivered_at = time[0]
        except TemporarilyUnavailable as waiting:
            time[0] += waiting.retry_after
    assert bench.store.circuit.state is State.CLOSED
    assert delivered_at <= 60 + POLICY.max_open_seconds
