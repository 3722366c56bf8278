"""Helm is built as Kubernetes' programs are: once for a user, of what is pinned here."""

import re
import stat
from pathlib import Path

import pytest

from patterns_deploy.errors import ControlPlaneUnavailable
from patterns_deploy.folder import LocalFolder
from patterns_deploy.progress import Silence, Timings
from patterns_deploy.runner import Runner
from patterns_local.helm_program import helm_release, prepare_helm

GO = """#!/bin/sh
case "$1" in
  env) echo go1.99.1 ;;
  list) echo example.com/one ;;
  build)
    [ -n "$FAILS" ] && { echo "example.com/one: cannot find it" >&2; exit 1; }
    for word in "$@"; do case "$last" in -o) out="$word" ;; esac; last="$word"; done
    mkdir -p "$out"; echo "$*" > "$out/helm"; chmod +x "$out/helm" ;;
esac
"""


@pytest.fixture(autouse=True)
def go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the test a cache of its own, and a Go that builds at once."""
    program = tmp_path / "path" / "go"
    program.parent.mkdir()
    program.write_text(GO)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    return program


def prepare(folder: LocalFolder) -> Path:
    """Prepare it, as a command does."""
    folder.prepare()
    return prepare_helm(Runner(folder.deploy_log), Timings(Silence()))


def test_helm_is_built_once(folder: LocalFolder, go: Path, tmp_path: Path) -> None:
    """It knows its version, and is taken from the cache afterwards."""
    helm = prepare(folder)
    assert helm.relative_to(tmp_path / "cache" / "patterns" / "helm").parts[0].startswith(helm_release().version)
    assert f"internal/version.version={helm_release().version}" in helm.read_text()
    go.unlink()
    assert prepare(folder) == helm


def test_a_failed_build_says_what_to_do(folder: LocalFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line, with Go's own words as detail."""
    monkeypatch.setenv("FAILS", "1")
    with pytest.raises(
        ControlPlaneUnavailable, match=r"Helm v4\S+ could not be built: .*install Go 1\.\d+ or newer, or take a Helm"
    ) as failed:
        prepare(folder)
    assert "cannot find it" in failed.value.detail


def test_its_kubernetes_is_the_local_cluster_s(folder: LocalFolder) -> None:
    """The same libraries, so that Go compiles most of them once for both."""

    def versions(project: Path) -> dict[str, str]:
        return dict(re.findall(r"(k8s\.io/[\w-]+) => \S+ (v\S+)", (project / "go.mod").read_text()))

    ours, theirs = versions(helm_release().project), versions(folder.control_plane_project)
    assert ours["k8s.io/client-go"]
    assert ours.items() <= theirs.items()
