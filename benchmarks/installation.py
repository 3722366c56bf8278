"""Where the subjects run: one interpreter, one environment that holds what they need and nothing else.

As in Lambda, boto3 is there for all; the peers find their libraries next to it, our function brings its own in the
bundle that is also deployed. Everything is byte-compiled beforehand, in the way that bundles are.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.subjects import ENVIRONMENT, Subject
from patterns_infra.bundles import LambdaRuntime, build_bundle
from patterns_infra.paths import LOCAL_STATE, REPOSITORY

__all__ = ["Installation", "install"]

_HERE = Path(__file__).parent
_FOLDER = LOCAL_STATE / "benchmarks"
_MEASURED = (
    *("__init__.py", "asking.py", "in_process.py", "order_event.py", "stubbed_dynamodb.py", "peers"),
    *(f"asynchronous/{name}.py" for name in ("__init__", "booking", "in_memory", "messages", "tables")),
)
"""What of this package runs in the measured processes."""
_COMPILED = "unchecked-hash"
_NO_BYTE_CODE = shutil.ignore_patterns("__pycache__")


@dataclass(frozen=True, slots=True)
class Installation:
    """An interpreter, and the two folders that stand for ``/var/task``."""

    python: Path
    peers: Path
    ours: Path

    def command(self, subject: Subject, mode: str, *rest: str) -> list[str]:
        """Return the command that runs ``in_process`` for the subject, in a mode such as ``asking.warm``."""
        program = self.peers / "benchmarks" / "in_process.py"
        return [str(self.python), "-P", str(program), mode, subject.module, *rest]

    def environment(self, subject: Subject) -> dict[str, str]:
        """Return the subject's whole environment."""
        folders = (self.ours, self.peers) if subject.ours else (self.peers,)
        path = {"PATH": os.defpath, "PYTHONPATH": os.pathsep.join(map(str, folders))}
        return {**ENVIRONMENT, **subject.environment, **path}


def install(package: str = "patterns-web-api") -> Installation:
    """Make the environment, the peers' folder and the package's bundle; quick when they are there.

    Raises:
        BundleError: the bundle cannot be built.
        CalledProcessError: uv or the compiler failed; they say why.
    """
    environment = _FOLDER / "environment"
    _run(
        *(os.environ.get("UV") or "uv", "sync", "--quiet", "--locked", "--only-group", "peers", "--compile-bytecode"),
        *("--python", sys.executable),
        UV_PROJECT_ENVIRONMENT=str(environment),
        PYC_INVALIDATION_MODE=_COMPILED.replace("-", "_").upper(),
    )
    task = _FOLDER / "task"
    shutil.rmtree(task, ignore_errors=True)
    for name in _MEASURED:
        source, copy = _HERE / name, task / "benchmarks" / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, copy, ignore=_NO_BYTE_CODE) if source.is_dir() else shutil.copyfile(source, copy)
    python = environment / "bin" / "python"
    _run(str(python), "-m", "compileall", "-q", "--invalidation-mode", _COMPILED, str(task))
    ours = build_bundle(package, runtime=LambdaRuntime.on_this_machine())
    return Installation(python=python, peers=task, ours=ours.path)


def _run(*command: str, **environment: str) -> None:
    subprocess.run(command, cwd=REPOSITORY, env={**os.environ, **environment}, check=True)
