"""Whether an object in the cluster still is as it was right after it was applied. Pure.

It is compared with that, and not with its manifest: what the cluster itself writes differently, or a webhook rewrites,
is no drift, and can start no endless repair.
"""

import json
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

__all__ = ["fingerprint", "mark_of", "version_of"]


def fingerprint(value: object) -> bytes:
    """Return a short digest of JSON values; eight bytes instead of kilobytes for each of some thousand objects."""
    return blake2b(json.dumps(value, sort_keys=True).encode(), digest_size=8).digest()


def mark_of(live: dict[str, Any]) -> bytes:
    """Return a digest that stays the same for as long as nothing changed in the object but its status and annotations.

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
