"""Whether an object in the cluster still is what was applied. Pure.

The cluster adds defaults, and others add fields of their own; both are none of the operator's business. So an object is
compared only in what its manifest names, and with how it looked right after it was applied: what the cluster itself
writes differently is no drift, and can start no endless repair.
"""

import json
from hashlib import blake2b
from typing import Any

__all__ = ["fingerprint", "named_in"]


def fingerprint(value: object) -> bytes:
    """Return a short digest of JSON values; eight bytes instead of kilobytes for each of some thousand objects."""
    return blake2b(json.dumps(value, sort_keys=True).encode(), digest_size=8).digest()


def named_in(manifest: Any, live: Any) -> Any:  # noqa: ANN401 - JSON
    """Return the part of the live object that the manifest names. A list of another length is named as a whole."""
    if isinstance(manifest, dict) and isinstance(live, dict):
        return {key: named_in(part, live.get(key)) for key, part in manifest.items()}
    if isinstance(manifest, list) and isinstance(live, list) and len(manifest) == len(live):
        return [named_in(part, found) for part, found in zip(manifest, live, strict=True)]
    return live
