"""What is inside a Lambda bundle, such that the same input gives the same bytes."""

import hashlib
import os
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

from patterns_infra.lambda_runtime import LambdaRuntime
from patterns_infra.workspace import BundleError, run_uv

__all__ = ["archive", "byte_compile", "copy_sources", "digest", "install", "source_files"]

_NOT_NEEDED = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json", "WHEEL", "top_level.txt")
_NOT_READ = {"redoc.standalone.js"}
"""Files of fastapi-offline beside Swagger UI's: a third of a megabyte, zipped."""
_NEVER_READ = ("aws_lambda_powertools/event_handler/openapi/swagger_ui/*.min.*",)
"""Assets of a page that no function serves: 0.4 MB of every zip file."""
_NOT_SHIPPED = {"__pycache__", "testing"}


def install(requirements: str, content: Path, *, runtime: LambdaRuntime) -> None:
    """Install locked wheels for the runtime's platform, checked against their hashes, and strip them."""
    locked = content.parent / "requirements.txt"
    locked.write_text(requirements)
    foreign = ("--python-platform", runtime.platform) if runtime.platform else ()
    python = ("--python", str(runtime.interpreter)) if runtime.interpreter else ()
    run_uv(
        *("pip", "install", "--target", str(content), "--requirements", str(locked), "--no-deps"),
        *("--require-hashes", "--only-binary", ":all:", "--link-mode", "copy"),
        *("--python-version", runtime.python, *foreign, *python),
    )
    locked.unlink()
    _strip(content)


def _strip(content: Path) -> None:
    """Remove what is never imported; licences and METADATA stay, since programs ask for versions at run time."""
    shutil.rmtree(content / "bin", ignore_errors=True)
    for asset in (file for pattern in _NEVER_READ for file in content.glob(pattern)):
        asset.unlink()
    (content / ".lock").unlink(missing_ok=True)
    for path in sorted(content.rglob("*"), reverse=True):
        if path.is_dir() and (path.name == "__pycache__" or _is_tests(path, content)):
            shutil.rmtree(path)
        elif (
            path.suffix == ".pyi"
            or path.name in _NOT_READ
            or (path.parent.suffix == ".dist-info" and path.name in _NOT_NEEDED)
        ):
            path.unlink()


def _is_tests(path: Path, content: Path) -> bool:
    return path.parent != content and path.name in {"tests", "test"}


def source_files(source: Path) -> Iterator[Path]:
    """Yield a member's files that are shipped, in one order: no byte code, no fakes for tests."""
    for path in sorted(source.rglob("*")):
        if path.is_file() and not _NOT_SHIPPED & set(path.relative_to(source).parts):
            yield path


def copy_sources(source: Path, content: Path) -> None:
    """Copy a member's shipped files."""
    for path in source_files(source):
        copy = content / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)


def byte_compile(content: Path, interpreter: Path) -> None:
    """Compile in one process, in one order, with a fixed hash seed: marshalled sets depend on it.

    The code is ``unchecked-hash``: Lambda's zip files carry a time of 1980, which would make timestamped code stale.
    """
    command = [str(interpreter), "-S", "-m", "compileall", "-q", "-j", "1", "--invalidation-mode", "unchecked-hash"]
    done = subprocess.run(
        [*command, "-s", str(content), "-p", "/var/task", str(content)],
        env={"PYTHONHASHSEED": "0", "PATH": os.environ.get("PATH", "")},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        reason = " ".join((done.stdout + done.stderr).split())[-500:]
        raise BundleError(f"byte-compiling failed: {reason}")


def archive(content: Path, file: Path) -> None:
    """Write the zip file: one order, one time, one mode."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as zipped:
        for path in _files(content):
            entry = zipfile.ZipInfo(path.relative_to(content).as_posix(), (1980, 1, 1, 0, 0, 0))
            entry.external_attr = 0o100644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            zipped.writestr(entry, path.read_bytes())


def digest(content: Path) -> str:
    """Return the SHA-256 of all names and contents."""
    total = hashlib.sha256()
    for path in _files(content):
        name = path.relative_to(content).as_posix()
        total.update(f"{name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


def _files(content: Path) -> list[Path]:
    return sorted(path for path in content.rglob("*") if path.is_file())
