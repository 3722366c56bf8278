"""Pointers: one object, written last, that names the files of a complete result, so that no reader sees a part."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from patterns_batch.application.ports import Objects

__all__ = ["NamedFile", "digest_of", "fetch", "read_pointer", "upload", "write_pointer"]

_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file of a finished whole: its key, the SHA-256 of its bytes in hex, and how many they are."""

    key: str
    sha256: str
    size: int


def upload(objects: Objects, key: str, path: Path) -> NamedFile:
    """Put a file, and return how a pointer names it."""
    objects.upload(key, path)
    return NamedFile(key, digest_of(path), path.stat().st_size)


def write_pointer(objects: Objects, key: str, files: Mapping[str, NamedFile], *, once: bool, **facts: object) -> bytes:
    """Put the pointer; with ``once`` a pointer that is there already stays. Return the pointer's text."""
    named = {name: {"key": file.key, "sha256": file.sha256, "size": file.size} for name, file in files.items()}
    text = json.dumps({**facts, "files": named}, indent=1, ensure_ascii=False).encode() + b"\n"
    if once:
        objects.create(key, text)
    else:
        objects.write(key, text)
    return text


def read_pointer(objects: Objects, key: str) -> tuple[dict[str, NamedFile], dict[str, Any]] | None:
    """Return the files and the facts that a pointer tells; None when there is no pointer."""
    text = objects.read(key)
    if text is None:
        return None
    facts = json.loads(text)
    return {name: NamedFile(**file) for name, file in facts.pop("files").items()}, facts


def fetch(objects: Objects, files: Mapping[str, NamedFile], folder: Path, names: Iterable[str] | None = None) -> None:
    """Write the files (or those of these names) into a folder, each under its name.

    Raises:
        ValueError: a file is not what the pointer says.
    """
    for name in files if names is None else names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        objects.download(files[name].key, path)
        if digest_of(path) != files[name].sha256:
            raise ValueError(f"{files[name].key} is not the file that its pointer names")


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    digest = sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()
