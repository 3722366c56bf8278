"""A partner that refuses everything in the same way is at fault, and not the events: the circuit opens."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patterns_async.application.breaker import Breaker, CircuitOpen
from patterns_async.application.circuit import (
    Circuit,
    CircuitPolicy,
    State,
    after_failure,
    after_refusal,
    after_success,
    claimed,
    refuses_all,
)
from patterns_async.application.delivery import Answer, Delivered, Delivery, RetryPolicy
from patterns_async.testing import InMemoryCircuit, ScriptedPartner
from patterns_shared.domain.errors import PermanentFailure, TemporarilyUnavailable
from patterns_shared.domain.events import Event, EventType
from patterns_shared.testing import make_event

POLICY = CircuitPolicy(failures=5, open_seconds=10, max_open_seconds=40, probe_seconds=5)
REFUSALS = [307, 400, 401, 403, 404, 405, 410, 415, 422, 451]


def event(number: int) -> Event:
    """Return one of many events."""
    return make_event(EventType.ORDER_FULFILLED, id=f"event-{number}")


class Shop:
    """Environments of the function that share a circuit and a clock."""

    def __init__(self, status: int = 404, environments: int = 1, *, late: bool = False) -> None:
        """Let the partner answer this status until ``status`` is another one; ``late`` with a body that never ends."""
        self.status = status
        self.now = 1_000.0
        self.store = InMemoryCircuit()
        self.moved: list[Circuit] = []
        self.partner = ScriptedPartner(
            lambda _: Answer(status=self.status, detail="no such page", timed_out=late),
        )
        self._deliveries = [
            Delivery(
                self.partner,
                Breaker(self.store, POLICY, now=lambda: self.now, spread=lambda _: 0.0, moved=self.moved.append),
                RetryPolicy(attempts=1),
                sleep=lambda _: None,
            )
            for _ in range(environments)
        ]

    def deliver(self, number: int, environment: int = 0) -> str:
        """Return what delivering an event comes to."""
        try:
            return self._deliveries[environment].deliver(event(number), lambda: 60.0)
        except PermanentFailure:
            return "dead letter"
        except CircuitOpen:
            return "waits"
        except TemporarilyUnavailable:
            return "failed"


@pytest.mark.parametrize("status", REFUSALS)
def test_a_run_of_the_same_refusal_opens_the_circuit(status: int) -> None:
    """Four of thirty events are set aside; the fifth shows that it is the partner, and waits with the rest."""
    shop = Shop(status)
    results = [shop.deliver(n) for n in range(30)]
    assert results == ["dead letter"] * 4 + ["waits"] * 26
    assert len(shop.partner.keys) == 5
    (circuit,) = shop.moved
    assert circuit.state is State.OPEN
    assert circuit.reason == f"the partner answered {status}: no such page"


def test_a_run_of_late_refusals_opens_the_circuit_for_the_same_reason() -> None:
    """Each probe of an outage that is told by a status, and then nothing, sets no further event aside."""
    shop = Shop(late=True)
    results = []
    for number in range(30):
        results.append(shop.deliver(number))
        shop.now += 41
    assert results == ["dead letter"] * 4 + ["waits"] * 26


def test_other_environments_set_nothing_more_aside() -> None:
    """Their calls were under way when the circuit opened: the refusal says the same of those events."""
    shop = Shop(environments=5)
    results = [shop.deliver(n, n % 5) for n in range(30)]
    assert results.count("dead letter") == 4
    assert set(results[4:]) == {"waits"}
    assert len(shop.partner.keys) <= POLICY.failures + 4


def test_a_probe_that_is_refused_in_the_same_way_waits_and_keeps_the_circuit_open() -> None:
    """Longer each time; nothing more is set aside, however long the partner takes to see it."""
    shop = Shop()
    for n in range(5):
        shop.deliver(n)
    for wait in (10, 20, 40, 40, 40):
        assert shop.store.circuit.until == shop.now + wait
        shop.now += wait
        assert [shop.deliver(n) for n in range(5, 9)] == ["waits"] * 4
    assert len(shop.partner.keys) == 5 + 5


def test_after_the_partner_is_well_again_everything_that_waited_is_delivered() -> None:
    """The first that is taken closes the circuit, and no refusal is remembered."""
    shop = Shop()
    waiting = [n for n in range(30) if shop.deliver(n) == "waits"]
    shop.status = 200
    shop.now += 10
    assert {shop.deliver(n) for n in waiting} == {Delivered.DELIVERED}
    assert (shop.store.circuit.state, shop.store.circuit.refusals, shop.store.circuit.reason) == (State.CLOSED, 0, "")


def test_one_event_that_is_refused_is_itself_at_fault() -> None:
    """However often it is put back: only different events are a run."""
    shop = Shop(422)
    assert [shop.deliver(7) for _ in range(20)] == ["dead letter"] * 20
    assert shop.store.circuit.state is State.CLOSED
    assert shop.store.circuit.refusals == 1


def test_a_delivery_in_between_ends_the_run() -> None:
    """So poison among good events is set aside at once, each for itself alone."""
    shop = Shop()
    for n in range(40):
        shop.status = 200 if n % 5 == 4 else 422
        assert shop.deliver(n) == (Delivered.DELIVERED if n % 5 == 4 else "dead letter")
    assert shop.moved == []


def test_different_refusals_are_no_run() -> None:
    """A partner that tells events apart reads them."""
    shop = Shop()
    for n in range(40):
        shop.status = (404, 422)[n % 2]
        assert shop.deliver(n) == "dead letter"
    assert shop.moved == []


def test_refusals_and_failures_by_turns_open_it() -> None:
    """Half of a deployment is broken in one way, half in another: nothing is taken either."""
    shop = Shop()
    results = []
    for n in range(40):
        shop.status = (404, 503)[n % 2]
        results.append(shop.deliver(n))
    assert results.count("dead letter") == 4
    assert results[-1] == "waits"


def test_an_outage_among_the_refusals_does_not_let_more_be_set_aside() -> None:
    """The probe meets 503, the next one 404 again: it is the run that opened the circuit."""
    shop = Shop()
    for n in range(5):
        shop.deliver(n)
    for status, wait in ((503, 10), (404, 20), (None, 40), (404, 40)):
        shop.now += wait
        shop.status = status  # type: ignore[assignment] # None is no answer
        assert shop.deliver(9) == "waits"
    assert shop.store.circuit.reason == "the partner answered 404: no such page"


def test_a_refusal_that_comes_after_an_outage_began_is_the_event_s() -> None:
    """The call was under way when other environments opened the circuit: the partner had read this event."""
    shop = Shop()

    def refuse_late(_: int) -> Answer:
        shop.store.circuit = Circuit(state=State.OPEN, failures=5, trips=1, until=shop.now + 10, version=9)
        return Answer(status=422)

    shop.partner = ScriptedPartner(refuse_late)
    breaker = Breaker(shop.store, POLICY, now=lambda: shop.now, spread=lambda _: 0.0)
    with pytest.raises(PermanentFailure):
        Delivery(shop.partner, breaker, RetryPolicy()).deliver(event(1), lambda: 60.0)


def test_an_outage_does_not_end_a_run() -> None:
    """Three refusals, an outage that opens the circuit, and refusals again: it is the same run."""
    shop = Shop()
    assert [shop.deliver(n) for n in range(3)] == ["dead letter"] * 3
    shop.status = 503
    for n in range(3, 8):
        shop.deliver(n)
    shop.now += 10
    shop.status = 404
    assert [shop.deliver(n) for n in range(8, 12)] == ["dead letter", *["waits"] * 3]


def test_a_probe_with_the_event_that_was_refused_last_counts_once() -> None:
    """It was put back during the outage: still the same event."""
    shop = Shop()
    for n in range(3):
        shop.deliver(n)
    shop.status = 503
    for n in range(3, 8):
        shop.deliver(n)
    shop.now += 10
    shop.status = 404
    assert shop.deliver(2) == "dead letter"
    assert shop.store.circuit.refusals == 3


@pytest.mark.parametrize("status", [None, 503])
def test_a_refused_probe_after_an_outage_closes_the_circuit(status: int | None) -> None:
    """The partner reads events again, and takes this one for what it is."""
    shop = Shop()
    shop.status = status  # type: ignore[assignment] # None is no answer
    for n in range(5):
        shop.deliver(n)
    shop.now += 10
    shop.status = 422
    assert shop.deliver(6) == "dead letter"
    assert shop.store.circuit.state is State.CLOSED
    assert shop.store.circuit.refusals == 1


def test_a_probe_that_is_refused_in_another_way_closes_it_and_begins_a_run() -> None:
    """404 to everything, and then 422 to one event: the deployment was put right."""
    shop = Shop()
    for n in range(5):
        shop.deliver(n)
    shop.now += 10
    shop.status = 422
    assert [shop.deliver(n) for n in range(6, 12)] == ["dead letter"] * 4 + ["waits"] * 2


def test_without_the_table_each_refusal_is_for_itself() -> None:
    """Refusals that cannot be counted do not make a run."""
    shop = Shop()
    shop.store.unavailable = True
    assert [shop.deliver(n) for n in range(10)] == ["dead letter"] * 10


@given(
    answers=st.lists(st.tuples(st.sampled_from([200, 404, 422, 503, None]), st.integers(0, 3)), max_size=60),
    environments=st.integers(1, 4),
)
def test_what_is_set_aside_between_two_deliveries_is_bounded(
    answers: list[tuple[int | None, int]], environments: int
) -> None:
    """By four for each change of the status that the partner refuses with, whatever fails in between."""
    shop = Shop(environments=environments)
    aside, changes, last = 0, 0, 0
    for n, (status, environment) in enumerate(answers):
        shop.status = status  # type: ignore[assignment] # None is no answer
        before = len(shop.partner.keys)
        result = shop.deliver(n, environment % environments)
        if len(shop.partner.keys) == before:
            continue
        if status == 200:
            aside, changes, last = 0, 0, 0
        elif result == "dead letter":
            aside += 1
        if status in {404, 422}:
            changes += status != last
            last = status or 0
        assert aside <= (POLICY.failures - 1) * changes
        shop.now += 3


class TestMoves:
    """The circuit as a value."""

    @staticmethod
    def refused(circuit: Circuit, event_id: str = "e", *, probe_of: int | None = None, status: int = 404) -> Circuit:
        """Return the circuit after a refusal."""
        return after_refusal(circuit, 100, POLICY, probe_of=probe_of, status=status, event_id=event_id)

    def test_every_change_is_a_new_version(self) -> None:
        """And what is no news changes nothing."""
        circuit = Circuit(version=3)
        for n in range(5):
            after = self.refused(circuit, f"e{n}")
            assert after.version == circuit.version + 1
            assert all(self.refused(circuit, e, status=circuit.refusal) == circuit for e in circuit.refused)
            circuit = after
        assert circuit.state is State.OPEN
        probing = claimed(circuit, 110, POLICY)
        assert self.refused(probing, probe_of=probing.version).version == probing.version + 1
        assert self.refused(probing, probe_of=probing.version, status=422).version == probing.version + 1

    def test_late_news_changes_nothing(self) -> None:
        """What a call learned that began before the circuit opened says nothing about now."""
        opened = Circuit()
        for _ in range(5):
            opened = after_failure(opened, 0, POLICY, probe_of=None, reason="503")
        for circuit in (opened, claimed(opened, 10, POLICY)):
            for probe_of in (None, circuit.version - 1, circuit.version + 1):
                assert self.refused(circuit, probe_of=probe_of) == circuit

    def test_a_closed_circuit_refuses_nothing(self) -> None:
        """Also where a deployment lowered the number that opens it below what was counted."""
        counted = Circuit(refusal=404, refusals=4)
        assert not refuses_all(counted, 404, CircuitPolicy(failures=3))
        assert (
            after_refusal(counted, 100, CircuitPolicy(failures=3), probe_of=None, status=404, event_id="e").state
            is State.OPEN
        )

    def test_a_long_id_is_told_apart_by_its_beginning(self) -> None:
        """The item that keeps the circuit has a limit."""
        circuit = self.refused(Circuit(), "e" * 100_000)
        assert [len(event_id) for event_id in circuit.refused] == [200]
        assert self.refused(circuit, "e" * 100_000) == circuit

    def test_a_run_of_many_keeps_the_last_ids(self) -> None:
        """Whatever the policy, the item stays small."""
        policy, circuit = CircuitPolicy(failures=10_000), Circuit()
        for n in range(150):
            circuit = after_refusal(circuit, 100, policy, probe_of=None, status=404, event_id=f"e{n}")
        assert (circuit.refusals, len(circuit.refused), circuit.refused[-1]) == (150, 100, "e149")

    def test_a_success_forgets_refusals(self) -> None:
        """As it forgets failures."""
        assert after_success(self.refused(Circuit()), probe_of=None) == Circuit(version=2)

    def test_a_long_reason_is_cut(self) -> None:
        """It comes from the partner."""
        circuit = Circuit()
        for n in range(5):
            circuit = after_failure(circuit, 0, POLICY, probe_of=None, reason="x" * 100_000, retry_after=n)
        assert len(circuit.reason) == 300
