"""What a tether holds ends with it, at whichever moment somebody ends the tether or the one who holds it."""

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from patterns_deploy import tether
from patterns_deploy.processes import processes_with

Eventually = Callable[..., Any]

pytestmark = pytest.mark.integration

TETHER = [sys.executable, "-I", "-S", str(Path(tether.__file__))]
FAMILY = ["sh", "-c", "sleep 600 & setsid sleep 600 & wait"]
"""A program with a child in its process group, and one with a session of its own."""
LINUX = sys.platform == "linux"
HOLDS = """
import subprocess, sys
held = [subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE) for _ in range(5)]
print("on", flush=True)
held[0].wait()
"""


@pytest.fixture
def marked() -> dict[str, str]:
    """Return an environment that only this test's processes have."""
    return {"MARK": secrets.token_hex(8), "PATH": os.defpath}


def _of(marked: dict[str, str]) -> list[Any]:
    return processes_with(f"MARK={marked['MARK']}")


def test_a_command_whose_starter_died_before_it_was_told(marked: dict[str, str], eventually: Eventually) -> None:
    """The report finds no reader; what the command has begun meanwhile ends all the same."""
    for _ in range(10):
        reading, writing = os.pipe()
        os.close(reading)
        started = subprocess.Popen(
            [*TETHER, f"--report={writing}", *FAMILY], env=marked, stdin=subprocess.PIPE, pass_fds=[writing]
        )
        os.close(writing)
        assert started.stdin
        started.stdin.close()
        started.wait(30)
    assert eventually(lambda: not _of(marked))


@pytest.mark.parametrize("number", [signal.SIGTERM, *([signal.SIGKILL] if LINUX else [])])
def test_a_tether_that_is_ended_while_it_starts_a_command(
    marked: dict[str, str], eventually: Eventually, number: signal.Signals
) -> None:
    """Whether it has a command by then or not; nobody holds it any more either."""
    for moment in range(40):
        with subprocess.Popen([*TETHER, "sleep", "600"], env=marked, stdin=subprocess.PIPE) as started:
            time.sleep(moment / 1000)
            started.send_signal(number)
            assert started.wait(30) in {-number, 128 + signal.SIGKILL}
    assert eventually(lambda: not _of(marked))


@pytest.mark.skipif(not LINUX, reason="only there can a process inherit others")
def test_nothing_of_a_program_that_holds_tethers_is_left_when_its_own_has_ended(marked: dict[str, str]) -> None:
    """By kill -9 of the program: whoever waits for its tether may go on at once, and nothing runs twice."""
    for _ in range(10):
        command = [*TETHER, sys.executable, "-c", HOLDS, *TETHER, *FAMILY]
        with subprocess.Popen(command, env=marked, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as started:
            assert started.stdout
            started.stdout.readline()
            children = Path(f"/proc/{started.pid}/task/{started.pid}/children").read_text().split()
            os.kill(int(children[0]), signal.SIGKILL)
            assert started.wait(30) == 128 + signal.SIGKILL
        assert _of(marked) == []
