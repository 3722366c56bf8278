"""Commands that run as processes: what they get, what they print, how they end, and that nothing of them stays."""

import asyncio
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from patterns_deploy.processes import Process, processes_with
from patterns_local.workloads.grace import Grace
from patterns_local.workloads.log import Line, Output, WorkloadLog
from patterns_local.workloads.workload import Command, Workload, WorkloadNotStarted

Eventually = Callable[..., Any]

pytestmark = pytest.mark.integration

LINUX = sys.platform == "linux"
"""Only there can processes be adopted, and end with their parent."""
WAITS = "import signal, sys, time; signal.signal(signal.SIGTERM, {handler}); print('on', flush=True); time.sleep(60)"
IGNORES_SIGTERM = WAITS.format(handler="signal.SIG_IGN")
CHECKPOINTS = WAITS.format(handler="lambda *_: sys.exit(75)")
ESCAPES = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session={session},
                         stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(child.pid, flush=True)
"""
HOLDS = """
import asyncio, sys
from pathlib import Path
from patterns_local.workloads.log import WorkloadLog
from patterns_local.workloads.workload import Command, Workload
async def hold():
    folder = Path(sys.argv[1])
    started = await Workload.start(Command(sys.argv[2:], {}, folder), WorkloadLog(folder / "log"))
    print(started.pid, flush=True)
    await started.wait()
asyncio.run(hold())
"""


def _python(source: str, *arguments: str) -> list[str]:
    return [sys.executable, "-c", source, *arguments]


def _run(arguments: list[str], folder: Path, **environment: str) -> tuple[int, list[Line]]:
    async def to_its_end() -> tuple[int, list[Line]]:
        log = WorkloadLog(folder / "log")
        started = await Workload.start(Command(arguments, environment, folder), log)
        code = await started.wait()
        return code, [line async for line in log.lines()]

    return asyncio.run(to_its_end())


def _text(lines: list[Line], output: Output = Output.STANDARD) -> str:
    return b"".join(line.text for line in lines if line.output == output).decode()


@pytest.mark.parametrize("code", [0, 1, 2, 75, 255])
def test_the_exit_code_is_the_commands_own(tmp_path: Path, code: int) -> None:
    """Callers tell bad input from a reason to try again by it."""
    assert _run(_python(f"raise SystemExit({code})"), tmp_path)[0] == code


def test_a_signals_exit_code_is_a_shells(tmp_path: Path) -> None:
    """128 and the signal's number, as container services report it."""
    assert _run(_python("import os; os.kill(os.getpid(), 9)"), tmp_path)[0] == 137


def test_the_environment_and_the_folder_are_what_was_declared(tmp_path: Path) -> None:
    """Nothing of the caller's environment is added."""
    source = "import os; print(sorted(os.environ), os.getcwd())"
    code, lines = _run(_python(source), tmp_path, LC_ALL="C.UTF-8", ROLE="mine")
    assert code == 0
    assert _text(lines) == f"['LC_ALL', 'ROLE'] {tmp_path}\n"


def test_the_program_is_found_on_the_declared_path(tmp_path: Path) -> None:
    """As in an image, whose PATH is not the machine's."""
    program = tmp_path / "bin" / "report"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho found\n")
    program.chmod(0o755)
    assert _text(_run(["report"], tmp_path, PATH=str(program.parent))[1]) == "found\n"


@pytest.mark.parametrize(
    ("arguments", "reason"), [(["no-such-program"], "no-such-program: No such file"), (["/etc"], "/etc: Permission")]
)
def test_a_command_that_cannot_start_says_why(tmp_path: Path, arguments: list[str], reason: str) -> None:
    """And is not taken for one that ran."""
    with pytest.raises(WorkloadNotStarted, match=reason):
        _run(arguments, tmp_path, PATH="/usr/bin")


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    """It is the caller's mistake."""

    async def start() -> None:
        log = WorkloadLog(tmp_path / "log")
        await Workload.start(Command(["true"], {}, tmp_path / "gone"), log)

    with pytest.raises(WorkloadNotStarted, match="gone: No such file or directory"):
        asyncio.run(start())


def test_both_outputs_are_kept_apart_line_by_line(tmp_path: Path) -> None:
    """Also a last line without an end, bytes that are no text, and a line longer than anybody reads at once."""
    source = r"""
import sys
sys.stdout.buffer.write(b"one\ntwo\n\n\xff\n" + b"x" * 40_000 + b"\nlast")
sys.stderr.write("oops\n")
"""
    _, lines = _run(_python(source), tmp_path)
    printed = [line.text for line in lines if line.output == Output.STANDARD]
    assert printed[:4] == [b"one\n", b"two\n", b"\n", b"\xff\n"]
    assert b"".join(printed[4:-1]) == b"x" * 40_000 + b"\n"
    assert max(map(len, printed)) == 16 * 1024
    assert printed[-1] == b"last"
    assert _text(lines, Output.ERROR) == "oops\n"


def test_a_lot_of_output_is_kept_whole(tmp_path: Path) -> None:
    """On disk: memory does not depend on it."""
    _, lines = _run(_python("for n in range(200_000): print(n)"), tmp_path)
    assert len(lines) == 200_000
    assert lines[-1].text == b"199999\n"


def test_a_log_is_followed_while_it_is_written(tmp_path: Path) -> None:
    """By one that came first and by one that came late, and both see its end."""

    async def follow() -> tuple[list[bytes], list[bytes], list[bytes]]:
        log = WorkloadLog(tmp_path / "log")
        source = "import sys\nfor n in range(3): print(n, flush=True); sys.stdin if n else None"
        started = await Workload.start(Command(_python(source), {}, tmp_path), log)
        early = [line.text async for line in log.lines(follow=True)]
        await started.wait()
        late = [line.text async for line in log.lines(follow=True)]
        last = [line.text async for line in log.lines(tail=1)]
        return early, late, last

    everything = [b"0\n", b"1\n", b"2\n"]
    assert asyncio.run(follow()) == (everything, everything, [b"2\n"])


def _stopped(source: str, folder: Path, seconds: float) -> tuple[int, float]:
    """Stop a command when it says that it is on; its exit code and how long that took."""

    async def stop() -> tuple[int, float]:
        log = WorkloadLog(folder / "log")
        started = await Workload.start(Command(_python(source), {}, folder), log)
        async for _ in log.lines(follow=True):
            break
        asked = time.monotonic()
        return await started.stop(Grace(seconds)), time.monotonic() - asked

    return asyncio.run(stop())


def test_a_stopped_command_may_end_in_its_own_way(tmp_path: Path) -> None:
    """SIGTERM comes first: time for a checkpoint."""
    code, took = _stopped(CHECKPOINTS, tmp_path, 30.0)
    assert code == 75
    assert took < 30.0


def test_a_command_that_does_not_stop_is_killed(tmp_path: Path) -> None:
    """After the time that it was given."""
    code, took = _stopped(IGNORES_SIGTERM, tmp_path, 0.5)
    assert code == 137
    assert took >= 0.5


def test_a_start_that_is_cancelled_leaves_nothing(tmp_path: Path, eventually: Eventually) -> None:
    """At whichever moment: before there is a process, before that is known, or just after."""
    mark = secrets.token_hex(8)

    async def start(number: int) -> None:
        log = WorkloadLog(tmp_path / f"log-{number}")
        started = await Workload.start(Command(_python(IGNORES_SIGTERM), {"MARK": mark}, tmp_path), log)
        await started.kill()

    async def cancel_many() -> None:
        for number in range(30):
            with suppress(TimeoutError):
                async with asyncio.timeout(number / 1000):
                    await start(number)
        # While the loop runs: with it everything would end that nobody has let go.
        assert await asyncio.to_thread(eventually, lambda: not processes_with(mark))

    asyncio.run(cancel_many())


@pytest.mark.parametrize("session", [False, True] if LINUX else [False])
def test_what_a_command_leaves_behind_ends_with_it(tmp_path: Path, eventually: Eventually, session: bool) -> None:  # noqa: FBT001 - pytest's
    """On Linux also a child with a session of its own, as a daemon has."""
    code, lines = _run(_python(ESCAPES.format(session=session)), tmp_path)
    assert code == 0
    assert eventually(lambda: Process.of(int(_text(lines))) is None)


@pytest.mark.parametrize("who", ["holder", "tether", "both"] if LINUX else ["holder"])
def test_a_command_ends_with_whoever_runs_it(tmp_path: Path, eventually: Eventually, who: str) -> None:
    """By kill -9: nobody is left to end it but the kernel."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(tmp_path), *_python(IGNORES_SIGTERM)], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout
        pid = int(holder.stdout.readline())
        command = Process.of(pid)
        assert command
        assert command.alive
        if who != "holder":
            os.kill(int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1]), signal.SIGKILL)
        if who != "tether":
            holder.kill()
        assert eventually(lambda: not command.alive)
