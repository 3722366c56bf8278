"""The circuit shared by all environments of the function: each asks before a call and tells afterwards."""

import math
import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from patterns_async.application.circuit import (
    Circuit,
    CircuitPolicy,
    State,
    Verdict,
    after_failure,
    after_refusal,
    after_success,
    claimed,
    decide,
    refuses_all,
)
from patterns_shared.domain.errors import TemporarilyUnavailable

__all__ = ["Breaker", "CircuitOpen", "CircuitStore", "Permit"]

_MAX_AGE = 2.0
"""Seconds for which the circuit that was read last is believed."""
_ATTEMPTS = 10
"""Times to try a change that lost a race: each lost race is another environment's change, and they are few."""


class CircuitOpen(TemporarilyUnavailable):
    """The partner is left alone for now; ``retry_after`` says for how long."""

    backs_off = False


class CircuitStore(Protocol):
    """Where the one circuit is kept. Both methods raise TemporarilyUnavailable when the store is."""

    def read(self) -> Circuit:
        """Return the circuit as it is now; a closed one when none was ever kept."""
        ...

    def replace(self, old: Circuit, new: Circuit) -> Circuit:
        """Keep ``new`` if the circuit is still at the version of ``old``, and return what is kept now."""
        ...


@dataclass(frozen=True, slots=True)
class Permit:
    """Leave to make one call. ``probe_of`` is the version at which a probe was claimed, None for an ordinary call."""

    probe_of: int | None = None


class Breaker:
    """Asks and tells the shared circuit.

    The circuit protects the partner and saves receives; deliveries do not depend on it. So while its store is down,
    the last state that was read applies, no probe is made, and nothing is written.
    """

    def __init__(
        self,
        store: CircuitStore,
        policy: CircuitPolicy,
        *,
        now: Callable[[], float] = time.time,
        spread: Callable[[float], float] = lambda most: random.uniform(0, most),
        moved: Callable[[Circuit], None] = lambda _: None,
    ) -> None:
        """Take the store and the clock.

        ``spread`` picks how much later than the others a message comes back; ``moved`` is told of each circuit that
        this environment moved to another state.
        """
        self._store = store
        self._policy = policy
        self._now = now
        self._spread = spread
        self._moved = moved
        self._known = Circuit()
        self._known_at = -math.inf

    @property
    def max_retry_after(self) -> float:
        """Seconds of the partner's own Retry-After that are honoured."""
        return self._policy.max_retry_after

    @property
    def state(self) -> State:
        """How the circuit stood when it was last seen."""
        return self._known.state

    def permit(self) -> Permit:
        """Return leave to call.

        Raises:
            CircuitOpen: not now.
        """
        now = self._now()
        fresh = not 0 <= now - self._known_at < _MAX_AGE
        circuit = self._read(now) if fresh else self._known
        # A probe takes a second where it may take many: whether it is over is worth another look.
        if not fresh and circuit.state is State.HALF_OPEN:
            circuit = self._read(now)
        verdict = self._decide(circuit, now)
        if verdict is Verdict.PROBE:
            mine = claimed(circuit, now, self._policy)
            replaced = self._replace(circuit, mine)
            if replaced is None:
                # No probe can be claimed while the table is down, and waiting must not use up a message's receives.
                raise self._left_alone(circuit, now, least=self._policy.max_open_seconds / 2)
            if replaced:
                return Permit(probe_of=mine.version)
            circuit = self._known
            verdict = self._decide(circuit, now)
        if verdict is Verdict.CALL:
            return Permit()
        raise self._left_alone(circuit, now)

    def waiting(self) -> CircuitOpen | None:
        """Return for how long the partner is left alone, by the circuit that was seen last; None while it is closed."""
        return None if self._known.state is State.CLOSED else self._left_alone(self._known, self._now())

    def succeeded(self, permit: Permit) -> None:
        """Tell that the partner took an event."""
        self._change(lambda circuit: after_success(circuit, probe_of=permit.probe_of))

    def failed(self, permit: Permit, *, retry_after: float = 0.0, reason: str = "") -> None:
        """Tell that the partner did not, and why, or asked to be left alone for ``retry_after`` seconds."""
        now = self._now()
        self._change(
            lambda circuit: after_failure(
                circuit, now, self._policy, probe_of=permit.probe_of, retry_after=retry_after, reason=reason
            )
        )

    def refused(self, permit: Permit, *, status: int, event_id: str, reason: str = "") -> bool:
        """Tell that the partner refused an event for good; return whether it refuses all events so, not this one."""
        now = self._now()
        self._change(
            lambda circuit: after_refusal(
                *(circuit, now, self._policy),
                probe_of=permit.probe_of,
                status=status,
                event_id=event_id,
                reason=reason,
            )
        )
        return refuses_all(self._known, status, self._policy)

    def _decide(self, circuit: Circuit, now: float) -> Verdict:
        return decide(circuit, now, longest=self._policy.longest)

    def _left_alone(self, circuit: Circuit, now: float, *, least: float = 0.0) -> CircuitOpen:
        # Back when the circuit lets a probe through, spread over the time that a probe may take: the first probes,
        # the rest find out how it went.
        wait = min(max(least, circuit.until - now), self._policy.longest) + self._spread(self._policy.probe_seconds)
        reason = f"the circuit is open: {circuit.reason}" if circuit.reason else "the circuit is open"
        return CircuitOpen("partner", retry_after=math.ceil(wait), reason=reason)

    def _change(self, move: Callable[[Circuit], Circuit]) -> None:
        for _ in range(_ATTEMPTS):
            old = self._known
            new = move(old)
            if new is old or self._replace(old, new) is not False:
                return

    def _read(self, now: float) -> Circuit:
        self._known_at = now
        with suppress(TemporarilyUnavailable):
            self._known = self._store.read()
        return self._known

    def _replace(self, old: Circuit, new: Circuit) -> bool | None:
        """Return whether ``new`` is kept now, False when another change is, None when it is unknown."""
        try:
            self._known = self._store.replace(old, new)
        except TemporarilyUnavailable:
            return None
        self._known_at = self._now()
        kept = self._known is new
        if kept and new.state is not old.state:
            self._moved(new)
        return kept
