"""What a Lambda bundle is built for: a Python, an architecture, and an interpreter that compiles for it."""

import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from patterns_infra.settings import Settings
from patterns_infra.tool_environment import tool_environment
from patterns_infra.workspace import BundleError, run_uv

__all__ = ["LambdaRuntime"]


@dataclass(frozen=True, slots=True)
class LambdaRuntime:
    """What a bundle is built for.

    Attributes:
        python: ``3.13``.
        architecture: ``arm64`` or ``x86_64``.
        platform: uv's name of a foreign platform; ``None`` is this machine.
        interpreter: a Python of that version here, which compiles the byte code; ``None`` leaves it out.
    """

    python: str
    architecture: str
    platform: str | None
    interpreter: Path | None

    @classmethod
    def of(cls, settings: Settings) -> "LambdaRuntime":
        """The runtime of a deployment's target."""
        return cls.on_aws() if settings.on_aws else cls.on_this_machine()

    @classmethod
    def on_aws(cls) -> "LambdaRuntime":
        """Graviton and Python 3.13; any Python 3.13 of this machine makes the same byte code."""
        return cls("3.13", "arm64", "aarch64-manylinux_2_28", _interpreter("3.13"))

    @classmethod
    def on_this_machine(cls) -> "LambdaRuntime":
        """The Python that runs this command, which also runs the local platform."""
        python = f"{sys.version_info.major}.{sys.version_info.minor}"
        architecture = "arm64" if platform.machine().lower() in {"arm64", "aarch64"} else "x86_64"
        return cls(python, architecture, None, Path(sys.executable))

    @property
    def compiler(self) -> str:
        """Which interpreter compiles, to the patch release; empty when none does."""
        return _full_version(self.interpreter) if self.interpreter else ""


@cache
def _interpreter(python: str) -> Path | None:
    """Return a Python of that version on this machine; uv does not look where pyenv keeps its own."""
    versions = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    for found in sorted(versions.glob(f"{python}*/bin/python{python}")):
        return found
    try:
        found = Path(run_uv("python", "find", "--no-python-downloads", "--no-project", "--system", python).strip())
    except BundleError:
        return None
    return found if found.is_file() else None


@cache
def _full_version(interpreter: Path) -> str:
    if interpreter == Path(sys.executable):
        return sys.version
    return subprocess.run(
        [str(interpreter), "-S", "-c", "import sys; print(sys.version)"],
        env=tool_environment(),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
