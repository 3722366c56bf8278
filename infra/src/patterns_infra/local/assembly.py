"""Synthesizing: from the CDK app to a folder of templates and assets, again only when its sources changed."""

import json
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from patterns_infra.local.errors import DeployFailed
from patterns_infra.local.folder import LocalFolder
from patterns_infra.local.node_cdk import node_path
from patterns_infra.local.runner import CommandFailed, Runner
from patterns_infra.local.sources import source_digest
from patterns_infra.paths import REPOSITORY
from patterns_infra.registry import Pattern
from patterns_infra.settings import Settings

__all__ = ["Assembly", "build_bundles", "current_assembly", "synthesize"]

_SYNTH_SECONDS = 600.0
_BUNDLE_SECONDS = 900.0
_BUNDLE = """
import sys
from patterns_infra.bundles import BundleError, LambdaRuntime, build_bundle
from patterns_infra.settings import Settings, Target
runtime = LambdaRuntime.on_aws() if sys.argv[1] == "aws" else LambdaRuntime.on_this_machine()
try:
    for package in sys.argv[2:]:
        build_bundle(package, runtime=runtime)
except BundleError as error:
    sys.exit(str(error))
"""


@dataclass(frozen=True, slots=True)
class Assembly:
    """Synthesized stacks.

    Attributes:
        path: the folder, which the CDK command line deploys from.
        digests: what each pattern's stack was made from.
    """

    path: Path
    digests: Mapping[str, str]

    def template(self, stack: str) -> dict[str, Any]:
        """Return a stack's template."""
        loaded: dict[str, Any] = json.loads((self.path / f"{stack}.template.json").read_text())
        return loaded


def build_bundles(
    patterns: Sequence[Pattern], settings: Settings, runner: Runner, environment: Mapping[str, str]
) -> None:
    """Build the patterns' bundles, each once for each input, so that synthesis finds them ready.

    Raises:
        DeployFailed: with uv's reason.
    """
    packages = sorted({pattern.package for pattern in patterns})
    command = [sys.executable, "-c", _BUNDLE, settings.target.value, *packages]
    try:
        runner.run(command, environment=environment, folder=REPOSITORY, seconds=_BUNDLE_SECONDS)
    except CommandFailed as failed:
        reason = failed.output[-1] if failed.output else str(failed)
        raise DeployFailed(f"bundle: {reason}", detail=failed.detail) from failed


def current_assembly(folder: LocalFolder, patterns: Sequence[Pattern], settings: Settings) -> Assembly | None:
    """Return the last assembly if it has these patterns and its sources are unchanged."""
    assembly = Assembly(folder.assembly(settings.target, settings.stage), _digests(patterns, settings))
    try:
        stamped = json.loads(_stamp(assembly.path).read_text())
    except (OSError, ValueError):
        return None
    return assembly if assembly.digests.items() <= stamped.items() else None


def synthesize(
    folder: LocalFolder,
    patterns: Sequence[Pattern],
    settings: Settings,
    runner: Runner,
    environment: Mapping[str, str],
) -> Assembly:
    """Synthesize the patterns' stacks.

    Raises:
        DeployFailed: with what the app said.
    """
    assembly = Assembly(folder.assembly(settings.target, settings.stage), _digests(patterns, settings))
    aside = assembly.path.with_name(f".{assembly.path.name}.new")
    shutil.rmtree(aside, ignore_errors=True)
    aside.parent.mkdir(parents=True, exist_ok=True)
    context = _feature_flags() | settings.context() | {"patterns": ",".join(pattern.name for pattern in patterns)}
    given = {"CDK_OUTDIR": str(aside), "CDK_CONTEXT_JSON": json.dumps(context), "JSII_NODE": str(node_path())}
    command = [sys.executable, str(REPOSITORY / "infra" / "app.py")]
    try:
        runner.run(command, environment={**environment, **given}, folder=REPOSITORY / "infra", seconds=_SYNTH_SECONDS)
    except CommandFailed as failed:
        reason = next((line for line in reversed(failed.output) if line.strip()), str(failed))
        raise DeployFailed(f"synth: {reason.strip()}", detail=failed.detail) from failed
    _stamp(aside).write_text(json.dumps(assembly.digests))
    shutil.rmtree(assembly.path, ignore_errors=True)
    aside.replace(assembly.path)
    return assembly


def _feature_flags() -> dict[str, Any]:
    """Return the context of cdk.json, which the CDK command line would give to the app; it is not between here."""
    flags: dict[str, Any] = json.loads((REPOSITORY / "infra" / "cdk.json").read_text())["context"]
    return flags


def _digests(patterns: Sequence[Pattern], settings: Settings) -> dict[str, str]:
    return {pattern.name: source_digest(pattern, settings) for pattern in patterns}


def _stamp(path: Path) -> Path:
    return path / "patterns.stamp.json"
