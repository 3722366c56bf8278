"""Helm as a user has it: the pinned release, with files of its own."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from patterns_deploy.folder import LocalFolder
from patterns_deploy.progress import Silence, Timings
from patterns_deploy.runner import Runner
from patterns_infra.paths import REPOSITORY
from patterns_local.helm_program import prepare_helm

__all__ = ["CHART", "Helm"]

CHART = REPOSITORY / "patterns" / "k8s" / "chart"


@dataclass(frozen=True, slots=True)
class Helm:
    """The program, and the cluster that it is for.

    Attributes:
        program: its path.
        home: where it keeps its files.
        kubeconfig: of the cluster; it need not be there to render.
    """

    program: Path
    home: Path
    kubeconfig: Path

    @classmethod
    def prepare(cls, home: Path, kubeconfig: Path) -> "Helm":
        """Build it, if it is not there; without it the tests fail, they are never skipped."""
        folder = LocalFolder(home / "build")
        folder.prepare()
        return cls(prepare_helm(Runner(folder.deploy_log), Timings(Silence())), home, kubeconfig)

    def run(self, *words: str, values: Mapping[str, Any] | None = None, secret: str = "", fails: bool = False) -> str:
        """Run it with values, or with a secret to read, and return what it printed, errors and warnings included."""
        given = ("--values=-",) if values is not None else ()
        done = subprocess.run(
            [self.program, *words, *given],
            env={"PATH": os.defpath, "HOME": str(self.home), "KUBECONFIG": str(self.kubeconfig)},
            input=yaml.safe_dump(values) if values is not None else secret,
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
        printed = done.stdout + done.stderr
        assert bool(done.returncode) == fails, printed
        return printed

    def render(self, values: Mapping[str, Any], *, namespace: str = "patterns") -> list[dict[str, Any]]:
        """Return the objects of a release, without the definitions."""
        printed = self.run("template", "patterns", str(CHART), f"--namespace={namespace}", values=values)
        return [each for each in yaml.safe_load_all(printed) if each]
