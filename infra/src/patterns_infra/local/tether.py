"""Run one command that never outlives the program that wanted it: ``python tether.py [--report=FD] COMMAND…``.

Standard input is the tether. While the wanting program lives it holds the other end open; when it dies, even by
kill -9, the end closes and the command's whole process group is killed. A byte on the tether is the number of a
signal for the command. Nothing but the standard library is imported, and little of that: this runs before every step
of a deployment.

With ``--report`` the command's process id is written there, or why it could not be started. On Linux the command then
also ends with a tether that is killed, and what left its process group ends with it.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable

__all__ = ["NOT_STARTED"]

NOT_STARTED = 127
"""Exit code when the command could not be started, a shell's."""
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


def main(command: list[str], report: int | None = None) -> int:
    """Run the command in a process group of its own and return its exit code (128 + n when signal n ended it)."""
    before = _bind() if report is not None else None
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=before,  # noqa: PLW1509 - there are no threads yet
        )
    except OSError as error:
        if report is None:
            raise
        _tell(report, f"{command[0]}: {error.strerror}")
        return NOT_STARTED
    if report is not None:
        _tell(report, str(process.pid))

    def end(*_: object) -> None:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except OSError:
            return

    def watch() -> None:
        while number := os.read(0, 1):
            process.send_signal(number[0])
        end()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=watch, daemon=True).start()
    code = process.wait()
    end()
    _end_adopted()
    return code if code >= 0 else 128 - code


def _tell(report: int, text: str) -> None:
    os.write(report, text.encode())
    os.close(report)


def _bind() -> Callable[[], None] | None:
    """Become the parent of processes whose own parent ends; return what makes the command end with this process."""
    if sys.platform != "linux":
        return None
    import ctypes  # noqa: PLC0415 - not needed where a deployment runs its steps

    control = ctypes.CDLL(None).prctl
    control(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    return lambda: control(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _end_adopted() -> None:
    """End what was adopted, and then what that leaves behind."""
    while adopted := _children():
        for pid in adopted:
            try:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            except OSError:
                continue


def _children() -> list[int]:
    try:
        with open(f"/proc/self/task/{os.getpid()}/children") as file:  # noqa: PTH123 - pathlib is slow to import
            return [int(pid) for pid in file.read().split()]
    except OSError:
        return []


if __name__ == "__main__":
    option, chosen = sys.argv[1], sys.argv[2:]
    if option.startswith("--report="):
        ended = main(chosen, int(option.removeprefix("--report=")))
    else:
        ended = main([option, *chosen])
    # Threads may still be reading the tether: leave without waiting for them.
    sys.stdout.flush()
    os._exit(ended)
