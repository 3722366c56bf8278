"""What the partner is sent, what its answers do to the event and the circuit, and what is said of it."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from patterns_async.application.breaker import Breaker, CircuitOpen, Permit
from patterns_async.application.circuit import Circuit, CircuitPolicy, State, after_failure, after_refusal
from patterns_async.application.delivery import Answer, Delivered, Delivery, OutOfTime, RetryPolicy
from patterns_async.testing import InMemoryCircuit
from patterns_shared.domain.errors import InvalidEvent, PermanentFailure, TemporarilyUnavailable
from patterns_shared.domain.event_codec import encode_event
from patterns_shared.domain.events import EventType
from patterns_shared.testing import make_event

SALE = make_event(EventType.ORDER_FULFILLED, id="sale")
REJECTED = make_event(EventType.ORDER_REJECTED, id="rejected")


class Partner:
    """A partner that gives these answers, the last one for ever."""

    longest = 8.0

    def __init__(self, *answers: Answer) -> None:
        """Take the answers."""
        self._answers = list(answers)
        self.posts: list[tuple[bytes, str, str]] = []

    def post(self, body: bytes, *, idempotency_key: str, traceparent: str) -> Answer:
        """Answer."""
        self.posts.append((body, idempotency_key, traceparent))
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


def delivery(partner: Partner, circuit: InMemoryCircuit, *, pauses: list[float] | None = None) -> Delivery:
    """Return a delivery at one time, whose pauses are as long as they may be."""
    breaker = Breaker(circuit, CircuitPolicy(), now=lambda: 1000.0, spread=lambda _: 0.0)
    waits: Callable[[float], None] = (pauses if pauses is not None else []).append
    return Delivery(partner, breaker, RetryPolicy(), sleep=waits, jitter=lambda most: most)


@pytest.mark.parametrize(
    ("kept", "reason"),
    [("", "the circuit is open"), ("timeout", "the circuit is open: timeout")],
)
def test_an_open_circuit_says_why(kept: str, reason: str) -> None:
    """The partner's name, and the reason where one is kept."""
    store = InMemoryCircuit()
    store.circuit = Circuit(state=State.OPEN, until=1010.0, trips=1, reason=kept)
    with pytest.raises(CircuitOpen) as waiting:
        delivery(Partner(Answer(status=201)), store).deliver(SALE, lambda: 60.0)
    assert str(waiting.value) == f"partner is temporarily unavailable: {reason}"
    assert (waiting.value.dependency, waiting.value.retry_after) == ("partner", 10)


def test_failures_without_a_reason_leave_none() -> None:
    """Whatever opened it before."""
    store = InMemoryCircuit()
    breaker = Breaker(store, CircuitPolicy(failures=1), now=lambda: 1000.0, spread=lambda _: 0.0)
    breaker.failed(Permit())
    assert (store.circuit.state, store.circuit.reason) == (State.OPEN, "")
    store.circuit = Circuit(version=store.circuit.version)
    breaker = Breaker(store, CircuitPolicy(failures=1), now=lambda: 1000.0, spread=lambda _: 0.0)
    assert breaker.refused(Permit(), status=422, event_id="e")
    assert (store.circuit.state, store.circuit.reason) == (State.OPEN, "")


def test_a_run_of_refusals_opens_the_circuit_for_its_first_time_exactly() -> None:
    """And a refusal in a closed circuit keeps the failures and trips before it."""
    policy = CircuitPolicy(failures=2, open_seconds=0.5)
    before = Circuit(failures=1, trips=3, version=7)
    one = after_refusal(before, 1000.0, policy, probe_of=None, status=422, event_id="a")
    assert one == replace(before, version=8, refusal=422, refusals=1, refused=("a",))
    two = after_refusal(replace(one, trips=0), 1000.0, policy, probe_of=None, status=422, event_id="b")
    assert (two.state, two.until, two.reason) == (State.OPEN, 1000.5, "")


@pytest.mark.parametrize("order", ["ab" * 5, "abb" * 5, "abcd" * 5, "abcdabcabab", "aabbccdd"])
def test_events_that_are_refused_by_turns_are_as_many_as_they_are(order: str) -> None:
    """Redeliveries and a redrive bring them again and again: the partner refuses these, not everything."""
    policy, circuit = CircuitPolicy(failures=5), Circuit()
    for event_id in order:
        circuit = after_refusal(circuit, 1000.0, policy, probe_of=None, status=422, event_id=event_id)
    different = tuple(sorted(set(order)))
    assert (circuit.state, circuit.refusals, circuit.refused) == (State.CLOSED, len(different), different)
    for event_id in "vwxyz"[: policy.failures - len(different)]:
        circuit = after_refusal(circuit, 1000.0, policy, probe_of=None, status=422, event_id=event_id)
    assert (circuit.state, circuit.refusals) == (State.OPEN, policy.failures)


def test_another_status_begins_a_run_of_its_own() -> None:
    """Also for an event of the run before."""
    policy, circuit = CircuitPolicy(failures=3), Circuit()
    for event_id in "ab":
        circuit = after_refusal(circuit, 1000.0, policy, probe_of=None, status=422, event_id=event_id)
    other = after_refusal(circuit, 1000.0, policy, probe_of=None, status=404, event_id="a")
    assert (other.state, other.refusal, other.refusals, other.refused) == (State.CLOSED, 404, 1, ("a",))


def test_the_partner_gets_the_event_without_its_contact() -> None:
    """As UTF-8 without spaces, under its id, with its trace."""
    event = replace(SALE, data=replace(SALE.data, customer_id="café"))
    partner = Partner(Answer(status=201))
    assert delivery(partner, InMemoryCircuit()).deliver(event, lambda: 60.0) is Delivered.DELIVERED
    document = encode_event(event)
    del document["data"]["contact"]
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    assert partner.posts == [(body, "sale", event.traceparent)]
    assert "café".encode() in body


def test_an_event_of_another_type() -> None:
    """It is a dead letter with this reason."""
    with pytest.raises(InvalidEvent) as refused:
        delivery(Partner(Answer(status=201)), InMemoryCircuit()).deliver(REJECTED, lambda: 60.0)
    assert str(refused.value) == "type: the partner gets no OrderRejected"


def test_an_event_that_no_header_takes() -> None:
    """Its id is the key by which the partner knows a duplicate."""
    with pytest.raises(PermanentFailure) as refused:
        delivery(Partner(Answer(status=201)), InMemoryCircuit()).deliver(replace(SALE, id="\u00e9"), lambda: 60.0)
    assert str(refused.value) == "the event's id cannot be sent as an Idempotency-Key"


def test_a_partner_that_fails_is_tried_three_times() -> None:
    """With pauses that double; the event waits with the answer as its reason."""
    pauses: list[float] = []
    partner, store = Partner(Answer(status=503, detail="maintenance")), InMemoryCircuit()
    with pytest.raises(TemporarilyUnavailable) as waiting:
        delivery(partner, store, pauses=pauses).deliver(SALE, lambda: 60.0)
    reason = "partner is temporarily unavailable: the partner answered 503: maintenance"
    assert str(waiting.value) == reason
    assert (waiting.value.dependency, waiting.value.retry_after) == ("partner", 1)
    assert (len(partner.posts), pauses) == (3, [0.2, 0.4])
    assert store.circuit.failures == 3


def test_a_partner_that_asks_to_wait_each_time_is_waited_for_as_it_says() -> None:
    """In whole seconds, when the tries of this call are over."""
    partner = Partner(Answer(status=503, retry_after=1.5))
    with pytest.raises(TemporarilyUnavailable) as waiting:
        delivery(partner, InMemoryCircuit()).deliver(SALE, lambda: 60.0)
    assert (len(partner.posts), waiting.value.retry_after) == (3, 2)


@pytest.mark.parametrize(("retry_after", "held"), [(2.0, True), (2.1, False), (30.0, False)])
def test_a_retry_after_is_waited_for_up_to_two_seconds(retry_after: float, *, held: bool) -> None:
    """A longer one opens the circuit, with the reason, and the message waits in the queue."""
    partner, store = Partner(Answer(status=429, retry_after=retry_after), Answer(status=201)), InMemoryCircuit()
    if held:
        assert delivery(partner, store).deliver(SALE, lambda: 60.0) is Delivered.DELIVERED
        return
    with pytest.raises(CircuitOpen) as waiting:
        delivery(partner, store).deliver(SALE, lambda: 60.0)
    assert "the circuit is open: the partner answered 429" in str(waiting.value)
    assert store.circuit.reason == "the partner answered 429"


@pytest.mark.parametrize(("remaining", "tried"), [(23.0, True), (22.9, False)])
def test_an_event_is_tried_while_a_whole_try_fits_in(remaining: float, *, tried: bool) -> None:
    """A try's longest time and the reserve; one that was not tried failed at nothing."""
    partner = Partner(Answer(status=201))
    if tried:
        assert delivery(partner, InMemoryCircuit()).deliver(SALE, lambda: remaining) is Delivered.DELIVERED
        return
    with pytest.raises(OutOfTime) as waiting:
        delivery(partner, InMemoryCircuit()).deliver(SALE, lambda: remaining)
    assert str(waiting.value) == "time for this batch is temporarily unavailable"
    assert partner.posts == []


LATE = "timeout: its answer did not end in time"


@pytest.mark.parametrize(
    ("status", "probe", "failures", "state", "reason"),
    [
        (201, False, 1, State.CLOSED, ""),
        (422, False, 1, State.CLOSED, ""),
        (201, True, 1, State.OPEN, f"the partner answered 201: {LATE}"),
        (422, True, 0, State.CLOSED, ""),
    ],
)
def test_a_late_answer_counts_for_the_event_and_against_the_partner(
    status: int, failures: int, state: State, reason: str, *, probe: bool
) -> None:
    """A probe that is delivered late opens the circuit for longer; one that is refused shows a partner that reads."""
    store = InMemoryCircuit()
    if probe:
        store.circuit = Circuit(state=State.OPEN, until=999.0, trips=1)
    late = Answer(status=status, timed_out=True)
    if status == 201:
        assert delivery(Partner(late), store).deliver(SALE, lambda: 60.0) is Delivered.DELIVERED
    else:
        with pytest.raises(PermanentFailure, match=r"^the partner answered 422$"):
            delivery(Partner(late), store).deliver(SALE, lambda: 60.0)
    assert (store.circuit.failures, store.circuit.state, store.circuit.reason) == (failures, state, reason)


@pytest.mark.parametrize("status", [201, 422])
def test_late_answers_in_a_row_open_the_circuit_with_their_reason(status: int) -> None:
    """The last one's."""
    store = InMemoryCircuit()
    store.circuit = Circuit(failures=4)
    partner = Partner(Answer(status=status, timed_out=True))
    if status == 201:
        delivery(partner, store).deliver(SALE, lambda: 60.0)
    else:
        with pytest.raises(PermanentFailure):
            delivery(partner, store).deliver(SALE, lambda: 60.0)
    assert (store.circuit.state, store.circuit.reason) == (State.OPEN, f"the partner answered {status}: {LATE}")


def test_a_failure_without_more_is_one_more_failure() -> None:
    """No time to wait for, no reason; a probe that fails is counted with those before it."""
    policy = CircuitPolicy(failures=9, open_seconds=10)
    assert after_failure(Circuit(), 1000.0, policy, probe_of=None) == Circuit(failures=1, version=1)
    probed = Circuit(state=State.HALF_OPEN, failures=9, trips=1, until=1010.0, version=4)
    opened = after_failure(probed, 1000.0, policy, probe_of=4)
    assert opened == Circuit(state=State.OPEN, failures=10, trips=2, until=1020.0, version=5)


def test_while_another_probes_every_event_waits() -> None:
    """Each look within two seconds reads again, since a probe may take less."""
    store = InMemoryCircuit()
    store.circuit = Circuit(state=State.HALF_OPEN, until=1010.0, trips=1)
    waiting = delivery(Partner(Answer(status=201)), store)
    for _ in range(3):
        with pytest.raises(CircuitOpen):
            waiting.deliver(SALE, lambda: 60.0)
    store.circuit = Circuit(version=1)
    assert waiting.deliver(SALE, lambda: 60.0) is Delivered.DELIVERED
