"""When to leave the partner alone: a circuit as a value, and its moves as pure functions of value and time.

Closed, calls go through; so many failures in a row open it. Open, nobody calls until a time; then one caller claims
the probe, which makes it half open for as long as a probe may take. The probe decides: closed, or open for longer.
Times are in seconds since 1970. Whoever keeps the value (see ``breaker``) replaces it only where it has not changed,
which is why it carries a ``version``.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

__all__ = ["Circuit", "CircuitPolicy", "State", "Verdict", "after_failure", "after_success", "claimed", "decide"]


class State(StrEnum):
    """How the circuit stands."""

    CLOSED = "CLOSED"
    OPEN = "OPEN"
    HALF_OPEN = "HALF_OPEN"


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitPolicy:
    """When the circuit opens, and for how long.

    Attributes:
        failures: failures in a row that open it.
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

    def open_for(self, trips: int, retry_after: float) -> float:
        """Return how long the circuit stays open after this many trips in a row."""
        # The exponent is bounded: 2.0**1024 is no float any more.
        doubled = self.open_seconds * 2.0 ** min(trips - 1, 32)
        return max(min(doubled, self.max_open_seconds), min(retry_after, self.max_retry_after))


@dataclass(frozen=True, slots=True, kw_only=True)
class Circuit:
    """The circuit at one moment.

    Attributes:
        failures: failures in a row while closed.
        trips: how often it opened without a success in between.
        until: open until then; half open: the probe is claimed until then.
        version: grows by one with every change.
    """

    state: State = State.CLOSED
    failures: int = 0
    trips: int = 0
    until: float = 0.0
    version: int = 0


class Verdict(StrEnum):
    """What a caller may do now."""

    CALL = "CALL"
    PROBE = "PROBE"
    WAIT = "WAIT"


def decide(circuit: Circuit, now: float) -> Verdict:
    """Say whether a caller may call, may try to claim the probe, or has to wait until ``circuit.until``."""
    if circuit.state is State.CLOSED:
        return Verdict.CALL
    return Verdict.PROBE if now >= circuit.until else Verdict.WAIT


def claimed(circuit: Circuit, now: float, policy: CircuitPolicy) -> Circuit:
    """Return the circuit with the probe claimed by one caller."""
    return _next(circuit, state=State.HALF_OPEN, until=now + policy.probe_seconds)


def after_success(circuit: Circuit, *, probe_of: int | None) -> Circuit:
    """Return the circuit after a call that the partner answered.

    ``probe_of`` is the version at which the caller claimed the probe, None for an ordinary call. What an ordinary call
    learned before the circuit opened says nothing about now.
    """
    if circuit.state is State.CLOSED:
        return _next(circuit, failures=0, trips=0) if circuit.failures or circuit.trips else circuit
    if _is_probe(circuit, probe_of):
        return _next(circuit, state=State.CLOSED, failures=0, trips=0, until=0.0)
    return circuit


def after_failure(
    circuit: Circuit, now: float, policy: CircuitPolicy, *, probe_of: int | None, retry_after: float = 0.0
) -> Circuit:
    """Return the circuit after a call that the partner did not answer, or answered with "not now".

    A ``retry_after`` that the caller cannot wait for opens the circuit at once: it is meant for all callers.
    """
    if circuit.state is State.CLOSED:
        failures = circuit.failures + 1
        if failures >= policy.failures or retry_after:
            return _opened(circuit, now, policy, failures, retry_after)
        return _next(circuit, failures=failures)
    if _is_probe(circuit, probe_of):
        return _opened(circuit, now, policy, circuit.failures + 1, retry_after)
    return circuit


def _is_probe(circuit: Circuit, probe_of: int | None) -> bool:
    return circuit.state is State.HALF_OPEN and circuit.version == probe_of


def _opened(circuit: Circuit, now: float, policy: CircuitPolicy, failures: int, retry_after: float) -> Circuit:
    trips = circuit.trips + 1
    until = now + policy.open_for(trips, retry_after)
    return _next(circuit, state=State.OPEN, failures=failures, trips=trips, until=until)


def _next(circuit: Circuit, **changes: object) -> Circuit:
    return replace(circuit, version=circuit.version + 1, **changes)  # type: ignore[arg-type] # fields of Circuit
