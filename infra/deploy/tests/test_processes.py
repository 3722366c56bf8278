"""Processes are known by pid and start, and groups end as a whole."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from patterns_deploy.processes import Process, end_group, group_members, tail

pytestmark = pytest.mark.integration


def _sleeper(script: str = "import time; print(flush=True); time.sleep(60)") -> "subprocess.Popen[bytes]":
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, start_new_session=True)
    assert process.stdout
    process.stdout.readline()
    return process


def test_another_process_with_the_same_pid_is_not_the_one_that_was_meant() -> None:
    """After a reboot, a pid in an old file may be somebody else's."""
    mine = Process.of(os.getpid())
    assert mine
    assert mine.alive
    assert not Process(os.getpid(), "another start").alive


def test_a_zombie_does_not_live() -> None:
    """A process that nobody waited for holds nothing any more."""
    child = _sleeper()
    process = Process.of(child.pid)
    assert process
    os.kill(child.pid, signal.SIGKILL)
    assert process.wait(5.0)
    assert child.returncode is None, "not reaped yet, so it was a zombie"
    child.communicate()


def test_waiting_for_a_process_ends_when_the_time_is_up() -> None:
    """Nobody waits for ever."""
    mine = Process.of(os.getpid())
    assert mine
    assert not mine.wait(0.05)


def test_a_group_ends_with_the_children_that_ignore_a_polite_request() -> None:
    """SIGTERM is asked first; what ignores it is killed, grandchildren too."""
    deaf = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"
    child = f"import signal, time; {deaf}; print(flush=True); time.sleep(60)"
    leader = _sleeper(
        f"import signal, subprocess, sys, time; {deaf}\n"
        f"child = subprocess.Popen([sys.executable, '-c', {child!r}], stdout=subprocess.PIPE)\n"
        "child.stdout.readline(); print(flush=True); time.sleep(60)"
    )
    assert len(group_members(leader.pid)) == 2
    assert end_group(leader.pid, grace=0.2)
    assert group_members(leader.pid) == []
    leader.communicate()


def test_the_tail_of_a_log_that_is_not_there_is_empty(tmp_path: Path) -> None:
    """An error about a log must not hide the error that it explains."""
    assert tail(tmp_path / "none.log") == ""
    (tmp_path / "some.log").write_text("1\n2\n3\n")
    assert tail(tmp_path / "some.log", lines=2) == "2\n3"
