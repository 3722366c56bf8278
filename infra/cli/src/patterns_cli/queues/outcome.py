"""What became of a redrive, counted."""

from dataclasses import dataclass, field

__all__ = ["INTERRUPTED", "Outcome"]

INTERRUPTED = "interrupted"

_MOST_REASONS = 10


@dataclass(slots=True)
class Outcome:
    """Counts of messages.

    Attributes:
        found: in the dead-letter queue at the start, hidden ones among them, as SQS counted, or as many as were asked
            for by name.
        due: how many of them had to be moved; fewer are no success.
        moved: copied and then deleted, or moved by SQS.
        failed: refused by the destination; they are in the dead-letter queue still.
        passed_over: seen, and not to be moved.
        missing: asked for by name, and not there.
        copied_only: copied, but the original could not be deleted: they are there twice.
        stopped: why it ended early, empty when it came to its end.
        notes: what else a person should know, a line each.
    """

    found: int
    due: int = 0
    moved: int = 0
    failed: int = 0
    passed_over: int = 0
    missing: int = 0
    copied_only: int = 0
    stopped: str = ""
    notes: list[str] = field(default_factory=list)
    _reasons: list[str] = field(default_factory=list)

    @property
    def left(self) -> int:
        """How many of those found at the start are still in the dead-letter queue, those that failed among them."""
        return max(self.found - self.moved, self.failed)

    @property
    def tried(self) -> int:
        """How many messages were sent to the destination, whether or not it took them."""
        return self.moved + self.failed + self.copied_only

    @property
    def short(self) -> bool:
        """Whether fewer were moved than had to be, and nothing else says why."""
        return self._unharmed and self.moved < self.due

    @property
    def interrupted(self) -> bool:
        """Whether somebody asked for the early end."""
        return self.stopped == INTERRUPTED

    @property
    def complete(self) -> bool:
        """Whether everything was moved that had to be."""
        return self._unharmed and not self.short

    @property
    def _unharmed(self) -> bool:
        return not (self.failed or self.missing or self.copied_only or self.stopped)

    def refuse(self, message_id: str, reason: str) -> None:
        """Count a message that the destination does not take; the first reasons are kept."""
        self.failed += 1
        if len(self._reasons) < _MOST_REASONS:
            self._reasons.append(f"message {message_id}: {reason}")

    def lines(self) -> list[str]:
        """Return what a person should read about it, the counts last."""
        told = list(self._reasons)
        if self.failed > len(self._reasons):
            told.append(f"… and {self.failed - len(self._reasons)} more")
        if self.copied_only:
            told.append(f"{self.copied_only} were copied but not deleted, so they are in both queues")
        told += self.notes
        if self.stopped:
            told.append(f"stopped early: {self.stopped}")
        return [*told, f"{self.found} found, {self.moved} moved, {self.left} left, {self.failed} failed"]
