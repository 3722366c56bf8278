"""Ctrl-C as a request to come to an end, so that no message is caught between its copy and its deletion."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Self

__all__ = ["Interrupts"]


class Interrupts:
    """Turns the first Ctrl-C into a flag; a second one, or one where it does no harm, is Python's usual exception."""

    def __init__(self) -> None:
        """Begin with none."""
        self._requested = threading.Event()
        self._harmless = False

    @property
    def requested(self) -> bool:
        """Whether somebody asked for the end."""
        return self._requested.is_set()

    def pause(self, seconds: float) -> None:
        """Wait, but not longer than until somebody asks for the end."""
        self._requested.wait(seconds)

    @contextmanager
    def harmless(self) -> Iterator[None]:
        """Let Ctrl-C interrupt what is done inside, such as waiting for input.

        Raises:
            KeyboardInterrupt: somebody asked for the end.
        """
        self._harmless = True
        try:
            if self.requested:
                raise KeyboardInterrupt
            yield
        finally:
            self._harmless = False

    def __enter__(self) -> Self:
        """Take over; elsewhere than in the main thread nobody can be interrupted, and nothing changes."""
        self._before = None
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._take)
        return self

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _take(self, _number: int, _frame: FrameType | None) -> None:
        again = self.requested
        self._requested.set()
        if again or self._harmless:
            raise KeyboardInterrupt
