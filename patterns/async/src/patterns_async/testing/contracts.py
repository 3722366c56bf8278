"""What every ledger, circuit store and keeper of claims does, whatever keeps it.

Subclass a contract and give it the fixture that it names.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from patterns_async.application.books import Booked, Entry, Ledger, entry_of
from patterns_async.application.bounces import SuppressionReason, Suppressions
from patterns_async.application.breaker import CircuitStore
from patterns_async.application.circuit import Circuit, State
from patterns_async.application.notifications import AlreadySent, Claims
from patterns_shared.domain.errors import EventConflict, TemporarilyUnavailable
from patterns_shared.domain.events import Contact, Event, EventType
from patterns_shared.testing import make_event

__all__ = ["CircuitStoreContract", "ClaimsContract", "LedgerContract"]

# ruff: noqa: S101, PLR2004 - a contract suite asserts, and expected figures are clearest as figures

_NOW = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)


def _entries(count: int) -> list[Entry]:
    entry = entry_of(make_event(EventType.ORDER_FULFILLED))
    return [replace(entry, event_id=f"event-{number}", order_id=f"order-{number}") for number in range(count)]


class LedgerContract:
    """The contract of ``Ledger``: a fixture ``ledger`` that is empty."""

    def test_an_event_is_booked_once(self, ledger: Ledger) -> None:
        """The second time it is seen, and that is no failure."""
        (entry,) = _entries(1)
        assert ledger.append([entry]) == {entry.event_id: Booked.BOOKED}
        assert ledger.append([entry]) == {entry.event_id: Booked.SEEN}

    def test_a_duplicate_takes_no_other_entry_with_it(self, ledger: Ledger) -> None:
        """Each entry is booked or refused for itself."""
        first, second, third = _entries(3)
        ledger.append([second])
        assert ledger.append([first, second, third]) == {
            first.event_id: Booked.BOOKED,
            second.event_id: Booked.SEEN,
            third.event_id: Booked.BOOKED,
        }

    @pytest.mark.parametrize(
        "change",
        [
            {"order_id": "another"},
            {"amount": 1},
            {"type": EventType.ORDER_CANCELLED},
            {"content": "f" * 64},
        ],
    )
    def test_an_id_with_another_content_is_a_conflict(self, ledger: Ledger, change: dict[str, object]) -> None:
        """The entry that is there stays, the other is refused for good, and the rest of the batch is recorded."""
        first, second = _entries(2)
        ledger.append([first])
        other = replace(first, **{"content": "e" * 64, **change})  # type: ignore[arg-type] # the names are fields
        results = ledger.append([other, second])
        assert isinstance(results[first.event_id], EventConflict)
        assert results[second.event_id] is Booked.BOOKED
        assert ledger.append([first]) == {first.event_id: Booked.SEEN}

    def test_any_number_of_entries_is_booked(self, ledger: Ledger) -> None:
        """A number that no single request takes is nothing that the caller has to know about."""
        entries = _entries(60)
        assert ledger.append(entries) == dict.fromkeys((entry.event_id for entry in entries), Booked.BOOKED)


class CircuitStoreContract:
    """The contract of ``CircuitStore``: a fixture ``store`` that never kept a circuit."""

    def test_a_circuit_that_was_never_kept_is_closed(self, store: CircuitStore) -> None:
        """It need not be created first."""
        assert store.read() == Circuit()

    def test_what_was_kept_is_read(self, store: CircuitStore) -> None:
        """Every field of it."""
        kept = Circuit(
            state=State.OPEN,
            failures=5,
            trips=2,
            until=1767605400.125,
            version=1,
            refusal=404,
            refusals=5,
            refused=("event-4", "event-5"),
            reason="the partner answered 404: gone",
        )
        assert store.replace(Circuit(), kept) == kept
        assert store.read() == kept

    def test_a_change_that_came_late_is_not_made(self, store: CircuitStore) -> None:
        """The loser of the race gets the winner's circuit."""
        winner = Circuit(failures=1, version=1)
        store.replace(Circuit(), winner)
        assert store.replace(Circuit(), Circuit(state=State.OPEN, version=1)) == winner
        assert store.replace(winner, Circuit(failures=2, version=2)).failures == 2
        assert store.replace(winner, Circuit(failures=9, version=2)).failures == 2


class ClaimsContract:
    """The contract of ``Claims``: a fixture ``claims`` that is empty, whose claims hold for 90 seconds."""

    @pytest.fixture
    def event(self) -> Event:
        """An event that its customer is notified of."""
        return make_event(EventType.ORDER_FULFILLED)

    def test_a_claim_holds_off_everybody_else(self, claims: Claims, event: Event) -> None:
        """For as long as its holder may be at work."""
        claims.claim(event, cancels=False, now=_NOW)
        with pytest.raises(TemporarilyUnavailable):
            claims.claim(event, cancels=False, now=_NOW + timedelta(seconds=89))

    def test_a_claim_runs_out(self, claims: Claims, event: Event) -> None:
        """So that a crash before the mail is not the end of the mail."""
        claims.claim(event, cancels=False, now=_NOW)
        assert claims.claim(event, cancels=False, now=_NOW + timedelta(seconds=91)) is False

    def test_what_went_out_is_never_claimed_again(self, claims: Claims, event: Event) -> None:
        """However long ago."""
        claims.claim(event, cancels=False, now=_NOW)
        claims.mark_sent(event, now=_NOW)
        for later in (timedelta(0), timedelta(days=20)):
            with pytest.raises(AlreadySent):
                claims.claim(event, cancels=False, now=_NOW + later)

    @pytest.mark.parametrize("sent", [True, False])
    def test_an_id_with_another_content_is_a_conflict(self, claims: Claims, event: Event, *, sent: bool) -> None:
        """Whether the first mail went out or is on its way; and not after some time either."""
        claims.claim(event, cancels=False, now=_NOW)
        if sent:
            claims.mark_sent(event, now=_NOW)
        contact = replace(event.data, contact=Contact("eve@example.com"))
        for other in (replace(event, order_version=7), replace(event, data=contact)):
            for later in (timedelta(0), timedelta(minutes=10)):
                with pytest.raises(EventConflict, match=event.id):
                    claims.claim(other, cancels=False, now=_NOW + later)

    def test_an_id_of_another_order_is_another_mail(self, claims: Claims, event: Event) -> None:
        """It is claimed, and the first is still known as sent."""
        claims.claim(event, cancels=False, now=_NOW)
        claims.mark_sent(event, now=_NOW)
        other = replace(event, order_id="019b8d00-0000-7000-8000-00000000cafe")
        assert claims.claim(other, cancels=False, now=_NOW) is False
        with pytest.raises(AlreadySent):
            claims.claim(event, cancels=False, now=_NOW)

    def test_events_of_one_order_are_claimed_apart(self, claims: Claims, event: Event) -> None:
        """A cancellation is another mail than the fulfilment before it."""
        claims.claim(event, cancels=False, now=_NOW)
        claims.mark_sent(event, now=_NOW)
        assert claims.claim(replace(event, id="another"), cancels=False, now=_NOW) is False

    def test_a_released_claim_blocks_no_other(self, claims: Claims, event: Event) -> None:
        """It is not one of a mail that went out, and what its event was is still known."""
        claims.claim(event, cancels=False, now=_NOW)
        claims.release(event)
        assert claims.claim(event, cancels=False, now=_NOW) is False
        claims.release(event)
        with pytest.raises(EventConflict, match=event.id):
            claims.claim(replace(event, order_version=7), cancels=False, now=_NOW)

    def test_what_comes_after_a_cancellation_takes_no_claim(self, claims: Claims, event: Event) -> None:
        """Its repetitions do not wait; the cancellation's own claim holds."""
        cancellation = replace(event, id="cancellation")
        claims.claim(cancellation, cancels=True, now=_NOW)
        assert [claims.claim(event, cancels=False, now=_NOW) for _ in range(3)] == [True] * 3
        with pytest.raises(TemporarilyUnavailable):
            claims.claim(cancellation, cancels=True, now=_NOW)

    def test_a_cancellation_is_known_to_what_comes_after_it(self, claims: Claims, event: Event) -> None:
        """Of the same order, and of no other."""
        assert claims.claim(replace(event, id="cancellation"), cancels=True, now=_NOW) is True
        assert claims.claim(event, cancels=False, now=_NOW) is True
        other = replace(event, id="other", order_id="019b8d00-0000-7000-8000-00000000cafe")
        assert claims.claim(other, cancels=False, now=_NOW) is False


class SuppressionsContract:
    """The contract of ``Suppressions``: a fixture ``suppressions`` that is empty."""

    def test_an_address_is_known_in_any_case(self, suppressions: Suppressions) -> None:
        """People write theirs in many ways."""
        suppressions.add("Ada@Example.com", SuppressionReason.BOUNCE)
        assert suppressions.includes("ada@EXAMPLE.com")
        assert not suppressions.includes("grace@example.com")

    def test_adding_again_changes_nothing(self, suppressions: Suppressions) -> None:
        """Events come twice."""
        for reason in SuppressionReason:
            suppressions.add("ada@example.com", reason)
        assert suppressions.includes("ada@example.com")
