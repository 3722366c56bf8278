"""Files that are written whole or not at all."""

import contextlib
from pathlib import Path

__all__ = ["write_atomically"]


def write_atomically(path: Path, text: str, *, private: bool = False) -> None:
    """Write a file so that a reader sees the old one or the new one, never a part; a private one is for its user."""
    aside = path.with_name(f".{path.name}.new")
    try:
        if private:
            # What an earlier write left might be anybody's to read.
            aside.unlink(missing_ok=True)
            aside.touch(mode=0o600, exist_ok=False)
        aside.write_text(text)
        aside.replace(path)
    finally:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)
