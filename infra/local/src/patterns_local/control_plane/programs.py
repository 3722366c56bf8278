"""Where Kubernetes' own programs come from, the first that works: envtest's folder, this machine's cache, a build.

``python -m patterns_local.control_plane.programs`` makes sure of them.
"""

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from patterns_deploy.errors import PlatformError
from patterns_deploy.folder import LocalFolder
from patterns_deploy.progress import Timings, progress_for
from patterns_deploy.runner import Runner
from patterns_local.control_plane.go_build import GoPrograms, build_once

__all__ = ["PROGRAMS", "Release", "prepare_programs", "programs_are_ready", "user_cache"]

_PACKAGES = {
    "etcd": "go.etcd.io/etcd/server/v3",
    "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
    "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
    "kube-scheduler": "k8s.io/kubernetes/cmd/kube-scheduler",
}
PROGRAMS = tuple(_PACKAGES)
_VERSION = re.compile(r"^\s*k8s\.io/kubernetes (v[\w.-]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Release:
    """The pinned release.

    Attributes:
        project: folder of its go.mod and go.sum.
    """

    project: Path

    @property
    def version(self) -> str:
        """Kubernetes' version, for example ``v1.36.3``."""
        found = _VERSION.search((self.project / "go.mod").read_text())
        if found is None:
            raise ValueError(f"{self.project / 'go.mod'} requires no k8s.io/kubernetes")
        return found[1]

    @property
    def programs(self) -> GoPrograms:
        """What is built of it."""
        major, minor, *_ = self.version.removeprefix("v").split(".")
        said = {"gitVersion": self.version, "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
        return GoPrograms(
            name="Kubernetes",
            version=self.version,
            project=self.project,
            packages=_PACKAGES,
            stamps={f"k8s.io/component-base/version.{name}": value for name, value in said.items()},
            takes="ten minutes of processor time, so five on two free cores, and 90 MB are downloaded",
            toolchain=self.project / "go-requirements.txt",
            otherwise=f"set KUBEBUILDER_ASSETS to a folder with {', '.join(PROGRAMS[:-1])} and {PROGRAMS[-1]}",
        )

    @property
    def cache(self) -> Path:
        """Where its programs are kept for all checkouts of this user; other sources are another folder."""
        return user_cache() / "control-plane" / f"{self.version}-{self.programs.digest}"


def user_cache() -> Path:
    """Return this user's folder for what is built once."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "patterns"


def programs_are_ready(folder: LocalFolder) -> bool:
    """Whether `prepare_programs` would find them without a build."""
    release, named = Release(folder.control_plane_project), os.environ.get("KUBEBUILDER_ASSETS")
    return bool(named and release.programs.complete(Path(named))) or release.programs.complete(release.cache)


def prepare_programs(folder: LocalFolder, runner: Runner, timings: Timings) -> Path:
    """Return the folder that holds `PROGRAMS`, after building them if they are nowhere.

    Raises:
        ControlPlaneUnavailable: they are nowhere and cannot be built; with what to install.
        PlatformBusy: another command builds them and takes too long.
    """
    given = _from_environment(timings)
    if given:
        return given
    release = Release(folder.control_plane_project)
    return build_once(release.programs, release.cache, runner=runner, timings=timings)


def _from_environment(timings: Timings) -> Path | None:
    """Return envtest's folder when it has all programs; envtest itself brings two of them."""
    named = os.environ.get("KUBEBUILDER_ASSETS")
    if not named:
        return None
    missing = [name for name in PROGRAMS if not os.access(Path(named) / name, os.X_OK)]
    if missing:
        timings.report.say(f"KUBEBUILDER_ASSETS={named} is not used: it lacks {', '.join(missing)}")
        return None
    return Path(named)


def main() -> None:
    """Have the programs ready and print their folder: for scripts that shall not wait for a build later."""
    folder = LocalFolder.default()
    folder.prepare()
    with progress_for(sys.stderr) as report:
        found = prepare_programs(folder, Runner(folder.deploy_log), Timings(report))
    sys.stdout.write(f"{found}\n")


if __name__ == "__main__":
    try:
        main()
    except PlatformError as error:
        sys.exit(f"{error}\n{error.detail}".strip())
