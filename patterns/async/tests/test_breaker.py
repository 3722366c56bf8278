from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patterns_async.application.breaker import Breaker, CircuitOpen, Permit
from patterns_async.application.circuit import Circuit, CircuitPolicy, State
from patterns_async.testing import InMemoryCircuit

POLICY = CircuitPolicy(failures=5, open_seconds=10, max_open_seconds=40, probe_seconds=5)


class Clock:
    """Seconds that pass when told."""

    def __init__(self) -> None:
        """Start at some time."""
        self.now = 1_767_605_400.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """The clock of all breakers."""
    return Clock()


@pytest.fixture
def store() -> InMemoryCircuit:
    """The circuit of all breakers."""
    return InMemoryCircuit()


def breaker(store: InMemoryCircuit, clock: Clock) -> Breaker:
    """Return the breaker of one more environment."""
    return Breaker(store, POLICY, now=clock, spread=lambda _: 0.0)


def fail(breaker: Breaker, times: int = 1) -> None:
    """Make calls that fail."""
    for _ in range(times):
        breaker.failed(breaker.permit())


def test_a_closed_circuit_is_read_every_two_seconds_at_most(store: InMemoryCircuit, clock: Clock) -> None:
    """And never written: an ordinary delivery costs nothing more."""
    one = breaker(store, clock)
    for _ in range(100):
        one.succeeded(one.permit())
        clock.now += 0.1
    assert store.writes == 0
    assert 4 <= store.reads <= 6


def test_all_environments_count_together(store: InMemoryCircuit, clock: Clock) -> None:
    """Five failures open it, in whichever environments."""
    environments = [breaker(store, clock) for _ in range(5)]
    for one in environments:
        fail(one)
    assert store.circuit.state is State.OPEN
    with pytest.raises(CircuitOpen):
        environments[-1].permit()


def test_the_others_learn_of_it_within_two_seconds(store: InMemoryCircuit, clock: Clock) -> None:
    """They believe what they read last for that long, and no longer."""
    one, other = breaker(store, clock), breaker(store, clock)
    other.permit()
    fail(one, 5)
    clock.now += 1.9
    assert other.permit() == Permit()
    clock.now += 0.1
    with pytest.raises(CircuitOpen):
        other.permit()


def test_who_fails_learns_of_it_at_once(store: InMemoryCircuit, clock: Clock) -> None:
    """Telling of a failure shows how the circuit stands: so one call each is all that is made after it opened."""
    one, other = breaker(store, clock), breaker(store, clock)
    permit = other.permit()
    fail(one, 5)
    other.failed(permit)
    with pytest.raises(CircuitOpen):
        other.permit()
    assert store.circuit.failures == 5


def test_waiting_says_for_how_long(store: InMemoryCircuit, clock: Clock) -> None:
    """As long as it is open, and a part of the time that a probe may take, so that not all come back at once."""
    one = Breaker(store, POLICY, now=clock, spread=lambda most: most)
    fail(one, 5)
    clock.now += 3.5
    with pytest.raises(CircuitOpen) as waiting:
        one.permit()
    assert waiting.value.retry_after == 12  # 6.5 seconds, and 5 of spread, rounded up


def test_exactly_one_environment_probes(store: InMemoryCircuit, clock: Clock) -> None:
    """The others wait, and those that come later find a circuit that is closed again."""
    environments = [breaker(store, clock) for _ in range(5)]
    fail(environments[0], 5)
    clock.now += 10
    probes: list[tuple[Breaker, Permit]] = []
    for one in environments:
        try:
            probes.append((one, one.permit()))
        except CircuitOpen:
            continue
    ((prober, permit),) = probes
    assert permit.probe_of is not None
    prober.succeeded(permit)
    assert store.circuit.state is State.CLOSED
    assert [one.permit() for one in environments] == [Permit()] * 5


def test_of_claims_at_the_same_moment_one_wins(store: InMemoryCircuit, clock: Clock) -> None:
    """Both read that the time is over; the write decides."""
    one, other = breaker(store, clock), breaker(store, clock)
    fail(one, 5)
    clock.now += 10
    before = store.circuit
    one.permit()
    after, store.circuit = store.circuit, before
    stale = store.read
    store.read = lambda: before  # type: ignore[method-assign] # what the other one read just before
    store.circuit = after
    with pytest.raises(CircuitOpen):
        other.permit()
    store.read = stale  # type: ignore[method-assign]


def test_a_prober_that_died_is_replaced(store: InMemoryCircuit, clock: Clock) -> None:
    """And what it says when it turns out to be alive after all no longer counts."""
    late, next_one = breaker(store, clock), breaker(store, clock)
    fail(late, 5)
    clock.now += 10
    old = late.permit()
    clock.now += 5
    new = next_one.permit()
    assert new.probe_of is not None
    late.succeeded(old)
    assert store.circuit.state.value == "HALF_OPEN"
    next_one.failed(new)
    assert store.circuit.state.value == "OPEN"
    assert store.circuit.until == clock.now + 20


def test_a_long_retry_after_is_for_everybody(store: InMemoryCircuit, clock: Clock) -> None:
    """One environment was asked to wait, and all do."""
    one, other = breaker(store, clock), breaker(store, clock)
    one.failed(one.permit(), retry_after=120)
    with pytest.raises(CircuitOpen) as waiting:
        other.permit()
    assert waiting.value.retry_after == 120


def test_deleting_the_item_closes_the_circuit(store: InMemoryCircuit, clock: Clock) -> None:
    """An operator who knows better can say so; within two seconds all know."""
    one = breaker(store, clock)
    fail(one, 5)
    store.circuit = Circuit()
    clock.now += 2
    assert one.permit() == Permit()
    fail(one, 5)
    assert store.circuit.state is State.OPEN


class TestStoreDown:
    """Deliveries do not depend on the circuit's table."""

    def test_calls_go_on(self, store: InMemoryCircuit, clock: Clock) -> None:
        """The circuit that was seen last, or a closed one, is believed, and asked for every two seconds."""
        one = breaker(store, clock)
        store.unavailable = True
        for _ in range(20):
            one.succeeded(one.permit())
            fail(one)
        assert store.reads == 1

    def test_an_open_circuit_stays_open_without_a_probe(self, store: InMemoryCircuit, clock: Clock) -> None:
        """Without the table an environment cannot know whether another one probes."""
        one = breaker(store, clock)
        fail(one, 5)
        store.unavailable = True
        clock.now += 60
        with pytest.raises(CircuitOpen):
            one.permit()
        store.unavailable = False
        clock.now += 2
        assert one.permit().probe_of is not None

    def test_one_failure_is_told_once(self, store: InMemoryCircuit, clock: Clock) -> None:
        """A table that is down is not asked ten times for each failure."""
        one = breaker(store, clock)
        permit = one.permit()
        store.unavailable = True
        one.failed(permit)
        assert store.writes == 1


def test_failures_at_the_same_moment_are_all_counted(store: InMemoryCircuit, clock: Clock) -> None:
    """Who loses the race for a write tries again on what the winner wrote."""
    environments = [breaker(store, clock) for _ in range(4)]
    permits = [one.permit() for one in environments]
    for one, permit in zip(environments, permits, strict=True):
        one.failed(permit)
    assert store.circuit == replace(Circuit(), failures=4, version=4)


@given(st.integers(1, 6), st.lists(st.integers(0, 5), min_size=30, max_size=120))
def test_calls_at_the_same_time_stay_within_the_bound(environments: int, turns: list[int]) -> None:
    """However calls of several environments overlap: the failures that open it, and one call of each other one."""
    store, clock = InMemoryCircuit(), Clock()
    breakers = [breaker(store, clock) for _ in range(environments)]
    under_way: dict[int, Permit] = {}
    calls = 0
    for turn in turns:
        which = turn % environments
        if which in under_way:
            breakers[which].failed(under_way.pop(which))
            continue
        try:
            under_way[which] = breakers[which].permit()
        except CircuitOpen:
            continue
        calls += 1
    assert calls <= POLICY.failures + environments - 1


def test_each_move_is_told_once_by_who_made_it(store: InMemoryCircuit, clock: Clock) -> None:
    """An outage and its end are three lines in the log, however many environments saw them."""
    told: list[Circuit] = []
    told_other: list[Circuit] = []
    one = Breaker(store, POLICY, now=clock, spread=lambda _: 0.0, moved=told.append)
    other = Breaker(store, POLICY, now=clock, spread=lambda _: 0.0, moved=told_other.append)
    fail(one, 4)
    other.failed(other.permit())
    clock.now += POLICY.open_seconds
    one.succeeded(one.permit())
    assert [circuit.state for circuit in told] == [State.HALF_OPEN, State.CLOSED]
    assert [circuit.state for circuit in told_other] == [State.OPEN]
