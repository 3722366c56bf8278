"""Helm itself, built once from the Go modules that are pinned here: ``python -m patterns_local.helm_program``.

It prints the program's path. The tests install the chart with it; so can users without Helm.
"""

import re
import sys
from pathlib import Path

from patterns_deploy.errors import PlatformError
from patterns_deploy.folder import LocalFolder
from patterns_deploy.progress import Timings, progress_for
from patterns_deploy.runner import Runner
from patterns_infra.paths import REPOSITORY
from patterns_local.control_plane.go_build import GoPrograms, build_once
from patterns_local.control_plane.programs import user_cache

__all__ = ["helm_release", "prepare_helm"]

_PROJECTS = REPOSITORY / "infra" / "local"
_VERSION = re.compile(r"^\s*helm\.sh/helm/v\d+ (v[\w.-]+)", re.MULTILINE)


def helm_release() -> GoPrograms:
    """Return the pinned release."""
    found = _VERSION.search((_PROJECTS / "helm" / "go.mod").read_text())
    if found is None:
        raise ValueError(f"{_PROJECTS / 'helm' / 'go.mod'} requires no helm.sh/helm")
    return GoPrograms(
        name="Helm",
        version=found[1],
        project=_PROJECTS / "helm",
        packages={"helm": "helm.sh/helm/v4/cmd/helm"},
        stamps={"helm.sh/helm/v4/internal/version.version": found[1]},
        takes="four minutes of processor time, more where Kubernetes was not built before",
        toolchain=_PROJECTS / "control_plane" / "go-requirements.txt",
        otherwise="take a Helm of your own",
    )


def prepare_helm(runner: Runner, timings: Timings) -> Path:
    """Return Helm's path, after building it if it is not there.

    Raises:
        ControlPlaneUnavailable: it cannot be built; with what to install.
        PlatformBusy: another command builds it and takes too long.
    """
    release = helm_release()
    target = user_cache() / "helm" / f"{release.version}-{release.digest}"
    return build_once(release, target, runner=runner, timings=timings) / "helm"


def main() -> None:
    """Have Helm ready and print its path."""
    folder = LocalFolder.default()
    folder.prepare()
    with progress_for(sys.stderr) as report:
        found = prepare_helm(Runner(folder.deploy_log), Timings(report))
    sys.stdout.write(f"{found}\n")


if __name__ == "__main__":
    try:
        main()
    except PlatformError as error:
        sys.exit(f"{error}\n{error.detail}".strip())
