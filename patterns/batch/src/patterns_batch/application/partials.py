"""Partials: sums of a shard, or of a group of shards, put aside under one pointer, and added up again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from patterns_batch.application.pointers import NamedFile, digest_of, fetch, read_pointer, upload
from patterns_batch.application.ports import Objects
from patterns_batch.application.workplace import Workplace
from patterns_batch.engine import customers, files
from patterns_batch.engine.totals import Totals
from patterns_batch.errors import TryAgain

__all__ = ["PartDone", "add_partial", "done_before", "upload_partial"]

_NAMES = "names.parquet"
_SUMS = (*files.FILES, _NAMES)


@dataclass(frozen=True, slots=True)
class PartDone:
    """What a shard, or a group of shards, came to; ``fresh`` unless an earlier try had finished it."""

    read: int
    bad: int
    fresh: bool


def done_before(objects: Objects, pointer: str) -> PartDone | None:
    """Return what an earlier try came to; None when none has finished."""
    found = read_pointer(objects, pointer)
    return PartDone(found[1]["read"], found[1]["bad"], fresh=False) if found else None


def upload_partial(
    objects: Objects, place: Workplace, totals: Totals, key: Callable[[str], str]
) -> dict[str, NamedFile]:
    """Put the sums and the customers' names aside, and return how a pointer names them; ``key`` is where a file goes.

    Named by what is in them: tries at the same time, of a table that changes meanwhile, do not mix.
    """
    folder = place.made("partial")
    files.save(place.database, totals, folder)
    customers.write_names(place.database, folder / _NAMES)
    aside = sha256("".join(digest_of(folder / name) for name in _SUMS).encode()).hexdigest()[:16]
    return {name: upload(objects, key(f"{aside}/{name}"), folder / name) for name in _SUMS}


def add_partial(
    objects: Objects, place: Workplace, totals: Totals, pointer: str, what: str
) -> tuple[Path, Mapping[str, NamedFile]]:
    """Add what a pointer names to the sums and names, and return its folder and its other files, not fetched.

    Raises:
        TryAgain: there is no pointer: ``what`` is not done.
    """
    found = read_pointer(objects, pointer)
    if found is None:
        raise TryAgain(f"{what} is not done")
    folder = place.made(what.replace(" ", "-"))
    fetch(objects, found[0], folder, _SUMS)
    files.load(place.database, totals, folder)
    customers.read_names(place.database, folder / _NAMES)
    for name in _SUMS:
        (folder / name).unlink()
    return folder, {name: file for name, file in found[0].items() if name not in _SUMS}
