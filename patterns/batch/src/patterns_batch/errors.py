"""Why a step ends without its work done, and what that means for its caller.

::

    BatchError
    ├── BadInput        exit 2: no later try can succeed; names file, row and column where there are any
    │   └── NoRows      a file is sound and has no rows: not bad where other files have some
    └── TryAgain        exit 75: the next try goes on from what this one kept
        └── Stopped     the container was asked to end (SIGTERM)

Anything else is a bug, and exits 1.
"""

__all__ = ["BadInput", "BatchError", "NoRows", "Stopped", "TryAgain"]


class BatchError(Exception):
    """Base of every error that a step raises on purpose; ``exit_code`` is the process's (sysexits.h has 75)."""

    exit_code = 1


class BadInput(BatchError):
    """What the step was given cannot be worked with. Never quotes a value: values may be personal."""

    exit_code = 2

    def __init__(
        self, reason: str, *, file: str | None = None, row: int | None = None, column: str | None = None
    ) -> None:
        """Say what is wrong, and where; rows are counted from 1."""
        places = [file, None if row is None else f"row {row}", None if column is None else f"column {column}"]
        place = ", ".join(part for part in places if part)
        super().__init__(f"{place}: {reason}" if place else reason)
        self.reason, self.file, self.row, self.column = reason, file, row, column


class NoRows(BadInput):
    """A file has no rows."""


class TryAgain(BatchError):
    """The same step may succeed a little later."""

    exit_code = 75


class Stopped(TryAgain):
    """The container is being stopped; what was done so far is kept."""
