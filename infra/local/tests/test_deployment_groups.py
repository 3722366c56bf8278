"""Patterns that need no Kubernetes never wait for its build, and stay when that fails."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from patterns_deploy.errors import ControlPlaneUnavailable, NotRunning
from patterns_deploy.folder import LocalFolder
from patterns_deploy.processes import Process
from patterns_deploy.progress import Silence
from patterns_infra.registry import PATTERNS, Pattern, select
from patterns_local import deployment_groups as module
from patterns_local.chosen_cluster import ChosenCluster
from patterns_local.control_plane.programs import PROGRAMS, Release, programs_are_ready
from patterns_local.deployment_groups import deployment_groups, start_in_groups

GO = """#!/bin/sh
case "$1" in
  env) echo go1.99.1 ;;
  list) echo example.com/one ;;
  build)
    echo $$ > "$BUILDING.new"; mv "$BUILDING.new" "$BUILDING"
    until [ -e "$MAY_END" ]; do sleep 0.02; done
    [ -n "$FAILS" ] && { echo "example.com/one: cannot find it" >&2; exit 1; }
    for word in "$@"; do case "$last" in -o) out="$word" ;; esac; last="$word"; done
    mkdir -p "$out"
    for name in server kube-apiserver kube-controller-manager kube-scheduler; do
      echo > "$out/$name"; chmod +x "$out/$name"
    done ;;
esac
"""
ALL = tuple(PATTERNS.values())


class Shown(Silence):
    """What a user would see; the build may end once they have seen that the rest waits for it."""

    def __init__(self, may_end: Path) -> None:
        self.steps: list[tuple[str, int | None]] = []
        self.waits: list[str] = []
        self._may_end = may_end

    def begin(self, step: str, total: int | None) -> None:
        """Keep the step."""
        self.steps.append((step, total))

    def say(self, line: str) -> None:
        """Keep the line about the wait."""
        if "waits" in line:
            self.waits.append(line)
            self._may_end.touch()


@pytest.fixture
def shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shown:
    """Return the display, on a machine with an empty cache and a Go that builds until it may end."""
    go = tmp_path / "path" / "go"
    go.parent.mkdir()
    go.write_text(GO)
    go.chmod(0o755)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    monkeypatch.setenv("PATH", f"{go.parent}:/usr/bin:/bin")
    monkeypatch.setenv("BUILDING", str(tmp_path / "building"))
    monkeypatch.setenv("MAY_END", str(tmp_path / "may-end"))
    return Shown(tmp_path / "may-end")


def _builder(folder: Path) -> int:
    """Return the process that builds, once it does."""
    deadline = time.monotonic() + 30
    while not (folder / "building").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return int((folder / "building").read_text())


def test_the_others_are_first_while_kubernetes_is_built(folder: LocalFolder, shown: Shown, tmp_path: Path) -> None:
    """The build shows its progress; what needs it comes when it is done."""
    with deployment_groups(ALL, folder, shown) as groups:
        assert next(groups) == select("web_api,batch,async")
        assert Process.of(_builder(tmp_path))
        assert not programs_are_ready(folder)
        assert next(groups) == select("k8s")
        assert programs_are_ready(folder)
        assert list(groups) == []
    assert shown.waits == ["web_api, batch, async: deployed; k8s: waits until Kubernetes is built"]
    assert ("build Kubernetes", 1) in shown.steps


def test_a_build_that_fails_is_the_second_groups_failure(
    folder: LocalFolder, shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the first group, with Go's own words."""
    monkeypatch.setenv("FAILS", "1")
    with deployment_groups(ALL, folder, shown) as groups:
        assert next(groups) == select("web_api,batch,async")
        with pytest.raises(ControlPlaneUnavailable, match="could not be built") as failed:
            next(groups)
    assert "cannot find it" in failed.value.detail


def test_a_command_that_ends_ends_the_build(folder: LocalFolder, shown: Shown, tmp_path: Path) -> None:
    """Nothing of it is left, neither a process nor half a result."""
    with deployment_groups(ALL, folder, shown) as groups:
        next(groups)
        builder = _builder(tmp_path)
    deadline, cache = time.monotonic() + 30, tmp_path / "cache" / "patterns" / "control-plane"
    while (Process.of(builder) or len([*cache.iterdir()]) > 1) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert Process.of(builder) is None
    assert [path.name for path in cache.iterdir()] == ["lock"]


@pytest.mark.parametrize("names", ["", "k8s", "web_api,async"])
def test_without_a_wait_there_is_one_group(
    folder: LocalFolder, shown: Shown, names: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Built before, nothing else to deploy meanwhile, or no use for Kubernetes: no build is begun here."""
    if not names:
        cache = Release(folder.control_plane_project).cache
        cache.mkdir(parents=True)
        for name in PROGRAMS:
            (cache / name).write_text("#!/bin/sh\n")
            (cache / name).chmod(0o755)
    monkeypatch.setattr(module, "prepare_programs", None)
    with deployment_groups(select(names), folder, shown) as groups:
        assert list(groups) == [select(names)]


def test_a_cluster_of_the_users_own_needs_no_build(folder: LocalFolder, shown: Shown) -> None:
    """All patterns are one group."""
    own = ChosenCluster(context="kind-own", uid="u", config="")
    with deployment_groups(ALL, folder, shown, cluster=own) as groups:
        assert list(groups) == [ALL]


class Platform:
    """Takes the place of the real one: remembers what was started, and may be ended in between."""

    started: Sequence[Sequence[str]] = ()
    up = True

    def __init__(self, seconds: float) -> None:
        self.timings: dict[str, float] = {f"step {seconds:g}": seconds, "total": seconds}

    @classmethod
    def start(cls, names: Sequence[str], **options: Any) -> "Platform":  # noqa: ANN401 - whatever start takes
        """Remember it."""
        assert options["detach"]
        cls.started = [*cls.started, names]
        return cls(float(len(names)))

    @classmethod
    def require(cls, **_: object) -> None:
        """Say that it is not up when it is not."""
        if not cls.up:
            raise NotRunning("the local platform is not up")


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> type[Platform]:
    """Return the stand-in."""
    monkeypatch.setattr(module, "Platform", Platform)
    monkeypatch.setattr(Platform, "started", ())
    return Platform


def _start(folder: LocalFolder, shown: Shown, chosen: Sequence[Pattern] = ALL) -> Platform:
    return cast("Platform", start_in_groups(chosen, shown, folder=folder))


def test_the_platform_is_up_before_kubernetes_is_built(
    folder: LocalFolder, shown: Shown, platform: type[Platform]
) -> None:
    """Then the rest is deployed to it; the times are those of both."""
    made = _start(folder, shown)
    assert platform.started == [["web_api", "batch", "async"], ["k8s"]]
    assert made.timings == {"step 3": 3.0, "step 1": 1.0, "total": 4.0}


def test_a_failed_build_leaves_the_others_up(
    folder: LocalFolder, shown: Shown, platform: type[Platform], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command fails, and nothing is taken down."""
    monkeypatch.setenv("FAILS", "1")
    with pytest.raises(ControlPlaneUnavailable):
        _start(folder, shown)
    assert platform.started == [["web_api", "batch", "async"]]


def test_a_platform_that_was_ended_meanwhile_is_not_started_again(
    folder: LocalFolder, shown: Shown, platform: type[Platform], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody ran `patterns down` while Kubernetes was built."""
    monkeypatch.setattr(platform, "up", False)
    with pytest.raises(NotRunning):
        _start(folder, shown)
    assert len(platform.started) == 1
