"""What the state machine reads of a plan: a few figures, and lists that a distributed map reads by itself.

A state's result may have 256 KiB, and a manifest with a thousand shards is longer.
"""

import json
from collections.abc import Mapping, Sequence

from patterns_batch.application.run_keys import RunKeys
from patterns_batch.errors import BadInput
from patterns_batch.manifest import Manifest, Shard, Source

__all__ = ["check_shards", "machine_files"]


def machine_files(manifest: Manifest) -> Mapping[str, bytes]:
    """Return the files by key. They follow from the manifest: a try again writes the same."""
    keys, shards, groups = RunKeys(manifest.run), len(manifest.shards), len(manifest.groups)
    plan = {
        "report": manifest.report,
        "shards": shards,
        "groups": groups,
        "disk": manifest.disk_gib,
        "merge_disk": manifest.merge_disk_gib,
    }
    files = {keys.plan: plan, keys.shards: _items(shards), keys.groups: _items(groups)}
    return {key: json.dumps(content).encode() + b"\n" for key, content in files.items()}


def _items(count: int) -> list[dict[str, int]]:
    """Return what a map's iterations are given: an object each, since an item of a distributed map is one."""
    return [{"number": number} for number in range(count)]


def check_shards(source: Source, shards: Sequence[Shard], *, limit: int) -> None:
    """Refuse more shards than the state machine can run.

    Raises:
        BadInput: with both figures, and what to set.
    """
    if len(shards) > limit:
        raise BadInput(
            f"makes {len(shards)} shards, and the state machine runs at most {limit}: lower MAX_SHARDS, or deploy with "
            "shard_map=distributed if it is inline now",
            file=source.address,
        )
