"""How long to wait before asking the API server once more."""

import random
from collections.abc import Iterator

__all__ = ["Backoffs"]


class Backoffs:
    """Seconds from try to try, without end: growing pauses, then as long ones as an outage's end may be noticed late.

    Iterating begins anew each time.
    """

    def __iter__(self) -> Iterator[float]:
        """Yield the pauses."""
        yield from (0.2, 0.5, 1.0, 2.0)
        while True:
            yield random.uniform(3.0, 5.0)
