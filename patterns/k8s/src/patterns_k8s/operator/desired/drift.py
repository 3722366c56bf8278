"""Whether an object in the cluster still is what was applied. Pure.

The cluster adds defaults, and others add fields of their own; both are none of the operator's business. So an object is
compared only in what its manifest names, and with how it looked right after it was applied: what the cluster itself
writes differently is no drift, and can start no endless repair.
"""

import json
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

__all__ = ["fingerprint", "mark_of", "named_in", "version_of"]


def fingerprint(value: object) -> bytes:
    """Return a short digest of JSON values; eight bytes instead of kilobytes for each of some thousand objects."""
    return blake2b(json.dumps(value, sort_keys=True).encode(), digest_size=8).digest()


def mark_of(live: dict[str, Any]) -> bytes:
    """Return a digest that stays the same for as long as nothing changed in the object that a manifest names.

    A spec has a generation; an object without one is another with every version. What only a status tells is no change.
    """
    metadata = live["metadata"]
    changes = metadata.get("generation") or metadata["resourceVersion"]
    return fingerprint([metadata.get("uid"), changes, metadata.get("labels"), metadata.get("ownerReferences")])


def version_of(live: Mapping[str, Any]) -> int:
    """Return the version of an object: of two of one kind, the later one has the greater number.

    https://www.kubernetes.dev/resources/keps/5504/
    """
    return int(live["metadata"]["resourceVersion"])


def named_in(manifest: Any, live: Any) -> Any:  # noqa: ANN401 - JSON
    """Return the part of the live object that the manifest names. A list of another length is named as a whole."""
    if isinstance(manifest, dict) and isinstance(live, dict):
        return {key: named_in(part, live.get(key)) for key, part in manifest.items()}
    if isinstance(manifest, list) and isinstance(live, list) and len(manifest) == len(live):
        return [named_in(part, found) for part, found in zip(manifest, live, strict=True)]
    return live
