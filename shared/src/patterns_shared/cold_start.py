"""What makes the first answer of a new Lambda environment come sooner."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["collector_paused"]


@contextmanager
def collector_paused() -> Iterator[None]:
    """Import and build without the garbage collector.

    It would look dozens of times through modules and classes that are there to stay. What was made meanwhile is left
    out of its later rounds too.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if enabled:
            gc.enable()
