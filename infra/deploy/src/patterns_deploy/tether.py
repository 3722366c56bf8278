"""Run one command that never outlives the program that wanted it: ``python tether.py [--report=FD] COMMAND…``.

Standard input is the tether. While the wanting program lives it holds the other end open; when it dies, even by
kill -9, the end closes and the command's whole process group is killed. A byte on the tether is the number of a
signal for the command. Nothing but the standard library is imported, and little of that: this runs before every step
of a deployment.

On Linux the command also ends with a tether that is killed, and what left its process group ends with it: a tether
inherits what its command leaves behind, the tethers below a command that was killed included. So nothing of a program
and of all that it tethered is left when its own tether has ended.

With ``--report`` the command's process id is written there, or why it could not be started.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

__all__ = ["NOT_STARTED"]

NOT_STARTED = 127
"""Exit code when the command could not be started, a shell's."""
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


def main(command: list[str], report: int | None = None) -> int:
    """Run the command in a process group of its own and return its exit code (128 + n when signal n ended it)."""
    process: subprocess.Popen[bytes] | None = None
    ended = False

    def end(*_: object) -> None:
        nonlocal ended
        ended = True
        with suppress(OSError):
            if process:
                os.killpg(process.pid, signal.SIGKILL)

    # Before there is a command: who ends this process while it starts one would leave the command to nobody.
    signal.signal(signal.SIGTERM, end)
    # A function, since a command would inherit that a signal is ignored.
    signal.signal(signal.SIGINT, lambda *_: None)
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_bind(),  # noqa: PLW1509 - there are no threads yet
        )
    except OSError as error:
        if report is None:
            raise
        _tell(report, f"{command[0]}: {error.strerror}")
        return NOT_STARTED
    if ended:
        end()
    if report is not None:
        _tell(report, str(process.pid))
    threading.Thread(target=_watch, args=(process, end), daemon=True).start()
    code = process.wait()
    end()
    _end_adopted()
    return code if code >= 0 else 128 - code


def _watch(process: "subprocess.Popen[bytes]", end: Callable[[], None]) -> None:
    """Pass signals on while somebody holds the tether."""
    try:
        while number := os.read(0, 1):
            process.send_signal(number[0])
    finally:
        end()


def _tell(report: int, text: str) -> None:
    # Who wanted to know may be gone. The tether's end says so, too, and then the command is ended.
    with suppress(OSError):
        os.write(report, text.encode())
        os.close(report)


def _bind() -> Callable[[], None] | None:
    """Become the parent of processes whose own parent ends; return what makes the command end with this process."""
    if sys.platform != "linux":
        return None
    import ctypes  # noqa: PLC0415 - not there on every system

    control, parent = ctypes.CDLL(None).prctl, os.getpid()
    control(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

    def bind() -> None:
        control(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            # The parent was killed before the kernel was asked to tell.
            os._exit(NOT_STARTED)

    return bind


def _end_adopted() -> None:
    """End what was adopted, and then what that leaves behind."""
    while adopted := _children():
        for pid in adopted:
            # What has become another user's ends when it likes.
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
            with suppress(OSError):
                os.waitpid(pid, 0)


def _children() -> list[int]:
    try:
        with open(f"/proc/self/task/{os.getpid()}/children") as file:  # noqa: PTH123 - pathlib is slow to import
            return [int(pid) for pid in file.read().split()]
    except OSError:
        return []


if __name__ == "__main__":
    option, chosen = sys.argv[1], sys.argv[2:]
    if option.startswith("--report="):
        exit_code = main(chosen, int(option.removeprefix("--report=")))
    else:
        exit_code = main([option, *chosen])
    # Threads may still be reading the tether: leave without waiting for them.
    sys.stdout.flush()
    os._exit(exit_code)
