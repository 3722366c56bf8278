"""What the CDK app read while it synthesized, so that its templates are made again when any of it changes.

``python -m patterns_infra.synth_inputs RECORD SCRIPT`` runs a script and writes the record: the files of the repository
that it opened or imported, and the folders that it listed, each with a hash. Python itself reports them, by its audit
events (https://docs.python.org/3/library/audit_events.html); no list of inputs is kept by hand.
"""

import hashlib
import json
import os
import runpy
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from patterns_infra.paths import LOCAL_STATE, REPOSITORY

__all__ = ["have_changed", "run_recorded"]

_OPENED = {"open", "os.listdir", "os.scandir"}
_PASSED_OVER = {"__pycache__", ".git", ".venv", ".nox", "node_modules", ".mypy_cache", ".ruff_cache", ".pytest_cache"}
_GONE = "gone"
_UNSTABLE = "changed while it was read"


def run_recorded(script: Path, record: Path, *, outdir: Path) -> None:
    """Run a script as ``__main__`` and write what it read of the repository; nothing is written when it fails.

    Args:
        script: the Python file.
        record: a JSON object of paths, relative to the repository, and hashes.
        outdir: where the script writes; what lies in it is no input.
    """
    began = time.time_ns()
    seen: set[str] = set()

    def note(event: str, arguments: tuple[object, ...]) -> None:
        if event in _OPENED and arguments and isinstance(arguments[0], str | bytes | os.PathLike):
            seen.add(os.path.abspath(os.fsdecode(arguments[0])))  # noqa: PTH100 - an audit hook is called for every file

    sys.addaudithook(note)
    sys.argv = [str(script)]
    try:
        runpy.run_path(str(script), run_name="__main__")
    except SystemExit as ended:
        if ended.code:
            raise
    seen.update(str(module.__file__) for module in list(sys.modules.values()) if getattr(module, "__file__", None))
    inputs = _inputs(map(Path, seen), outdir)
    hashes = {str(path.relative_to(REPOSITORY)): _hash(path, unchanged_since=began) for path in inputs}
    record.write_text(json.dumps(hashes, indent=1, sort_keys=True))


def have_changed(record: Mapping[str, str]) -> bool:
    """Whether any file or folder of a record differs from what it was."""
    return any(_hash(REPOSITORY / name) != known for name, known in record.items())


def _inputs(seen: Iterable[Path], outdir: Path) -> list[Path]:
    """Return what of it is an input: in the repository, and not made by a program."""
    made = (LOCAL_STATE, outdir)
    return sorted(
        path
        for path in seen
        if path.is_relative_to(REPOSITORY)
        and not any(path.is_relative_to(folder) for folder in made)
        and not _PASSED_OVER & set(path.relative_to(REPOSITORY).parts)
    )


def _hash(path: Path, *, unchanged_since: int | None = None) -> str:
    """Return a hash of a file's bytes or a folder's names.

    Args:
        path: the file or folder.
        unchanged_since: nanoseconds; what was changed later is not what was read, and gets a hash that never fits.
    """
    try:
        if unchanged_since is not None and path.is_file() and path.stat().st_mtime_ns >= unchanged_since:
            return _UNSTABLE
        content = "\0".join(_names(path)).encode() if path.is_dir() else path.read_bytes()
    except FileNotFoundError:
        return _GONE
    return hashlib.sha256(content).hexdigest()


def _names(folder: Path) -> list[str]:
    return sorted(x.name for x in folder.iterdir() if x.name not in _PASSED_OVER and not x.name.startswith("."))


if __name__ == "__main__":
    run_recorded(Path(sys.argv[2]), Path(sys.argv[1]), outdir=Path(os.environ["CDK_OUTDIR"]))
