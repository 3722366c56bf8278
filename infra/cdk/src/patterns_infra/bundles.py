"""Lambda bundles: a member's sources and its locked dependencies, built by uv alone, without Docker.

A bundle is built aside and renamed to ``.local/bundles/<hash of its input>``, so an interrupted build leaves no half,
and an unchanged one costs nothing. ``python -m patterns_infra.bundles PACKAGE…`` builds for AWS and prints the size.
"""

import hashlib
import json
import os
import shutil
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from patterns_infra import bundle_contents
from patterns_infra.lambda_runtime import LambdaRuntime
from patterns_infra.paths import LOCAL_STATE
from patterns_infra.workspace import BundleError, locked_requirements, member_sources, member_version

__all__ = ["Bundle", "BundleError", "LambdaRuntime", "build_bundle"]

GIVEN_BY_LAMBDA = ("boto3", "botocore", "s3transfer", "jmespath", "python-dateutil", "six", "urllib3")
"""Distributions that every Python runtime of Lambda has; the local emulator's environment has them too."""
_RECIPE = 3
"""Raised when other bytes would be made of the same input."""
_KEPT = 8
"""Bundles that stay in the cache, the last used ones."""


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


def build_bundle(package: str, *, runtime: LambdaRuntime, cache: Path | None = None) -> Bundle:
    """Return the bundle of a workspace member, built unless the same input was built before.

    Raises:
        BundleError: uv is missing or failed; the text says how.
    """
    cache = cache or LOCAL_STATE / "bundles"
    sources = member_sources(package)
    requirements = locked_requirements(package, without=GIVEN_BY_LAMBDA)
    folder = cache / _input_hash(package, runtime, requirements, sources)
    if not (folder / "bundle.json").is_file():
        folder = _build(package, runtime, requirements, sources, cache)
    os.utime(folder)
    facts = json.loads((folder / "bundle.json").read_text())
    return Bundle(
        path=folder / "content",
        archive=folder / "bundle.zip",
        runtime=runtime,
        version=f"{member_version(package)}+{facts['digest'][:8]}",
        **facts,
    )


def _build(package: str, runtime: LambdaRuntime, requirements: str, sources: list[Path], cache: Path) -> Path:
    """Build, and name the result after the sources that went in: they may have changed since they were hashed."""
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".building-", dir=cache) as aside:
        taken = [Path(aside) / f"sources-{number}" for number, _ in enumerate(sources)]
        made = Path(aside) / "bundle"
        content = made / "content"
        content.mkdir(parents=True)
        bundle_contents.install(requirements, content, runtime=runtime)
        for source, copy in zip(sources, taken, strict=True):
            bundle_contents.copy_sources(source, copy)
            bundle_contents.copy_sources(copy, content)
        if runtime.interpreter:
            bundle_contents.byte_compile(content, runtime.interpreter)
        bundle_contents.archive(content, made / "bundle.zip")
        facts = {
            "digest": bundle_contents.digest(content),
            "compiled": runtime.interpreter is not None,
            "size": (made / "bundle.zip").stat().st_size,
        }
        (made / "bundle.json").write_text(json.dumps(facts))
        return _publish(made, cache / _input_hash(package, runtime, requirements, taken))


def _publish(made: Path, folder: Path) -> Path:
    """Give the finished bundle its name; when another process was first, its bundle is the same."""
    try:
        made.rename(folder)
    except OSError:
        if not (folder / "bundle.json").is_file():
            raise
    for old in sorted(folder.parent.glob("[0-9a-f]*"), key=_last_used)[:-_KEPT]:
        shutil.rmtree(old, ignore_errors=True)
    return folder


def _last_used(folder: Path) -> float:
    try:
        return folder.stat().st_mtime
    except FileNotFoundError:  # another process has just removed it
        return 0.0


def _input_hash(package: str, runtime: LambdaRuntime, requirements: str, sources: list[Path]) -> str:
    target = {**asdict(runtime), "interpreter": runtime.compiler}
    total = hashlib.sha256(json.dumps([_RECIPE, package, target, requirements], sort_keys=True).encode())
    for source in sources:
        for file in bundle_contents.source_files(source):
            content = hashlib.sha256(file.read_bytes()).hexdigest()
            total.update(f"{file.relative_to(source)}\0{content}\n".encode())
    return total.hexdigest()[:32]


if __name__ == "__main__":
    for name in sys.argv[1:]:
        bundle = build_bundle(name, runtime=LambdaRuntime.on_aws())
        byte_code = "with byte code" if bundle.compiled else "without byte code (no Python 3.13 here)"
        sys.stdout.write(
            f"{name}: {bundle.size / 1e6:.2f} MB zipped, {byte_code}, {bundle.version}\n{bundle.archive}\n"
        )
