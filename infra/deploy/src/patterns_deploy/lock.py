"""One command at a time changes a checkout's platform; the next one waits and says for whom."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from patterns_deploy.errors import PlatformBusy

__all__ = ["exclusive"]

_POLL = 0.1


@contextmanager
def exclusive(path: Path, *, seconds: float, waiting: Callable[[str], None]) -> Iterator[None]:
    """Hold the lock file. The system frees it when its holder dies, however it dies.

    Args:
        path: the lock file.
        seconds: how long to wait for another holder.
        waiting: told once, in one line, who holds it.

    Raises:
        PlatformBusy: the other holder took longer.
    """
    with path.open("a+") as file:
        deadline = time.monotonic() + seconds
        told = False
        while not _try_lock(file.fileno()):
            holder = f"another patterns command (process {_holder(path)}) is at work in this checkout"
            if time.monotonic() >= deadline:
                raise PlatformBusy(f"{holder}; gave up after {seconds:g} s")
            if not told:
                waiting(f"{holder}; waiting for it")
                told = True
            time.sleep(_POLL)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(path: Path) -> str:
    return path.read_text().strip() or "unknown"
