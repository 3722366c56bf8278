"""The scratch disk of a step, and what is said when it is full: how large it has to be."""

import errno
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from patterns_batch.application.disk import GIB, gib
from patterns_batch.errors import BadInput
from patterns_batch.settings import MOST_GIB

__all__ = ["ScratchDisk"]

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_OF_THE_ENGINE = ("No space left on device", "Disk quota exceeded", "'max_temp_directory_size'")
"""What the engine's errors say of a full disk; the last is its own limit, nine tenths of what was free at first."""
_RESERVE = 1.1


class ScratchDisk:
    """Watches over one step's folder."""

    def __init__(self, folder: Path, planned_gib: int = 0) -> None:
        """``planned_gib`` is what the run's plan asked for, as far as there is a plan."""
        self._folder, self._planned = folder, planned_gib * GIB
        self._others = shutil.disk_usage(folder).used
        self._base, self._share = 0, 0.0

    @contextmanager
    def filled_by(self, share: Callable[[], float]) -> Iterator[None]:
        """Do work that fills the disk evenly; ``share`` tells how much of it is done, from 0 to 1."""
        base = shutil.disk_usage(self._folder).used - self._others
        try:
            yield
        except BaseException:
            self._base, self._share = base, share()
            raise

    @contextmanager
    def refusing_when_full(self) -> Iterator[None]:
        """Turn a full disk into the reason that names the size that is needed: no later try finds more room.

        Raises:
            BadInput: the disk is full.
        """
        try:
            yield
        except (OSError, duckdb.Error) as error:
            if not _means_full(error):
                raise
            raise BadInput(self._reason()) from error

    def _reason(self) -> str:
        total = shutil.disk_usage(self._folder).total
        needed = gib(max(self._planned, _RESERVE * self._needed(total), total + 1))
        has = f"the scratch disk is full: it has {total / GIB:.1f} GiB, and this step needs about {needed} GiB"
        if needed > MOST_GIB:
            return f"{has}, more than the {MOST_GIB} that a task on Fargate can have: split the input"
        return f"{has}: deploy with task_disk_gib={needed}, or free as much where the program runs"

    def _needed(self, total: int) -> float:
        """Return the bytes of all work, by what its done share took; without a share twice as much as there is."""
        own = total - self._others - self._base
        return self._others + self._base + own / self._share if self._share else 2 * total


def _means_full(error: OSError | duckdb.Error) -> bool:
    if isinstance(error, OSError):
        return error.errno in _FULL
    return any(text in str(error) for text in _OF_THE_ENGINE)
