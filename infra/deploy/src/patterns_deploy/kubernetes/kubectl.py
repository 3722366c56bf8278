"""kubectl, as everybody has it: what a deployment does in a cluster can be done again by hand."""

import json
import subprocess
import sysconfig
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from patterns_deploy.errors import DeployFailed
from patterns_infra.tool_environment import tool_environment

__all__ = ["Kubectl", "KubectlFailed", "kubectl_path"]

_SECONDS = 60.0
_GONE = ("(NotFound)", "the server doesn't have a resource type", "no matches for kind")


class KubectlFailed(DeployFailed):
    """kubectl refused, or could not reach the cluster; the line has its own words."""


def kubectl_path() -> Path:
    """Return the kubectl that was installed with this package."""
    return Path(sysconfig.get_path("scripts")) / "kubectl"


@dataclass(frozen=True, slots=True)
class Kubectl:
    """One cluster, as the user of its kubeconfig.

    Attributes:
        kubeconfig: its file.
        environment: for the program that gets a token, where there is one.
    """

    kubeconfig: Path
    environment: Mapping[str, str]

    def run(self, *words: str, given: str = "", seconds: float = _SECONDS) -> str:
        """Run kubectl and return what it printed.

        Args:
            words: its arguments.
            given: its standard input.
            seconds: it is ended when it takes longer.

        Raises:
            KubectlFailed: with its last line, or because it took too long.
        """
        cache = self.kubeconfig.parent / "kubectl-cache"
        command = [str(kubectl_path()), f"--kubeconfig={self.kubeconfig}", f"--cache-dir={cache}", *words]
        try:
            done = subprocess.run(
                command,
                input=given,
                env=tool_environment(self.environment),
                capture_output=True,
                text=True,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired as late:
            raise KubectlFailed(f"kubectl {words[0]} took longer than {seconds:g} s") from late
        except OSError as error:
            raise KubectlFailed(f"kubectl cannot be started: {error.strerror}") from error
        if done.returncode:
            said = done.stderr.strip().splitlines() or done.stdout.strip().splitlines() or ["nothing"]
            raise KubectlFailed(f"kubectl {words[0]}: {said[-1]}", detail="\n".join(said[:-1]))
        return done.stdout

    def get(self, *words: str) -> dict[str, Any] | None:
        """Return an object, or a list of them, `None` when there is no such object or kind.

        Raises:
            KubectlFailed: as `run`, for any other reason.
        """
        try:
            text = self.run("get", *words, "--output=json")
        except KubectlFailed as failed:
            if any(sign in str(failed) for sign in _GONE):
                return None
            raise
        found: dict[str, Any] = json.loads(text)
        return found

    def items(self, *words: str) -> Sequence[dict[str, Any]]:
        """Return the objects of a list; none of a kind that there is not."""
        found = self.get(*words)
        items: list[dict[str, Any]] = found["items"] if found else []
        return items

    def delete(self, *words: str, seconds: float = _SECONDS) -> None:
        """Delete objects and wait until they are gone; those that are gone already are fine.

        Raises:
            KubectlFailed: as `run`, or they were still there when the time was up.
        """
        patience = f"--timeout={seconds:g}s"
        try:
            self.run("delete", *words, "--ignore-not-found", "--wait", patience, seconds=seconds + _SECONDS)
        except KubectlFailed as failed:
            if not any(sign in str(failed) for sign in _GONE):
                raise
