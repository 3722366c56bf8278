"""Processes of pods that have lost whoever would end them."""

import subprocess
from pathlib import Path

from patterns_deploy.processes import Process
from patterns_local.kubelet.leftovers import end_leftovers, mark_of


def test_what_is_left_of_pods_is_ended_whoever_its_parent_is(tmp_path: Path) -> None:
    """Also what has left its process group, and nothing of another cluster's pods, whose folder has a longer name."""
    mine, theirs = tmp_path / "pods", tmp_path / "pods-of-another"
    command = ["sh", "-c", "setsid sleep 600 & echo $!; exec sleep 600"]
    with (
        subprocess.Popen(command, env=mark_of(mine / "u" / "main"), stdout=subprocess.PIPE, text=True) as left,
        subprocess.Popen(["sleep", "600"], env=mark_of(theirs / "u" / "main")) as other,
    ):
        assert left.stdout
        away = Process.of(int(left.stdout.readline()))
        assert away
        assert end_leftovers(mine)
        assert not away.alive
        assert left.wait(30) == -9
        assert other.poll() is None
        other.kill()


def test_where_nothing_is_left_nothing_is_done(tmp_path: Path) -> None:
    """Not even the folder needs to be there."""
    assert end_leftovers(tmp_path / "absent")
