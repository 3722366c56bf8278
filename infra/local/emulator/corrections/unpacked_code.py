"""Where a function's code is unpacked.

On AWS an environment has its code before it starts. The emulator unpacks the archive again for each environment that
it starts, inside its own process: a thousand small files, each of which waits for the interpreter's lock several
times. While requests are being answered that takes ten seconds and more, and slows the answers down.

Corrected: an archive is unpacked once, by a process of its own, and every environment gets a link to it. Nothing
writes there: on AWS, too, code is read-only and shared by nobody who would notice.
"""

import hashlib
import subprocess
import sys
import tempfile
import threading
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ministack.core import lambda_runtime

__all__ = ["correct"]

_SECONDS = 60.0
_one_at_a_time = threading.Lock()


def correct() -> None:
    """Give the emulator's environments links to code that is unpacked once."""
    names: dict[str, Any] = {name: getattr(zipfile, name) for name in zipfile.__all__}
    setattr(lambda_runtime, "zipfile", SimpleNamespace(**names | {"ZipFile": _CodeArchive}))  # noqa: B010 - a module there


class _CodeArchive(zipfile.ZipFile):
    """An archive that becomes a link when it is unpacked as a function's code, and else is any other archive."""

    def extractall(self, path: Any = None, members: Any = None, pwd: Any = None) -> None:
        archive = Path(str(self.filename))
        if archive.name != "code.zip" or path is None or members is not None:
            super().extractall(path, members, pwd)
            return
        code = Path(path)
        code.rmdir()
        code.symlink_to(_unpacked(archive), target_is_directory=True)


def _unpacked(archive: Path) -> Path:
    with archive.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    folder = Path(tempfile.gettempdir()) / f"code-{digest[:32]}"
    with _one_at_a_time:
        if not folder.exists():
            aside = folder.with_suffix(".new")
            command = [sys.executable, "-I", "-m", "zipfile", "-e", str(archive), str(aside)]
            subprocess.run(command, check=True, capture_output=True, timeout=_SECONDS)
            aside.rename(folder)
    return folder
