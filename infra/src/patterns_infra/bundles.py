"""Lambda bundles: a member's sources and its locked dependencies, built by uv alone, without Docker.

The same input gives the same bytes: no times, no installer files, no absolute paths, byte code that carries
the hash of nothing (``unchecked-hash``, since a zip's 1980 timestamps would make timestamped byte code stale).
A bundle is built aside and renamed into ``.local/bundles/<input hash>``, so an interrupted build leaves no half.

``python -m patterns_infra.bundles PACKAGE`` builds one for AWS and prints its size.
"""

import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from patterns_infra.paths import LOCAL_STATE, REPOSITORY
from patterns_infra.settings import Settings

__all__ = ["Bundle", "BundleError", "LambdaRuntime", "build_bundle"]

GIVEN_BY_LAMBDA = ("boto3", "botocore", "s3transfer", "jmespath", "python-dateutil", "six", "urllib3")
"""Distributions that every Python runtime of Lambda has; the local emulator's environment has them too."""
_NOT_NEEDED = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json", "WHEEL", "top_level.txt")
_NAME = re.compile(r"[A-Za-z0-9._-]+")
_RECIPE = 1
"""Raised when this module would make other bytes of the same input."""


class BundleError(Exception):
    """A bundle could not be built; the text is one line."""


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


@dataclass(frozen=True, slots=True)
class Bundle:
    """One built bundle.

    Attributes:
        path: the folder, as it is unpacked in Lambda.
        archive: the same as a zip file.
        runtime: what it was built for.
        version: of the package, with the digest's first characters, so that it tells the code apart.
        digest: SHA-256 of the files' names and contents.
        compiled: whether byte code is inside.
        size: of the archive, in bytes.
    """

    path: Path
    archive: Path
    runtime: LambdaRuntime
    version: str
    digest: str
    compiled: bool
    size: int


def build_bundle(package: str, *, runtime: LambdaRuntime, cache_dir: Path | None = None) -> Bundle:
    """Return the bundle of a workspace member, built unless the same input was built before.

    Raises:
        BundleError: uv is missing or failed; the text says how.
    """
    sources = _sources(package)
    requirements = _export(package)
    folder = (cache_dir or LOCAL_STATE / "bundles") / _input_hash(package, runtime, requirements, sources)[:32]
    if not (folder / "bundle.json").is_file():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".building-", dir=folder.parent) as aside:
            _build(Path(aside), runtime, requirements, sources)
            _publish(Path(aside), folder)
    facts = json.loads((folder / "bundle.json").read_text())
    return Bundle(
        path=folder / "content",
        archive=folder / "bundle.zip",
        runtime=runtime,
        version=f"{_version(package)}+{facts['digest'][:8]}",
        **facts,
    )


def _build(aside: Path, runtime: LambdaRuntime, requirements: str, sources: list[Path]) -> None:
    content = aside / "content"
    content.mkdir()
    locked = aside / "requirements.txt"
    locked.write_text(requirements)
    foreign = ("--python-platform", runtime.platform) if runtime.platform else ()
    python = ("--python", str(runtime.interpreter)) if runtime.interpreter else ()
    _uv(
        *("pip", "install", "--target", str(content), "--requirements", str(locked), "--no-deps"),
        *("--require-hashes", "--only-binary", ":all:", "--link-mode", "copy", "--no-config"),
        *("--python-version", runtime.python, *foreign, *python),
    )
    locked.unlink()
    _strip(content)
    for source in sources:
        for package in sorted(source.iterdir()):
            shutil.copytree(package, content / package.name, ignore=shutil.ignore_patterns("__pycache__", "testing"))
    if runtime.interpreter:
        _compile(content, runtime.interpreter)
    _archive(content, aside / "bundle.zip")
    facts = {"digest": _digest(content), "compiled": bool(runtime.interpreter)}
    facts["size"] = (aside / "bundle.zip").stat().st_size
    (aside / "bundle.json").write_text(json.dumps(facts))


def _strip(content: Path) -> None:
    """Remove what is never imported; licences and METADATA stay, since programs ask for versions at run time."""
    shutil.rmtree(content / "bin", ignore_errors=True)
    (content / ".lock").unlink(missing_ok=True)
    for path in sorted(content.rglob("*"), reverse=True):
        in_package = path.parent != content
        if (path.is_dir() and in_package and path.name in {"tests", "test"}) or path.name == "__pycache__":
            shutil.rmtree(path)
        elif path.is_file() and (path.suffix == ".pyi" or _is_installer_file(path)):
            path.unlink()


def _is_installer_file(path: Path) -> bool:
    return path.parent.suffix == ".dist-info" and path.name in _NOT_NEEDED


def _compile(content: Path, interpreter: Path) -> None:
    """Byte-compile in one process and one order with a fixed hash seed: marshalled sets depend on it."""
    command = [str(interpreter), "-S", "-m", "compileall", "-q", "-j", "1", "--invalidation-mode", "unchecked-hash"]
    done = subprocess.run(
        [*command, "-s", str(content), "-p", "/var/task", str(content)],
        env={"PYTHONHASHSEED": "0", "PATH": os.environ.get("PATH", "")},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BundleError(f"byte-compiling failed: {(done.stdout + done.stderr).strip()[-500:]}")


def _archive(content: Path, archive: Path) -> None:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as zipped:
        for path in _files(content):
            entry = zipfile.ZipInfo(path.relative_to(content).as_posix(), (1980, 1, 1, 0, 0, 0))
            entry.external_attr = 0o100644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            zipped.writestr(entry, path.read_bytes())


def _publish(aside: Path, folder: Path) -> None:
    """Give the finished bundle its name; when another process was first, its bundle is the same."""
    finished = Path(f"{aside}-done")
    aside.rename(finished)
    aside.mkdir()
    try:
        finished.rename(folder)
    except OSError:
        shutil.rmtree(finished)
        if not (folder / "bundle.json").is_file():
            raise


def _digest(content: Path) -> str:
    digest = hashlib.sha256()
    for path in _files(content):
        name = path.relative_to(content).as_posix()
        digest.update(f"{name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def _input_hash(package: str, runtime: LambdaRuntime, requirements: str, sources: list[Path]) -> str:
    compiler = _compiler(runtime.interpreter) if runtime.interpreter else ""
    target = {**asdict(runtime), "interpreter": compiler}
    digest = hashlib.sha256(json.dumps([_RECIPE, package, target, requirements], sort_keys=True).encode())
    for source in sources:
        digest.update(_digest(source).encode())
    return digest.hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    return (x for x in sorted(folder.rglob("*")) if x.is_file() and not _is_stray(x, folder))


def _is_stray(path: Path, folder: Path) -> bool:
    """Byte code beside the sources of a checkout comes from running them; in a bundle it is ours."""
    return folder.name == "src" and "__pycache__" in path.parts


def _export(package: str) -> str:
    without = [word for name in GIVEN_BY_LAMBDA for word in ("--no-emit-package", name)]
    return _uv("export", "--locked", "--package", package, "--no-dev", "--no-emit-workspace", "--no-header", *without)


@cache
def _workspace() -> dict[str, tuple[Path, dict[str, Any]]]:
    """Return every workspace member's folder and pyproject, by its name."""
    root = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    members: dict[str, tuple[Path, dict[str, Any]]] = {}
    for pattern in root["tool"]["uv"]["workspace"]["members"]:
        for file in REPOSITORY.glob(f"{pattern}/pyproject.toml"):
            project = tomllib.loads(file.read_text())
            members[project["project"]["name"]] = (file.parent, project)
    return members


def _version(package: str) -> str:
    return str(_workspace()[package][1]["project"]["version"])


def _sources(package: str) -> list[Path]:
    """Return the source folders of a workspace member and of the members that it needs at run time."""
    members = _workspace()
    if package not in members:
        raise BundleError(f"no workspace member is called {package!r}; there are {', '.join(sorted(members))}")
    found: dict[str, Path] = {}
    waiting = [package]
    while waiting:
        name = waiting.pop()
        folder, project = members[name]
        found[name] = folder / "src"
        needs = {_NAME.match(text).group() for text in project["project"].get("dependencies", [])}  # type: ignore[union-attr]
        waiting += [need for need in needs if need in members and need not in found]
    return [found[name] for name in sorted(found)]


@cache
def _interpreter(python: str) -> Path | None:
    """Return a Python of that version on this machine; uv does not look where pyenv keeps its own."""
    versions = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    for found in sorted(versions.glob(f"{python}*/bin/python{python}")):
        return found
    try:
        found = Path(_uv("python", "find", "--no-python-downloads", "--no-project", "--system", python).strip())
    except BundleError:
        return None
    return found if found.is_file() else None


@cache
def _compiler(interpreter: Path) -> str:
    if interpreter == Path(sys.executable):
        return sys.version
    return subprocess.run(
        [str(interpreter), "-S", "-c", "import sys; print(sys.version)"], capture_output=True, text=True, check=True
    ).stdout


def _uv(*arguments: str) -> str:
    command = os.environ.get("UV") or shutil.which("uv")
    if not command:
        raise BundleError("uv is not on PATH; it builds the Lambda bundles (https://docs.astral.sh/uv/)")
    done = subprocess.run(
        [command, *arguments, "--quiet"], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    if done.returncode:
        reason = " ".join(done.stderr.split())[-600:]
        raise BundleError(f"uv {' '.join(arguments[:2])} failed: {reason}")
    return done.stdout


if __name__ == "__main__":
    for name in sys.argv[1:]:
        made = build_bundle(name, runtime=LambdaRuntime.on_aws())
        byte_code = "with byte code" if made.compiled else "without byte code (no Python 3.13 here)"
        sys.stdout.write(f"{name}: {made.size / 1e6:.2f} MB zipped, {byte_code}, {made.digest[:16]}\n{made.archive}\n")
