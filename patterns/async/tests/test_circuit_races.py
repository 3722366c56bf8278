"""The circuit of many environments, when a clock goes back and when another environment's change comes first."""

from collections.abc import Callable

import pytest

from patterns_async.application.breaker import Breaker, CircuitOpen, Permit
from patterns_async.application.circuit import Circuit, CircuitPolicy, State, Verdict, decide
from patterns_async.testing import InMemoryCircuit

POLICY = CircuitPolicy(failures=5, open_seconds=10, max_open_seconds=40, probe_seconds=5, max_retry_after=600)
START = 1_767_605_400.0


class RacedCircuit(InMemoryCircuit):
    """A store in which ``rival`` is called before each change, and may make one of its own."""

    rival: Callable[["RacedCircuit"], object] | None = None

    def replace(self, old: Circuit, new: Circuit) -> Circuit:
        """Let the rival be first."""
        if self.rival:
            self.rival(self)
        return super().replace(old, new)


class Environments:
    """Breakers on one store, by one clock."""

    def __init__(self) -> None:
        """Start with a closed circuit."""
        self.now = START
        self.store = RacedCircuit()
        self.moved: list[Circuit] = []

    def breaker(self) -> Breaker:
        """Return the breaker of one more."""
        return Breaker(self.store, POLICY, now=lambda: self.now, spread=lambda _: 0.0, moved=self.moved.append)

    def keep(self, state: State, **fields: float) -> Circuit:
        """Keep a circuit in the store as another environment's change."""
        self.store.circuit = Circuit(state=state, version=self.store.circuit.version + 1, **fields)  # type: ignore[arg-type]
        return self.store.circuit


@pytest.fixture
def here() -> Environments:
    """The environments."""
    return Environments()


class TestClocks:
    """A clock of this machine may be put back, and one of another machine may be ahead."""

    @pytest.mark.parametrize(("passed", "reads"), [(0.0, 1), (1.9, 1), (2.0, 2), (-0.1, 2), (-3600.0, 2)])
    def test_what_was_read_in_the_future_is_not_believed(self, here: Environments, passed: float, reads: int) -> None:
        """It would be for as long as the clock was put back."""
        one = here.breaker()
        one.permit()
        here.now += passed
        one.permit()
        assert here.store.reads == reads

    def test_a_circuit_that_opened_meanwhile_is_seen_although_the_clock_went_back(self, here: Environments) -> None:
        """So the partner is left alone."""
        one = here.breaker()
        one.permit()
        here.now -= 500
        here.keep(State.OPEN, until=here.now + 10, trips=1)
        with pytest.raises(CircuitOpen):
            one.permit()

    @pytest.mark.parametrize("state", [State.OPEN, State.HALF_OPEN])
    def test_no_clock_keeps_the_circuit_open_for_ever(self, here: Environments, state: State) -> None:
        """A time that no rule sets was set by a clock that has gone back since: one may probe."""
        circuit = here.keep(state, until=here.now + 10 * 24 * 3600, trips=1)
        permit = here.breaker().permit()
        assert permit.probe_of == circuit.version + 1
        assert here.store.circuit.until == here.now + POLICY.probe_seconds

    def test_the_longest_time_that_a_rule_sets_is_waited_for(self, here: Environments) -> None:
        """The partner's own Retry-After, as far as it is honoured."""
        here.keep(State.OPEN, until=here.now + POLICY.max_retry_after, trips=1)
        with pytest.raises(CircuitOpen) as waiting:
            here.breaker().permit()
        assert waiting.value.retry_after == 600

    def test_a_message_is_never_told_to_wait_for_longer(self, here: Environments) -> None:
        """While the store is down no environment can probe, and the message is received again."""
        one = here.breaker()
        here.keep(State.OPEN, until=here.now + 10 * 24 * 3600, trips=1)
        here.store.rival = lambda store: setattr(store, "unavailable", True)
        with pytest.raises(CircuitOpen) as waiting:
            one.permit()
        assert waiting.value.retry_after == 600

    def test_waiting_for_a_table_that_is_down_is_not_short(self, here: Environments) -> None:
        """The circuit's time is over and no probe can be claimed: receives must last as long as the outage."""
        one = here.breaker()
        here.keep(State.OPEN, until=here.now - 60, trips=1)
        here.store.rival = lambda store: setattr(store, "unavailable", True)
        with pytest.raises(CircuitOpen) as waiting:
            one.permit()
        assert waiting.value.retry_after == 20

    @pytest.mark.parametrize(
        ("until", "verdict"),
        [(0, Verdict.PROBE), (1, Verdict.WAIT), (600, Verdict.WAIT), (600.1, Verdict.PROBE), (-1, Verdict.PROBE)],
    )
    def test_the_bounds_of_waiting(self, until: float, verdict: Verdict) -> None:
        """From now on, up to the longest time that a rule sets."""
        circuit = Circuit(state=State.OPEN, until=100 + until)
        assert decide(circuit, 100, longest=POLICY.longest) is verdict


class TestRequests:
    """What is known is not asked for again."""

    def test_what_was_just_read_is_not_read_again(self, here: Environments) -> None:
        """Only a half-open circuit that was read a while ago is worth another look."""
        here.keep(State.HALF_OPEN, until=here.now + 5, trips=1)
        one = here.breaker()
        for reads in (1, 2):
            with pytest.raises(CircuitOpen):
                one.permit()
            assert here.store.reads == reads

    def test_what_was_just_written_is_believed(self, here: Environments) -> None:
        """The answer to the write said how the circuit stands."""
        one = here.breaker()
        permit = one.permit()
        here.now += 1.9
        one.failed(permit)
        here.now += 1.9
        one.permit()
        assert (here.store.reads, here.store.writes) == (1, 1)


class TestLostRaces:
    """Two change the circuit at the same moment: one change is kept, and the other one is made on it or not at all."""

    def test_a_claim_that_came_second_is_no_probe(self, here: Environments) -> None:
        """The winner probes, the loser waits for as long as the winner may take."""
        circuit = here.keep(State.OPEN, until=here.now, trips=1)
        here.store.rival = lambda _: here.keep(State.HALF_OPEN, until=here.now + 5, trips=1)
        with pytest.raises(CircuitOpen) as waiting:
            here.breaker().permit()
        assert waiting.value.retry_after == 5
        assert here.store.circuit.version == circuit.version + 1
        assert here.moved == []

    def test_a_claim_that_lost_to_a_success_is_an_ordinary_call(self, here: Environments) -> None:
        """The winner's probe was over by then: the partner is well."""
        here.keep(State.OPEN, until=here.now, trips=1)
        here.store.rival = lambda _: here.keep(State.CLOSED)
        assert here.breaker().permit() == Permit()

    def test_a_claim_that_was_not_stored_is_none(self, here: Environments) -> None:
        """Without the store two could probe."""
        here.keep(State.OPEN, until=here.now, trips=1)
        here.store.rival = lambda store: setattr(store, "unavailable", True)
        with pytest.raises(CircuitOpen):
            here.breaker().permit()

    def test_a_claim_that_lost_to_one_long_over_comes_back_at_once(self, here: Environments) -> None:
        """Nothing is left to wait for: SQS would refuse to hide a message for less than no time."""
        here.keep(State.OPEN, until=here.now, trips=1)
        here.store.rival = lambda _: here.keep(State.OPEN, until=here.now - 100, trips=1)
        with pytest.raises(CircuitOpen) as waiting:
            here.breaker().permit()
        assert waiting.value.retry_after == 0

    def test_a_failure_is_counted_on_the_winner_s_change(self, here: Environments) -> None:
        """Not lost, and not counted twice."""
        one = here.breaker()
        permit = one.permit()
        others = iter(range(1, 4))

        def count(_: RacedCircuit) -> None:
            failures = next(others, None)
            if failures:
                here.keep(State.CLOSED, failures=failures)

        here.store.rival = count
        one.failed(permit, reason="503")
        assert (here.store.circuit.state, here.store.circuit.failures) == (State.CLOSED, 4)
        one.failed(permit, reason="503")
        assert here.store.circuit.state is State.OPEN
        assert [circuit.reason for circuit in here.moved] == ["503"]

    def test_a_change_that_always_loses_is_given_up(self, here: Environments) -> None:
        """A batch does not wait for a store that others change without end."""
        one = here.breaker()
        permit = one.permit()
        here.store.rival = lambda _: here.keep(State.CLOSED, failures=1)
        one.failed(permit)
        assert here.store.writes == 10

    def test_a_probe_s_result_that_lost_says_nothing(self, here: Environments) -> None:
        """Its claim had run out, and another one probes by now."""
        circuit = here.keep(State.OPEN, until=here.now, trips=1)
        one = here.breaker()
        permit = one.permit()
        newer = here.keep(State.HALF_OPEN, until=here.now + 5, trips=1)
        for tell in (one.succeeded, one.failed):
            tell(permit)
            assert here.store.circuit == newer
        assert permit.probe_of == circuit.version + 1

    @pytest.mark.parametrize("refusals", [4, 5])
    def test_a_refusal_that_lost_against_the_opening_one_waits(self, here: Environments, refusals: int) -> None:
        """The circuit is open for the same refusal: the event is not at fault."""
        one = here.breaker()
        permit = one.permit()
        state = State.OPEN if refusals == 5 else State.CLOSED
        here.keep(state, refusal=404, refusals=refusals, until=here.now + 10)
        assert one.refused(permit, status=404, event_id="event-9", reason="404") is True
        assert one.waiting() is not None
        assert here.store.circuit.state is State.OPEN

    @pytest.mark.parametrize("refusal", [0, 422])
    def test_a_refusal_while_it_is_open_for_another_reason_is_the_event_s(
        self, here: Environments, refusal: int
    ) -> None:
        """It says something of this event alone."""
        one = here.breaker()
        permit = one.permit()
        kept = here.keep(State.OPEN, refusal=refusal, refusals=5, until=here.now + 10)
        assert one.refused(permit, status=404, event_id="event-9") is False
        assert here.store.circuit == kept
