"""An execution's steps as plain lines: one for each, when it has ended."""

from collections.abc import Callable

__all__ = ["StepLines"]


class StepLines:
    """Shows a `Story` where there are no bars: in logs and pipes, and between other lines."""

    def __init__(self, say: Callable[[str], None]) -> None:
        """Say the lines there."""
        self._say = say

    def begin(self, step: str, total: int | None) -> None:
        """Show nothing: the step's one line has its time."""

    def advance(self, step: str, done: int, note: str) -> None:
        """Show nothing, as above."""

    def end(self, step: str, seconds: float, note: str) -> None:
        """Say how long it took."""
        self._say(f"{seconds:8.1f} s  {step}{f' ({note})' if note else ''}")

    def fail(self, step: str) -> None:
        """Name the step that failed."""
        self._say(f"{'failed':>10}  {step}")

    def say(self, line: str) -> None:
        """Say the line."""
        self._say(line)
