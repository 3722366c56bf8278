"""How long a container that ended waits before it is started again."""

from dataclasses import dataclass

__all__ = ["Backoff"]

_FIRST_SECONDS = 1.0
"""A kubelet's is 10 s; on a machine that somebody watches, waiting shows nothing that the first second does not."""
_LONGEST_SECONDS = 300.0
_FORGOTTEN_AFTER_SECONDS = 600.0


@dataclass(slots=True)
class Backoff:
    """At once the first time, then twice as long each time, as a kubelet does; a long run is forgiven."""

    _next: float = 0.0

    def after(self, ran_for: float) -> float:
        """Return the pause in seconds after a run that took so long."""
        if ran_for >= _FORGOTTEN_AFTER_SECONDS:
            self._next = 0.0
        return self.after_failure()

    def after_failure(self) -> float:
        """Return the pause after one more failure."""
        pause = self._next
        self._next = min(self._next * 2, _LONGEST_SECONDS) or _FIRST_SECONDS
        return pause
