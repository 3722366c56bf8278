"""How fast messages may be moved."""

import time
from collections.abc import Callable

from patterns_cli.queues.interrupts import Interrupts

__all__ = ["Pace"]


class Pace:
    """Lets messages through at a rate, in groups of at most a second's worth.

    Whoever asks first and receives afterwards has no message in hand while it waits, however slow the rate is: a
    message that waited would become visible again, and be moved twice.
    """

    def __init__(
        self, rate: float | None, interrupts: Interrupts, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """``rate`` is in messages per second; without one there is no waiting."""
        self._rate = rate
        self._interrupts = interrupts
        self._clock = clock
        self._free_at = clock()

    def wait(self, most: int) -> int:
        """Wait for the next group's time, or for an interrupt, and return how large the group may be."""
        if self._rate is None:
            return most
        pause = self._free_at - self._clock()
        if pause > 0:
            self._interrupts.pause(pause)
        return max(1, min(most, int(self._rate)))

    def spend(self, count: int) -> None:
        """Note that messages were let through."""
        if self._rate is not None:
            self._free_at = max(self._free_at, self._clock()) + count / self._rate
