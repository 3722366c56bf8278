"""Where the pinned MiniStack differs from AWS and the patterns would notice: one function a difference.

Each function's docstring says what AWS does and what the emulator does. Each has a test in
``infra/tests/local`` that sees the difference in an uncorrected emulator, so that it fails, and the correction
can go, once a newer version behaves.
"""

PINNED = "1.5.33"


def apply_all() -> None:
    """Apply every correction; refuse any other version than the pinned one."""
