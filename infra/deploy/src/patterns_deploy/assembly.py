"""Bundles and templates, made by a child process again only when something that they depend on has changed."""

import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from patterns_deploy.assemble import BUNDLED, SYNTHESIZED
from patterns_deploy.errors import DeployFailed
from patterns_deploy.folder import LocalFolder
from patterns_deploy.lock import exclusive
from patterns_deploy.progress import Timings
from patterns_deploy.runner import CommandFailed, Runner
from patterns_infra.paths import REPOSITORY
from patterns_infra.registry import Pattern
from patterns_infra.settings import Settings

__all__ = ["Assembly", "assemble"]

_SECONDS = 1800.0


@dataclass(frozen=True, slots=True)
class Assembly:
    """The folder of synthesized stacks that the CDK command line deploys from."""

    path: Path

    def template(self, stack: str) -> dict[str, Any]:
        """Return a stack's template."""
        loaded: dict[str, Any] = json.loads((self.path / f"{stack}.template.json").read_text())
        return loaded

    def digest(self, stack: str, parameters: Mapping[str, str]) -> str:
        """Return what tells one deployment of a stack from another: its template names its code by hash."""
        digest = hashlib.sha256((self.path / f"{stack}.template.json").read_bytes())
        digest.update(json.dumps(parameters, sort_keys=True).encode())
        return digest.hexdigest()


def assemble(
    folder: LocalFolder,
    patterns: Sequence[Pattern],
    settings: Settings,
    *,
    runner: Runner,
    timings: Timings,
    environment: Mapping[str, str],
) -> Assembly:
    """Build the patterns' bundles and synthesize their stacks.

    Raises:
        DeployFailed: with what uv or the CDK app said.
    """
    path = folder.assembly(settings.target, settings.stage)
    order = {"settings": settings.context(), "patterns": [x.name for x in patterns], "folder": str(path)}
    command = [sys.executable, "-m", "patterns_deploy.assemble", json.dumps(order)]
    folder.assembly_lock.parent.mkdir(parents=True, exist_ok=True)
    with exclusive(folder.assembly_lock, seconds=_SECONDS, waiting=timings.report.say), ExitStack() as steps:
        steps.enter_context(timings.step("bundle"))

        def read(line: str) -> None:
            if line == BUNDLED:
                steps.close()
                steps.enter_context(timings.step("synth"))
            elif line == SYNTHESIZED:
                steps.close()

        try:
            runner.run(command, environment=environment, folder=REPOSITORY, seconds=_SECONDS, each_line=read)
        except CommandFailed as failed:
            reason = next((line for line in reversed(failed.output) if line.strip()), str(failed))
            raise DeployFailed(reason.strip(), detail=failed.detail) from failed
    return Assembly(path)
