"""Faults at a chosen call: refused, answered but not heard, a crash before or after, or another worker in between.

Every effect of the whole (a write to a table, a message sent, received, hidden or deleted, a mail, a call of the
partner) goes through `Faults.call`, so that a schedule can place a fault between any two of them.
"""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from typing import TypeVar

__all__ = ["Crash", "Fault", "Faults"]

_T = TypeVar("_T")


class Crash(BaseException):
    """The process died. No program under test catches it, as none catches a SIGKILL."""


class Fault(StrEnum):
    """What happens at a call."""

    NONE = "none"
    REFUSED = "refused"
    """The caller gets an error, and nothing was done. A call about many entries does the first half of them."""
    LOST = "lost"
    """Everything was done, and the caller gets an error."""
    CRASH_BEFORE = "crash before"
    CRASH_AFTER = "crash after"
    MEANWHILE = "meanwhile"
    """Another worker of the same kind takes its whole turn before this call is made, with the same messages."""


class Faults:
    """Lets calls through; one of the current turn, or all of a service that is down, meet a fault.

    ``met`` counts the faults that were met, by kind.
    """

    def __init__(self) -> None:
        """Start without any."""
        self.down: set[str] = set()
        self.met: Counter[Fault] = Counter()
        self._at = 0
        self._fault = Fault.NONE
        self._meanwhile: Callable[[], None] = lambda: None

    def turn(
        self,
        run: Callable[[], None],
        fault: Fault = Fault.NONE,
        at: int = 0,
        *,
        meanwhile: Callable[[], None] | None = None,
    ) -> None:
        """Run a turn in which the call number ``at`` (from 1) meets the fault; a crash ends the turn and no more.

        ``meanwhile`` is the turn of another worker, the same turn by default.
        """
        self._at, self._fault, self._meanwhile = at, fault, meanwhile or run
        with suppress(Crash):
            run()
        self._fault = Fault.NONE

    def next(self, service: str) -> Fault:
        """Return the fault that the next call of this service meets; a fake with entries of its own asks for itself.

        Raises:
            Crash: that is the fault.
        """
        if self._fault is not Fault.NONE:
            self._at -= 1
            if self._at == 0:
                fault, self._fault = self._fault, Fault.NONE
                self.met[fault] += 1
                if fault is Fault.CRASH_BEFORE:
                    raise Crash
                if fault is not Fault.MEANWHILE:
                    return fault
                self._meanwhile()
        return Fault.REFUSED if service in self.down else Fault.NONE

    def call(self, service: str, effect: Callable[[], _T], error: Callable[[], Exception]) -> _T:
        """Make the call, and return its answer, or raise what its caller gets."""
        fault = self.next(service)
        if fault is Fault.REFUSED:
            raise error()
        result = effect()
        if fault is Fault.LOST:
            raise error()
        if fault is Fault.CRASH_AFTER:
            raise Crash
        return result

    def stop(self) -> None:
        """End all faults."""
        self.down.clear()
        self._fault = Fault.NONE
