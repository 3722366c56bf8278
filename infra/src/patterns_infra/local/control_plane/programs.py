"""Where Kubernetes' own programs come from, the first that works: envtest's folder, this machine's cache, a build.

``python -m patterns_infra.local.control_plane.programs`` makes sure of them.
"""

import hashlib
import os
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from patterns_infra.local.control_plane.go_build import BUILD_PREFIX, build_programs
from patterns_infra.local.errors import PlatformError
from patterns_infra.local.folder import LocalFolder
from patterns_infra.local.lock import exclusive
from patterns_infra.local.progress import Timings, progress_for
from patterns_infra.local.runner import Runner

__all__ = ["PROGRAMS", "Release", "prepare_programs"]

PROGRAMS = ("etcd", "kube-apiserver", "kube-controller-manager")
_BUILD_SECONDS = 5400.0
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
    def cache(self) -> Path:
        """Where its programs are kept for all checkouts of this user; other sources are another folder."""
        sources = b"".join((self.project / name).read_bytes() for name in ("go.mod", "go.sum"))
        digest = hashlib.sha256(sources).hexdigest()[:12]
        caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        return caches / "patterns" / "control-plane" / f"{self.version}-{digest}"


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
    if _complete(release.cache):
        return release.cache
    release.cache.parent.mkdir(parents=True, exist_ok=True)
    lock = release.cache.with_name("lock")
    with exclusive(lock, seconds=_BUILD_SECONDS, waiting=timings.report.say):
        if not _complete(release.cache):
            for left in release.cache.parent.glob(f"{BUILD_PREFIX}*"):
                shutil.rmtree(left, ignore_errors=True)
            build_programs(release.project, release.version, release.cache, runner=runner, timings=timings)
    return release.cache


def _from_environment(timings: Timings) -> Path | None:
    """Return envtest's folder when it has all programs; envtest itself needs no controller manager."""
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


def _complete(folder: Path) -> bool:
    return all(os.access(folder / name, os.X_OK) for name in PROGRAMS)


if __name__ == "__main__":
    try:
        main()
    except PlatformError as error:
        sys.exit(f"{error}\n{error.detail}".strip())
