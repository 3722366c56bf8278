"""Templates from the CDK app, in a process of its own, and only when something that they depend on has changed.

What they depend on is the settings, the bundles and images by their hashes, and every file that the app opened or
imported the last time (`synth_inputs`).

``python -m patterns_infra.synth --check`` is the gate: cdk-nag and cfn-lint over every stack and target.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from patterns_infra.app_folder import APP_FOLDER, cdk_context, jsii_environment
from patterns_infra.bundles import LambdaRuntime, build_bundle
from patterns_infra.container_images import image_tag
from patterns_infra.paths import LOCAL_STATE, REPOSITORY
from patterns_infra.registry import PATTERNS, Pattern
from patterns_infra.settings import Settings
from patterns_infra.synth_inputs import have_changed
from patterns_infra.tool_environment import tool_environment

__all__ = ["SynthError", "synthesize"]

_STAMP = "stamp.json"
_RECORD = "inputs.json"
_FROM_THE_CDK = ("CDK_DEFAULT_ACCOUNT", "CDK_DEFAULT_REGION")
"""Variables that the CDK's command line sets and an app may read."""


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
    given = _given(settings, chosen)
    if _is_current(folder, given):
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".synthesizing-", dir=folder.parent) as name:
        aside = Path(name) / "assembly"
        _run_app(settings, chosen, aside)
        (aside / _STAMP).write_text(given)
        shutil.rmtree(folder, ignore_errors=True)
        aside.rename(folder)
    return folder


def _run_app(settings: Settings, patterns: Sequence[Pattern], outdir: Path) -> None:
    context = {**cdk_context(), **settings.context(), "patterns": ",".join(x.name for x in patterns)}
    environment = {x: y for x, y in tool_environment().items() if not x.startswith(("CDK_", "JSII_"))}
    environment |= {name: os.environ[name] for name in _FROM_THE_CDK if name in os.environ}
    environment |= jsii_environment() | {"CDK_OUTDIR": str(outdir), "CDK_CONTEXT_JSON": json.dumps(context)}
    done = subprocess.run(
        [sys.executable, "-m", "patterns_infra.synth_inputs", str(outdir / _RECORD), str(APP_FOLDER / "app.py")],
        env=environment,
        cwd=APP_FOLDER,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        short = done.returncode == 2 and lines  # noqa: PLR2004 - the app's own code for what the user can mend
        raise SynthError(lines[-1].removeprefix("patterns: ") if short else "\n".join(lines[-40:]))


def _is_current(folder: Path, given: str) -> bool:
    try:
        unchanged = (folder / _STAMP).read_text() == given
        return unchanged and not have_changed(json.loads((folder / _RECORD).read_text()))
    except FileNotFoundError:
        return False


def _given(settings: Settings, patterns: Sequence[Pattern]) -> str:
    """Return what the app is given; the bundles are built on the way, so that they exist afterwards."""
    runtime = LambdaRuntime.of(settings)
    given = {
        "settings": settings.context(),
        "patterns": [x.name for x in patterns],
        "bundles": {x.package: build_bundle(x.package, runtime=runtime).digest for x in patterns},
        "images": {package: image_tag(package) for x in patterns for package in x.images},
        "context": cdk_context(),
        "environment": {name: os.environ.get(name) for name in _FROM_THE_CDK},
        "python": sys.version,
        "libraries": hashlib.sha256((REPOSITORY / "uv.lock").read_bytes()).hexdigest(),
        "folder": str(APP_FOLDER),
    }
    return json.dumps(given, sort_keys=True)


if __name__ == "__main__":
    if sys.argv[1:] != ["--check"]:
        sys.exit("usage: python -m patterns_infra.synth --check")
    os.environ.update(jsii_environment())
    from patterns_infra.synth_check import check_all

    sys.exit(check_all())
