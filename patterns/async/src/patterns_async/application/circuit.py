"""When to leave the partner alone: a circuit as a value, and its moves as pure functions of value and time.

Closed, calls go through; so many failures in a row open it, and so do so many events in a row that are refused with
the same status. Open, no calls are made until a time; then one caller claims the probe, which makes it half open while
the probe may take. The probe decides: closed, or open for longer.
Times are in seconds since 1970. The store (see ``breaker``) replaces the value only where it has not changed,
which is why it carries a ``version``.
"""

import math
from dataclasses import dataclass, replace
from enum import StrEnum

__all__ = [
    "Circuit",
    "CircuitPolicy",
    "State",
    "Verdict",
    "after_failure",
    "after_refusal",
    "after_success",
    "claimed",
    "decide",
    "refuses_all",
]

_MOST_REASON = 300
_MOST_EVENT_ID = 200
_MOST_REFUSED = 100
"""Ids that are kept, whatever the policy: an item of DynamoDB has at most 400 KB."""


class State(StrEnum):
    """How the circuit stands."""

    CLOSED = "CLOSED"
    OPEN = "OPEN"
    HALF_OPEN = "HALF_OPEN"


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitPolicy:
    """When the circuit opens, and for how long.

    Attributes:
        failures: failures in a row that open it, and events in a row that are refused with the same status.
        open_seconds: how long it stays open at first; every failed probe doubles that.
        max_open_seconds: how long it stays open at most, unless the partner itself asks for longer.
        probe_seconds: how long a probe may take; after that its caller counts as dead, and the probe is free again.
        max_retry_after: seconds of the partner's own Retry-After that are honoured.
    """

    failures: int = 5
    open_seconds: float = 15.0
    max_open_seconds: float = 300.0
    probe_seconds: float = 15.0
    max_retry_after: float = 3600.0

    @property
    def longest(self) -> float:
        """Seconds after which the circuit lets a call through at the latest, by any environment's clock."""
        return max(self.max_open_seconds, self.max_retry_after, self.probe_seconds)

    def open_for(self, trips: int, retry_after: float) -> float:
        """Return how long the circuit stays open after this many trips in a row."""
        # The exponent is bounded: 2.0**1024 is no float any more.
        doubled = self.open_seconds * 2.0 ** min(trips - 1, 32)
        return max(min(doubled, self.max_open_seconds), min(retry_after, self.max_retry_after))


@dataclass(frozen=True, slots=True, kw_only=True)
class Circuit:
    """The circuit at one moment.

    Attributes:
        failures: failures since the last delivery, while closed.
        trips: how often it opened without a success in between.
        until: open until then; half open: the probe is claimed until then.
        version: grows by one with every change.
        refusal: the status with which events were refused last, 0 when one was delivered since.
        refusals: how many different events in a row were refused with it.
        refused: the ids of the last of them, as many as open it.
        reason: why it opened last.
    """

    state: State = State.CLOSED
    failures: int = 0
    trips: int = 0
    until: float = 0.0
    version: int = 0
    refusal: int = 0
    refusals: int = 0
    refused: tuple[str, ...] = ()
    reason: str = ""


class Verdict(StrEnum):
    """What a caller may do now."""

    CALL = "CALL"
    PROBE = "PROBE"
    WAIT = "WAIT"


def decide(circuit: Circuit, now: float, *, longest: float = math.inf) -> Verdict:
    """Say whether a caller may call, may try to claim the probe, or has to wait until ``circuit.until``.

    More than ``longest`` seconds are never waited for: such a time was set by a clock that has gone back since.
    """
    if circuit.state is State.CLOSED:
        return Verdict.CALL
    return Verdict.WAIT if 0 < circuit.until - now <= longest else Verdict.PROBE


def claimed(circuit: Circuit, now: float, policy: CircuitPolicy) -> Circuit:
    """Return the circuit with the probe claimed by one caller."""
    return _next(circuit, state=State.HALF_OPEN, until=now + policy.probe_seconds)


def after_success(circuit: Circuit, *, probe_of: int | None) -> Circuit:
    """Return the circuit after a call that the partner took.

    ``probe_of`` is the version at which the caller claimed the probe, None for an ordinary call. What an ordinary call
    learned before the circuit opened says nothing about now.
    """
    if circuit.state is State.CLOSED:
        return _closed(circuit) if circuit.failures or circuit.trips or circuit.refusals else circuit
    return _closed(circuit) if _is_probe(circuit, probe_of) else circuit


def after_failure(
    circuit: Circuit,
    now: float,
    policy: CircuitPolicy,
    *,
    probe_of: int | None,
    retry_after: float = 0.0,
    reason: str = "",
) -> Circuit:
    """Return the circuit after a call that the partner did not answer, or answered with "not now".

    A ``retry_after`` that the caller cannot wait for opens the circuit at once: it is meant for all callers. Refusals
    before the failure stay counted: a partner that answers 404 and 503 by turns takes nothing either.
    """
    failures = circuit.failures + 1
    if circuit.state is State.CLOSED:
        if failures >= policy.failures or retry_after:
            return _opened(circuit, now, policy, retry_after, failures=failures, reason=reason)
        return _next(circuit, failures=failures)
    if _is_probe(circuit, probe_of):
        return _opened(circuit, now, policy, retry_after, failures=failures, reason=reason)
    return circuit


def after_refusal(
    circuit: Circuit,
    now: float,
    policy: CircuitPolicy,
    *,
    probe_of: int | None,
    status: int,
    event_id: str,
    reason: str = "",
) -> Circuit:
    """Return the circuit after a call that the partner refused for good.

    One event that is refused is at fault itself, however often it comes. So many different ones in a row, with the same
    status and no delivery in between, are the partner's fault.
    """
    event_id = event_id[:_MOST_EVENT_ID]
    closed = circuit.state is State.CLOSED
    if not closed and not _is_probe(circuit, probe_of):
        return circuit
    before, refused = (circuit.refusals, circuit.refused) if status == circuit.refusal else (0, ())
    # Two events that come by turns, as redeliveries do, are two, not one more each time.
    again = event_id in refused
    if closed and again:
        return circuit
    refusals = before + (not again)
    if not again:
        refused = (*refused, event_id)[-min(policy.failures, _MOST_REFUSED) :]
    run = {"refusal": status, "refusals": refusals, "refused": refused}
    if refusals >= policy.failures:
        return _opened(circuit, now, policy, 0.0, reason=reason, **run)
    # A probe that is refused, in a way that is no run, shows that the partner reads what it gets.
    return _next(circuit if closed else Circuit(version=circuit.version), **run)


def refuses_all(circuit: Circuit, status: int, policy: CircuitPolicy) -> bool:
    """Whether the circuit is open since the partner refuses every event with this status."""
    run = circuit.refusal == status and circuit.refusals >= policy.failures
    return run and circuit.state is not State.CLOSED


def _is_probe(circuit: Circuit, probe_of: int | None) -> bool:
    return circuit.state is State.HALF_OPEN and circuit.version == probe_of


def _opened(
    circuit: Circuit, now: float, policy: CircuitPolicy, retry_after: float, *, reason: str, **changes: object
) -> Circuit:
    trips = circuit.trips + 1
    until = now + policy.open_for(trips, retry_after)
    return _next(circuit, state=State.OPEN, trips=trips, until=until, reason=reason[:_MOST_REASON], **changes)


def _closed(circuit: Circuit) -> Circuit:
    return Circuit(version=circuit.version + 1)


def _next(circuit: Circuit, **changes: object) -> Circuit:
    return replace(circuit, version=circuit.version + 1, **changes)  # type: ignore[arg-type] # fields of Circuit
