"""The emulator's own Python environment: it pins its own botocore, so it cannot share the workspace's.

Made by uv from the lock file beside the launcher, with the Python that runs this command, because the
emulator runs Lambda functions on its own interpreter. A stamp makes the second time free and offline.
"""

import hashlib
import os
import shutil
import sys
from pathlib import Path

from patterns_deploy.errors import EnvironmentFailed
from patterns_deploy.folder import LocalFolder
from patterns_deploy.lock import exclusive
from patterns_deploy.runner import CommandFailed, Runner
from patterns_infra.tool_environment import tool_environment

__all__ = ["interpreter", "prepare_environment", "uv_command"]

_SECONDS = 600.0


def prepare_environment(folder: LocalFolder, runner: Runner) -> Path:
    """Return the environment's interpreter, after making the environment if it is missing or outdated.

    Raises:
        EnvironmentFailed: uv is missing or could not install what is locked.
    """
    venv = folder.emulator_venv
    python = venv / "bin" / "python"
    if _is_current(folder, python):
        return python
    venv.parent.mkdir(parents=True, exist_ok=True)
    with exclusive(venv.with_name("venv.lock"), seconds=_SECONDS, waiting=lambda _: None):
        if not _is_current(folder, python):
            _sync(folder, runner)
            _stamp(folder).write_text(_fingerprint(folder))
    return python


def uv_command() -> str:
    """Return uv's path.

    Raises:
        EnvironmentFailed: it is not installed.
    """
    found = os.environ.get("UV") or shutil.which("uv")
    if not found:
        raise EnvironmentFailed("uv is not on PATH; it is the one program that must be installed (pip install uv)")
    return found


def _sync(folder: LocalFolder, runner: Runner) -> None:
    command = [
        *(uv_command(), "sync", "--locked", "--no-config", "--project", str(folder.emulator_project)),
        *("--python", interpreter(), "--no-python-downloads", "--no-progress"),
    ]
    environment = tool_environment() | {"UV_PROJECT_ENVIRONMENT": str(folder.emulator_venv)}
    try:
        runner.run(command, environment=environment, folder=folder.root, seconds=_SECONDS)
    except CommandFailed as failed:
        raise EnvironmentFailed(f"uv could not install the emulator: {failed}", detail=failed.detail) from failed


def _is_current(folder: LocalFolder, python: Path) -> bool:
    try:
        return python.exists() and _stamp(folder).read_text() == _fingerprint(folder)
    except OSError:
        return False


def _stamp(folder: LocalFolder) -> Path:
    return folder.emulator_venv / "patterns.stamp"


def _fingerprint(folder: LocalFolder) -> str:
    """Identify what the environment is made of: the locked packages and this very interpreter."""
    locked = hashlib.sha256((folder.emulator_project / "uv.lock").read_bytes()).hexdigest()
    return f"{locked}\n{interpreter()}\n{sys.version}\n"


def interpreter() -> str:
    """Return the interpreter below this process's virtual environment, which may be thrown away at any time."""
    return str(Path(sys.base_prefix, "bin", f"python{sys.version_info.major}.{sys.version_info.minor}"))
