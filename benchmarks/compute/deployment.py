"""What is deployed on each compute, built once: folders of functions as they are zipped, environments of images.

Functions have their libraries and the adapters in one folder, and what Lambda gives them in another. Programs run in an
environment that is made with the words of the patterns' Dockerfiles; the pod's and the report's are those of the
patterns' own images. All is byte-compiled beforehand.
"""

import gzip
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from io import RawIOBase
from pathlib import Path
from typing import cast

from benchmarks.compute.computes import POD, Compute
from patterns_infra.bundle_contents import archive, byte_compile, copy_sources, install
from patterns_infra.bundles import GIVEN_BY_LAMBDA
from patterns_infra.lambda_runtime import LambdaRuntime
from patterns_infra.paths import LOCAL_STATE, REPOSITORY
from patterns_infra.workspace import locked_requirements, member_sources, member_version, run_uv

__all__ = ["ORDERS", "REPORT", "Deployed", "Work", "deploy"]

_HERE = Path(__file__).parent
_FOLDER = LOCAL_STATE / "benchmarks" / "compute"
_NOT_SHIPPED = shutil.ignore_patterns("__pycache__")
_DURABLE = "aws-durable-execution-sdk-python"


@dataclass(frozen=True, slots=True)
class Work:
    """One of the two pieces of work.

    Attributes:
        name: of its folders.
        member: the workspace member with the libraries that it needs.
        image: the member whose image is a pattern's own.
    """

    name: str
    member: str
    image: str


ORDERS = Work("orders", "patterns-shared", "patterns-k8s")
"""Deciding orders needs the worker's modules, and none of the operator's libraries, which are in the image."""
REPORT = Work("report", "patterns-batch", "patterns-batch")


@dataclass(frozen=True, slots=True)
class Deployed:
    """What runs on one compute.

    Attributes:
        python: the interpreter.
        path: ``PYTHONPATH``.
        contents: the folders that are deployed.
        archive: the zip file of a function.
    """

    python: Path
    path: str
    contents: tuple[Path, ...]
    archive: Path | None = None

    @property
    def megabytes(self) -> float:
        """Of its files."""
        return sum(path.stat().st_size for folder in self.contents for path in _files(folder)) / 1e6

    @property
    def compressed(self) -> float:
        """Megabytes of the zip file, or of the image's layer as registries keep it."""
        return self.archive.stat().st_size / 1e6 if self.archive else _compressed(self.contents)

    def command(self, module: str, *arguments: str) -> list[str]:
        """Return the command of a program."""
        return [str(self.python), "-P", "-m", module, *arguments]

    def invoked(self, module: str) -> list[str]:
        """Return the command of a function's runtime."""
        return [str(self.python), "-P", str(_HERE / "runtime.py"), module]


def deploy(compute: Compute, work: Work) -> Deployed:
    """Build what runs on the compute.

    Raises:
        BundleError: uv cannot install the libraries.
        CalledProcessError: uv cannot make an environment; it says why.
    """
    if compute.invoked:
        return _function(work, durable=compute.kind == "durable")
    return _image(work.image, "") if compute is POD else _image(work.member, work.name)


@cache
def _function(work: Work, *, durable: bool) -> Deployed:
    runtime = LambdaRuntime.on_this_machine()
    assert runtime.interpreter
    name = f"{work.name}-durable" if durable else work.name
    with _made_anew(name) as content:
        requirements = locked_requirements(work.member, without=GIVEN_BY_LAMBDA)
        if durable:
            without = (word for given in GIVEN_BY_LAMBDA for word in ("--no-emit-package", given))
            requirements += run_uv("export", "--locked", "--only-group", "durable", "--no-header", *without)
        install(requirements, content, runtime=runtime)
        for source in member_sources(work.member):
            copy_sources(source, content)
        _add_metadata(content, work.member)
        _copy_adapters(content, work.name)
        byte_compile(content, runtime.interpreter)
    zipped = _FOLDER / f"{name}.zip"
    archive(content, zipped)
    given = _given_by_lambda(runtime)
    python = Path(sys.executable).resolve()
    return Deployed(python, os.pathsep.join(map(str, (content, given))), (content,), zipped)


@cache
def _given_by_lambda(runtime: LambdaRuntime) -> Path:
    assert runtime.interpreter
    with _made_anew("given") as content:
        without = ("--no-emit-package", _DURABLE)
        install(
            run_uv("export", "--locked", "--only-group", "durable", "--no-header", *without), content, runtime=runtime
        )
        byte_compile(content, runtime.interpreter)
    return content


@cache
def _image(member: str, adapters: str) -> Deployed:
    """Make the environment of a member's image, and a folder with the adapters of a piece of work, if any."""
    environment = _FOLDER / f"{member}-image"
    subprocess.run(
        [
            *(os.environ.get("UV") or "uv", "sync", "--quiet", "--locked", "--package", member, "--no-dev"),
            *("--no-editable", "--compile-bytecode", "--reinstall-package", member),
            *("--reinstall-package", "patterns-shared", "--python", sys.executable),
        ],
        cwd=REPOSITORY,
        env={
            **{name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"},
            "UV_PROJECT_ENVIRONMENT": str(environment),
            "PYC_INVALIDATION_MODE": "UNCHECKED_HASH",
        },
        check=True,
    )
    python = environment / "bin" / "python"
    packages = next((environment / "lib").iterdir())
    if not adapters:
        return Deployed(python, "", (packages,))
    with _made_anew(f"{adapters}-adapters") as content:
        _copy_adapters(content, adapters)
        byte_compile(content, python)
    return Deployed(python, str(content), (packages, content))


@contextmanager
def _made_anew(name: str) -> Iterator[Path]:
    folder = _FOLDER / name / "content"
    shutil.rmtree(folder.parent, ignore_errors=True)
    folder.mkdir(parents=True)
    yield folder


def _add_metadata(content: Path, member: str) -> None:
    """Add an installed member's metadata: the batch reads its own version."""
    version = member_version(member)
    folder = content / f"{member.replace('-', '_')}-{version}.dist-info"
    folder.mkdir()
    Path(folder, "METADATA").write_text(f"Metadata-Version: 2.1\nName: {member}\nVersion: {version}\n")


def _copy_adapters(content: Path, work: str) -> None:
    package = content / "benchmarks" / "compute"
    shutil.copytree(_HERE / "adapters", package / "adapters", ignore=_NOT_SHIPPED)
    for path in (package, package.parent):
        Path(path, "__init__.py").touch()
    if work == ORDERS.name:
        (source,) = (path for path in member_sources("patterns-k8s") if (path / "patterns_k8s").is_dir())
        worker = content / "patterns_k8s"
        shutil.copytree(source / "patterns_k8s" / "worker", worker / "worker", ignore=_NOT_SHIPPED)
        shutil.copyfile(source / "patterns_k8s" / "__init__.py", worker / "__init__.py")


def _files(folder: Path) -> Iterable[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())


def _compressed(folders: Iterable[Path]) -> float:
    """Return the megabytes of a layer with the folders, as ``docker push`` makes it: tar and gzip."""
    counter = _Counter()
    packed = gzip.GzipFile(fileobj=counter, mode="wb", compresslevel=6)
    with packed, tarfile.open(fileobj=packed, mode="w|") as tar:
        for folder in folders:
            for path in _files(folder):
                tar.add(path, path.relative_to(folder).as_posix(), recursive=False)
    return counter.written / 1e6


class _Counter(RawIOBase):
    written = 0

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        size = len(memoryview(cast("bytes", data)))
        self.written += size
        return size
