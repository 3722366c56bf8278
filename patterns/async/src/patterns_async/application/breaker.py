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
    after_success,
    claimed,
    decide,
)
from patterns_shared.domain.errors import TemporarilyUnavailable

__all__ = ["Breaker", "CircuitOpen", "CircuitStore", "Permit"]

_MAX_AGE = 2.0
"""Seconds for which the circuit that was read last is believed."""
_ATTEMPTS = 10
"""Times to try a change that others got ahead of: each lost race is somebody else's change, and they are few."""


class CircuitOpen(TemporarilyUnavailable):
    """The partner is left alone for now; ``retry_after`` says for how long."""


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
    the circuit that was seen last is believed, nobody probes, and what would be written is not.
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
        verdict = decide(circuit, now)
        if verdict is Verdict.PROBE:
            mine = claimed(circuit, now, self._policy)
            if self._replace(circuit, mine):
                return Permit(probe_of=mine.version)
            circuit = self._known
            verdict = decide(circuit, now)
        if verdict is Verdict.CALL:
            return Permit()
        raise self._left_alone(circuit, now)

    def waiting(self) -> CircuitOpen | None:
        """Return for how long the partner is left alone, by the circuit that was seen last; None while it is closed."""
        return None if self._known.state is State.CLOSED else self._left_alone(self._known, self._now())

    def succeeded(self, permit: Permit) -> None:
        """Tell that the partner answered."""
        self._change(lambda circuit: after_success(circuit, probe_of=permit.probe_of))

    def failed(self, permit: Permit, *, retry_after: float = 0.0) -> None:
        """Tell that the partner did not, or asked to be left alone for ``retry_after`` seconds."""
        now = self._now()
        self._change(
            lambda circuit: after_failure(circuit, now, self._policy, probe_of=permit.probe_of, retry_after=retry_after)
        )

    def _left_alone(self, circuit: Circuit, now: float) -> CircuitOpen:
        # Back when the circuit lets a probe through, spread over the time that a probe may take: the first probes,
        # the rest find out how it went.
        wait = max(0.0, circuit.until - now) + self._spread(self._policy.probe_seconds)
        return CircuitOpen("partner", retry_after=math.ceil(wait))

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
        """Return whether ``new`` is kept now, False when somebody else's change is, None when nobody knows."""
        try:
            self._known = self._store.replace(old, new)
        except TemporarilyUnavailable:
            return None
        self._known_at = self._now()
        kept = self._known is new
        if kept and new.state is not old.state:
            self._moved(new)
        return kept
