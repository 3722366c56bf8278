"""The messages that the worker holds, kept hidden in the queue until it is done with them."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol

__all__ = ["Hides", "Holding"]

_LONGEST_HOLD = 11 * 3600
"""Seconds, within the twelve hours after its receive for which SQS hides a message at most."""


class Hides(Protocol):
    """The queue, as far as it is needed here."""

    def hide(self, receipts: Iterable[tuple[str, int]]) -> None:
        """Hide the messages with these receipts for so many seconds from now."""
        ...


class Holding:
    """Held messages by their receipts; `extend`, called three times a visibility timeout, hides them again."""

    def __init__(self, queue: Hides, *, visibility: int, clock: Callable[[], float] = time.monotonic) -> None:
        """``visibility`` is the queue's own, in seconds."""
        self._queue = queue
        self._visibility = visibility
        self._clock = clock
        self._lock = threading.Lock()
        self._held: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._held)

    @property
    def interval(self) -> float:
        """Seconds from one extension to the next: two may fail before a message shows up again."""
        return max(0.2, self._visibility / 3)

    @contextmanager
    def hold(self, receipts: Iterable[str]) -> Iterator[None]:
        """Hold the messages with these receipts for as long as the block takes."""
        since = dict.fromkeys(receipts, self._clock())
        with self._lock:
            self._held |= since
        try:
            yield
        finally:
            # Under the lock: an extension under way would hide what is given back after this.
            with self._lock:
                for receipt in since:
                    self._held.pop(receipt, None)

    def extend(self) -> None:
        """Hide everything that is held for another visibility timeout from now."""
        with self._lock:
            now = self._clock()
            self._queue.hide(
                [(receipt, self._visibility) for receipt, since in self._held.items() if now - since < _LONGEST_HOLD]
            )

    def extend_until(self, done: threading.Event) -> None:
        """Extend at every interval until ``done``."""
        while not done.wait(self.interval):
            self.extend()
