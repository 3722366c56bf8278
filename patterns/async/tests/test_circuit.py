import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from patterns_async.application.circuit import (
    Circuit,
    CircuitPolicy,
    State,
    Verdict,
    after_failure,
    after_success,
    claimed,
    decide,
)

POLICY = CircuitPolicy(failures=3, open_seconds=10, max_open_seconds=60, probe_seconds=5, max_retry_after=600)

circuits = st.builds(
    Circuit,
    state=st.sampled_from(State),
    failures=st.integers(0, 10),
    trips=st.integers(0, 2_000),
    until=st.floats(0, 1e6),
    version=st.integers(0, 100),
)
moments = st.floats(0, 2e6)


def failed(circuit: Circuit, now: float, *, probe_of: int | None = None, retry_after: float = 0.0) -> Circuit:
    """Return the circuit after a failure under this module's policy."""
    return after_failure(circuit, now, POLICY, probe_of=probe_of, retry_after=retry_after)


def opened(now: float = 0.0) -> Circuit:
    """Return a circuit that just opened."""
    circuit = Circuit()
    for _ in range(POLICY.failures):
        circuit = failed(circuit, now)
    return circuit


def test_so_many_failures_in_a_row_open_it() -> None:
    """One success in between, and it starts from nothing."""
    circuit = failed(failed(Circuit(), 0), 0)
    assert circuit.state is State.CLOSED
    assert failed(circuit, 0).state is State.OPEN
    assert failed(after_success(circuit, probe_of=None), 0).state is State.CLOSED


def test_an_open_circuit_allows_no_calls_until_its_time_is_over() -> None:
    """Then one may probe."""
    circuit = opened(now=100)
    assert decide(circuit, 109.9) is Verdict.WAIT
    assert decide(circuit, 110) is Verdict.PROBE


def test_while_one_probes_all_others_wait() -> None:
    """Until the probe should be long over: then its caller has died, and the next may try."""
    circuit = claimed(opened(), 10, POLICY)
    assert circuit.state is State.HALF_OPEN
    assert decide(circuit, 14.9) is Verdict.WAIT
    assert decide(circuit, 15) is Verdict.PROBE


def test_a_probe_that_succeeds_closes_it() -> None:
    """And everything that was counted is forgotten."""
    probing = claimed(opened(), 10, POLICY)
    closed = after_success(probing, probe_of=probing.version)
    assert (closed.state, closed.failures, closed.trips) == (State.CLOSED, 0, 0)


def test_every_failed_probe_doubles_the_wait_up_to_a_limit() -> None:
    """A short outage is over soon; a long one costs few receives."""
    circuit, now, waits = opened(), 0.0, []
    for _ in range(6):
        waits.append(circuit.until - now)
        now = circuit.until
        circuit = claimed(circuit, now, POLICY)
        circuit = failed(circuit, now, probe_of=circuit.version)
    assert waits == [10, 20, 40, 60, 60, 60]


@pytest.mark.parametrize(("asked", "granted"), [(3, 10), (30, 30), (400, 400), (86_400, 600)])
def test_the_partner_may_ask_for_longer(asked: float, granted: float) -> None:
    """Its Retry-After opens the circuit at once, is never cut below our own wait, and is not believed without end."""
    circuit = failed(Circuit(), 0, retry_after=asked)
    assert circuit.state is State.OPEN
    assert circuit.until == granted


@given(circuits, moments)
def test_late_news_changes_nothing(circuit: Circuit, now: float) -> None:
    """What a call learned that began before the circuit opened says nothing about now: neither opens nor closes it."""
    if circuit.state is not State.CLOSED:
        for probe_of in (None, circuit.version - 1, circuit.version + 1):
            assert after_success(circuit, probe_of=probe_of) == circuit
            assert failed(circuit, now, probe_of=probe_of) == circuit


@given(circuits, moments, st.floats(0, 1e5), st.booleans())
def test_every_change_is_a_new_version(circuit: Circuit, now: float, retry_after: float, probing: bool) -> None:  # noqa: FBT001
    """Or two environments could both believe that they made it."""
    probe_of = circuit.version if probing else None
    for after in (
        claimed(circuit, now, POLICY),
        after_success(circuit, probe_of=probe_of),
        failed(circuit, now, probe_of=probe_of, retry_after=retry_after),
    ):
        assert after.version == circuit.version + (after != circuit)


@given(circuits, moments, st.floats(0, 1e9))
def test_no_caller_waits_for_ever(circuit: Circuit, now: float, retry_after: float) -> None:
    """Whatever happened, after a bounded time a caller may at least probe."""
    after = failed(circuit, now, probe_of=circuit.version, retry_after=retry_after)
    longest = max(POLICY.max_open_seconds, POLICY.max_retry_after)
    if after != circuit:
        assert decide(after, now + longest) is not Verdict.WAIT


class ACircuitOfManyCallers(RuleBasedStateMachine):
    """Callers of many environments, each asking before a call; whether the partner is up is as it happens."""

    def __init__(self) -> None:
        """Start closed, at some time."""
        super().__init__()
        self.circuit = Circuit()
        self.now = 0.0
        self.in_flight: list[int | None] = []
        self.failures_in_a_row = 0

    @rule(seconds=st.floats(0.1, 30))
    def time_passes(self, seconds: float) -> None:
        """The clock goes on."""
        self.now += seconds

    @rule()
    def a_caller_asks(self) -> None:
        """And calls, if it may."""
        verdict = decide(self.circuit, self.now)
        if verdict is Verdict.CALL:
            self.in_flight.append(None)
        elif verdict is Verdict.PROBE:
            self.circuit = claimed(self.circuit, self.now, POLICY)
            self.in_flight.append(self.circuit.version)

    @precondition(lambda self: self.in_flight)
    @rule(data=st.data(), up=st.booleans())
    def a_call_ends(self, data: st.DataObject, up: bool) -> None:  # noqa: FBT001
        """In any order."""
        probe_of = self.in_flight.pop(data.draw(st.integers(0, len(self.in_flight) - 1)))
        before = self.circuit
        if up:
            self.circuit = after_success(before, probe_of=probe_of)
        else:
            self.circuit = failed(before, self.now, probe_of=probe_of)
        if before.state is State.CLOSED:
            self.failures_in_a_row = 0 if up else self.failures_in_a_row + 1
        elif self.circuit.state is State.CLOSED:
            self.failures_in_a_row = 0

    @invariant()
    def closed_means_few_failures_in_a_row(self) -> None:
        """The circuit never stays closed over its limit, and counts what really happened."""
        if self.circuit.state is State.CLOSED:
            assert self.circuit.failures == self.failures_in_a_row < POLICY.failures

    @invariant()
    def at_most_one_probe_counts(self) -> None:
        """Of all probes in flight at most one can still decide anything."""
        deciding = [p for p in self.in_flight if p is not None and p == self.circuit.version]
        assert len(deciding) <= 1


TestACircuitOfManyCallers = ACircuitOfManyCallers.TestCase
