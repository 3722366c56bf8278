"""Programs run with a deadline, in a given environment, and never outlive whoever wanted them."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from patterns_deploy.processes import Process
from patterns_deploy.runner import CommandFailed, Runner

pytestmark = pytest.mark.integration


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """Return a runner with a log of its own."""
    return Runner(tmp_path / "logs" / "run.log")


def _run(runner: Runner, script: str, **more: Any) -> list[str]:  # noqa: ANN401 - passed on
    settings = {"environment": {}, "folder": Path.cwd(), "seconds": 30.0} | more
    return runner.run([sys.executable, "-c", script], **settings)  # type: ignore[arg-type]


def test_output_is_given_line_by_line_and_logged(runner: Runner) -> None:
    """A progress display sees every line when it appears; the log keeps all of them."""
    seen: list[str] = []
    lines = _run(runner, "import sys; print('out'); print('err', file=sys.stderr)", each_line=seen.append)
    assert sorted(lines) == sorted(seen) == ["err", "out"]
    assert sorted(runner.log.read_text().split()) == ["err", "out"]


def test_nothing_of_our_environment_reaches_the_program(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what is given is there: a user's AWS_PROFILE is not."""
    monkeypatch.setenv("AWS_PROFILE", "production")
    script = "import os; print(os.environ.get('AWS_PROFILE'), os.environ.get('GIVEN'))"
    assert _run(runner, script, environment={"GIVEN": "yes"}) == ["None yes"]


def test_a_failing_program_tells_its_code_and_the_end_of_its_output(runner: Runner) -> None:
    """Whoever catches the error can explain it."""
    with pytest.raises(CommandFailed, match="exit code 3") as failed:
        _run(runner, "print('the reason'); raise SystemExit(3)")
    assert failed.value.output == ["the reason"]
    assert failed.value.detail == "the reason"


def test_a_program_that_takes_too_long_is_ended(runner: Runner) -> None:
    """A hanging deployment does not hang the command for ever."""
    began = time.monotonic()
    with pytest.raises(CommandFailed, match=r"longer than 0\.5 s"):
        _run(runner, "import time; time.sleep(60)", seconds=0.5)
    assert time.monotonic() - began < 10


def test_a_missing_program_is_one_clear_line(runner: Runner, tmp_path: Path) -> None:
    """The tether starts it, so its exit code tells; the line names the program."""
    with pytest.raises(CommandFailed) as failed:
        runner.run([str(tmp_path / "none")], environment={}, folder=tmp_path, seconds=10)
    assert "none" in failed.value.detail


def test_ending_all_ends_what_runs_and_lets_nothing_new_start(runner: Runner) -> None:
    """When one step of a deployment fails, the steps beside it stop at once."""
    threading.Timer(0.3, runner.end_all).start()
    with pytest.raises(CommandFailed, match="exit code 137"):
        _run(runner, "import time; time.sleep(60)")
    with pytest.raises(CommandFailed, match="not started"):
        _run(runner, "print()")


def test_a_program_dies_with_its_runner_even_by_kill_9(
    tmp_path: Path, eventually: Callable[[Callable[[], Any]], Any]
) -> None:
    """Its tether closes when the process that holds it is gone; grandchildren end, too."""
    pids = tmp_path / "pids"
    grandchild = "import time; time.sleep(60)"
    child = (
        "import os, pathlib, subprocess, sys, time\n"
        f"made = subprocess.Popen([sys.executable, '-c', {grandchild!r}])\n"
        f"pathlib.Path({str(pids)!r}).write_text(f'{{os.getpid()}} {{made.pid}}')\n"
        "time.sleep(60)"
    )
    script = (
        "import sys\nfrom pathlib import Path\nfrom patterns_deploy.runner import Runner\n"
        f"Runner(Path({str(tmp_path / 'log')!r})).run([sys.executable, '-c', {child!r}],"
        " environment={}, folder=Path('/'), seconds=60)"
    )
    starter = subprocess.Popen([sys.executable, "-c", script])
    found = eventually(lambda: pids.exists() and pids.read_text().split())
    processes = [Process.of(int(pid)) for pid in found]
    assert all(processes)
    starter.send_signal(signal.SIGKILL)
    starter.wait()
    assert all(process.wait(5.0) for process in processes if process)
