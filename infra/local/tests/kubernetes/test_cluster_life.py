"""Nothing of the cluster outlives the platform, whoever ends it and however."""

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from patterns_deploy.errors import NotRunning, ServiceFailed
from patterns_deploy.folder import LocalFolder
from patterns_deploy.ports import choose_port
from patterns_deploy.processes import command_of, processes_with
from patterns_deploy.progress import Silence, Timings
from patterns_deploy.runner import Runner
from patterns_local.control_plane.programs import PROGRAMS
from patterns_local.emulator_environment import prepare_environment
from patterns_local.kubernetes import Kubernetes
from patterns_local.kubernetes_start import kubernetes_starter
from patterns_local.lifeline import Supervised
from patterns_local.local_aws import shell_exports
from patterns_local.platform import Platform
from patterns_local.state import end, read_state

Eventually = Callable[..., Any]

pytestmark = pytest.mark.integration


def _processes(folder: LocalFolder) -> list[str]:
    """Return the commands of all processes that name the folder."""
    commands = [command_of(int(each.name)) for each in Path("/proc").iterdir() if each.name.isdigit()]
    return [command for command in commands if str(folder.root) in command]


@pytest.fixture
def platform(folder: LocalFolder, programs: Path) -> Iterator[LocalFolder]:
    """Start a platform as a command does, and then Kubernetes, as a command does that needs it."""
    assert programs.is_dir()
    folder.prepare()
    runner = Runner(folder.deploy_log)
    python = prepare_environment(folder, runner)
    started = Supervised.start(
        folder, python=python, port=choose_port(folder.port), region="us-east-1", account="0" * 12
    )
    try:
        kubernetes_starter(folder, runner, Timings(Silence()))()
        yield folder
    finally:
        started.end()
        end(folder)


def test_down_leaves_nothing(platform: LocalFolder) -> None:
    """No process, no kubeconfig, no key; the logs stay."""
    found = Platform.require(folder=platform)
    assert found.kubeconfig == platform.kubeconfig
    names = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "patterns_local.kubelet")
    running = _processes(platform)
    assert [name for name in names if not any(name in command for command in running)] == []
    end(platform)
    assert _processes(platform) == []
    assert not platform.kubeconfig.exists()
    assert not platform.control_plane.exists()
    assert (platform.kubernetes_logs / "kube-apiserver.log").exists()


@pytest.mark.parametrize("victim", ["supervisor", "cluster"])
def test_a_kill_leaves_nothing(platform: LocalFolder, eventually: Eventually, victim: str) -> None:
    """Not even when nobody has time to clean up; the next command says what happened and clears the rest."""
    state = read_state(platform)
    assert state
    cluster = state.others["Kubernetes cluster"]
    os.kill((state.supervisor if victim == "supervisor" else cluster).pid, signal.SIGKILL)
    assert eventually(lambda: _processes(platform) == [])
    with pytest.raises(
        NotRunning, match="supervisor was killed" if victim == "supervisor" else "Kubernetes cluster ended"
    ):
        Platform.require(folder=platform)
    end(platform)
    assert not platform.kubeconfig.exists()
    assert not platform.control_plane.exists()


@pytest.mark.parametrize("how", ["ended", "killed"])
def test_pods_end_with_the_cluster_while_they_start(
    folder: LocalFolder,
    programs: Path,
    images: Path,
    default_namespace: Callable[[LocalFolder], Any],
    deployment: Callable[..., Any],
    family: Sequence[str],
    eventually: Eventually,
    how: str,
) -> None:
    """Whatever they have started. Who waits for the end finds nothing; a kill takes its moment."""
    with Kubernetes(folder, programs, images=images) as kubernetes:
        kubernetes.wait_ready(abandoned=lambda: False)
        default_namespace(folder).apply(deployment(replicas=6, container={"command": family}))
        assert eventually(lambda: len(processes_with(f"{folder.pods}/")) > len(family))
        if how == "killed":
            kubernetes.process.kill()
            assert eventually(lambda: not processes_with(f"{folder.pods}/"))
    assert processes_with(f"{folder.pods}/") == []


def test_a_platform_without_a_pattern_that_needs_it_has_no_cluster(folder: LocalFolder) -> None:
    """Half a gigabyte is not taken unasked."""
    folder.prepare()
    python = prepare_environment(folder, Runner(folder.deploy_log))
    started = Supervised.start(
        folder, python=python, port=choose_port(folder.port), region="us-east-1", account="0" * 12
    )
    try:
        assert not [command for command in _processes(folder) if "control_plane" in command]
        assert Platform.require(folder=folder).kubeconfig is None
    finally:
        started.end()


def test_a_cluster_that_cannot_start_shows_which_part_and_why(folder: LocalFolder, images: Path) -> None:
    """Here etcd is a program that ends at once."""
    folder.prepare()
    broken = folder.root / "programs"
    broken.mkdir()
    for name in PROGRAMS:
        (broken / name).write_text("#!/bin/sh\necho no room on the disk >&2\nexit 3\n")
        (broken / name).chmod(0o755)
    with (
        Kubernetes(folder, broken, images=images) as kubernetes,
        pytest.raises(ServiceFailed, match="Kubernetes cluster ended at once with code 1") as failed,
    ):
        kubernetes.wait_ready(abandoned=lambda: False)
    assert "ended 5 times within a minute, last with code 3" in failed.value.detail
    assert "no room on the disk" in failed.value.detail
    assert not folder.control_plane.exists()


def test_env_points_kubectl_at_the_cluster(platform: LocalFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """With no flags, whatever cluster the user works with else."""
    monkeypatch.setenv("KUBECONFIG", "/nowhere")
    found = Platform.require(folder=platform)
    exports = shell_exports(found.endpoint_url, found.kubeconfig)
    script = f"eval {shlex.quote(exports)}; kubectl get nodes --output=name"
    environment = {**os.environ, "PATH": f"{Path(sys.prefix) / 'bin'}:{os.defpath}"}
    said = subprocess.run(["sh", "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert said.stdout == "node/patterns-local\n"
    assert "KUBECONFIG" not in shell_exports(found.endpoint_url)
