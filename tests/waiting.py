"""Waiting for what happens a moment later, for no longer than needed."""

import time
from collections.abc import Callable
from typing import TypeVar

__all__ = ["eventually"]

_T = TypeVar("_T")


def eventually(look: Callable[[], _T], *, seconds: float, pause: float = 0.1) -> _T:
    """Call ``look`` until it returns something true, and return that.

    Raises:
        AssertionError: nothing true came in time; says what came last.
    """
    deadline = time.monotonic() + seconds
    while not (seen := look()):
        if time.monotonic() >= deadline:
            raise AssertionError(f"did not happen within {seconds:g} s; last seen: {seen!r}")
        time.sleep(pause)
    return seen
