"""One order id in two places of a file, or in two files: found without holding all ids in memory.

Each shard leaves a 64-bit hash of every order id, with its first row. Hashes that come twice are few; their rows are
read again, to see whether the ids are really the same, and what was counted for the later ones is taken back.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from patterns_batch.application.sources import Sources
from patterns_batch.application.workplace import Workplace
from patterns_batch.engine import repeats
from patterns_batch.engine.totals import Totals
from patterns_batch.manifest import FilesSource, Manifest

__all__ = ["take_back_duplicates"]


def take_back_duplicates(
    place: Workplace, manifest: Manifest, totals: Totals, sources: Sources, ids: Sequence[Path]
) -> bool:
    """Count all orders but the first of each id as bad rows; return whether there were any.

    Raises:
        BadInput: the input is no longer what it was.
        Stopped: the container is being stopped.
    """
    if not ids or not repeats.find(place.database, ids):
        return False
    source = manifest.source
    assert isinstance(source, FilesSource)  # noqa: S101 - for the type checker; only files have ids
    parts = [part for shard in manifest.shards for part in shard.parts]
    touched = repeats.touched(place.database, sorted(part.place for part in parts))
    for shard in manifest.shards:
        again = tuple(part for part in shard.parts if part.place in touched)
        if again:
            sources.open(place, manifest, replace(shard, parts=again))
            repeats.read_again(place.database)
    files = [file.address for file in source.files]
    return repeats.take_back(place.database, totals, files=files, listed=manifest.rejects_listed)
