"""What a stack is made of, as one digest: the same digest means that synthesizing again changes nothing."""

import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from patterns_infra.paths import REPOSITORY
from patterns_infra.registry import Pattern
from patterns_infra.settings import Settings

__all__ = ["source_digest"]

_INFRA = REPOSITORY / "infra"
_WITHOUT_EFFECT = {"__pycache__", "tests", "demo", "commands", "local"}
"""Folders that no template and no bundle depends on."""


def source_digest(pattern: Pattern, settings: Settings) -> str:
    """Return the digest of everything that a pattern's stack, bundles and fixups are made from."""
    digest = hashlib.sha256(json.dumps([sys.version, settings.context()], sort_keys=True).encode())
    for path in _files(pattern):
        digest.update(f"{path.relative_to(REPOSITORY)}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def _files(pattern: Pattern) -> Iterator[Path]:
    yield REPOSITORY / "uv.lock"
    for path in (_INFRA / "app.py", _INFRA / "cdk.json"):
        if path.is_file():
            yield path
    for folder in (_INFRA / "src", REPOSITORY / "shared" / "src", REPOSITORY / "patterns" / pattern.name):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not _WITHOUT_EFFECT & set(path.relative_to(folder).parts):
                yield path
