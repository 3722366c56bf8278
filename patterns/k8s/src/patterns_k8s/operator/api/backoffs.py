"""How long to wait before asking the API server once more."""

import random
from collections.abc import Iterator

__all__ = ["Backoffs"]


class Backoffs:
    """Seconds from try to try, without end: growing pauses, then as long ones as an outage's end may be noticed late.

    Iterating begins anew each time.
    """

    def __init__(self) -> None:
        """Try without end."""
        self._ended = False

    def end(self) -> None:
        """Let there be no other try, for those either that have begun."""
        self._ended = True

    def __iter__(self) -> Iterator[float]:
        """Yield the pauses."""
        for pause in (0.2, 0.5, 1.0, 2.0):
            if self._ended:
                return
            yield pause
        while not self._ended:
            yield random.uniform(3.0, 5.0)
