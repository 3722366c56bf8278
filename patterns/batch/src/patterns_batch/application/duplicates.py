"""One order id in two places of a file, perhaps of two shards: found without holding all ids in memory.

Each shard leaves a 64-bit hash of every order id beside its first row. Hashes that come twice are few; their rows are
read again, to see whether the ids are really the same, and what was counted for the later ones is taken back.
"""

from collections.abc import Sequence
from pathlib import Path

from patterns_batch.application.sources import Sources
from patterns_batch.application.workplace import Workplace
from patterns_batch.engine import repeats
from patterns_batch.engine.totals import Totals
from patterns_batch.manifest import Manifest

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
    for shard in manifest.shards:
        if repeats.touches(place.database, shard.rows if shard.rows != (0, 0) else None):
            sources.open(place, manifest, shard)
            repeats.read_again(place.database)
    return repeats.take_back(place.database, totals, listed=manifest.rejects_listed)
