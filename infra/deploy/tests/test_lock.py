"""One command at a time changes a checkout's platform."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from patterns_deploy.errors import PlatformBusy
from patterns_deploy.lock import exclusive

pytestmark = pytest.mark.integration

HOLD = """
import sys, time
from pathlib import Path
from patterns_deploy.lock import exclusive
with exclusive(Path(sys.argv[1]), seconds=1, waiting=print):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the lock file."""
    return tmp_path / "lock"


def test_a_second_command_waits_says_for_whom_and_gives_up(path: Path) -> None:
    """The line names the process, so that the user can look at it."""
    said: list[str] = []
    with exclusive(path, seconds=1, waiting=said.append):
        second = [sys.executable, "-c", HOLD.replace("seconds=1", "seconds=0.3"), str(path)]
        done = subprocess.run(second, capture_output=True, text=True, check=False)
    assert f"process {os.getpid()}" in done.stdout
    assert "gave up after 0.3 s" in done.stderr
    assert said == [], "the first one had nothing to wait for"


def test_the_lock_of_a_killed_command_is_free(path: Path) -> None:
    """The system frees it; no file has to be deleted by hand."""
    with subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(PlatformBusy), exclusive(path, seconds=0.2, waiting=lambda _: None):
            pass
        holder.kill()
        holder.wait()
        with exclusive(path, seconds=5, waiting=lambda _: None):
            assert path.read_text() == str(os.getpid())
