"""Processes told apart for certain: a pid alone may have been given to somebody else since.

Linux answers from /proc, since slim images have no ``ps``; other systems ask ``ps``.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Process", "command_of", "end_group", "group_members", "processes_with", "tail"]

_PROC = Path("/proc")
_POLL = 0.02


@dataclass(frozen=True, slots=True)
class Process:
    """One process of this machine, known by its pid and the moment that it started.

    Attributes:
        pid: process id.
        started: the system's own notion of the start; compared, never read.
    """

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> "Process | None":
        """Return the living process with this pid."""
        for found, _, state, started in _listing(pid):
            if found == pid and not state.startswith("Z"):
                return cls(pid, started)
        return None

    @property
    def alive(self) -> bool:
        """Whether it still runs; a zombie that nobody waited for does not."""
        return Process.of(self.pid) == self

    def wait(self, seconds: float) -> bool:
        """Wait until it has ended; whether it did."""
        deadline = time.monotonic() + seconds
        while self.alive:
            if time.monotonic() >= deadline:
                return False
            time.sleep(_POLL)
        return True

    def signal(self, number: signal.Signals) -> None:
        """Send a signal if it still runs."""
        if self.alive:
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                return


def group_members(group: int) -> list[int]:
    """Return the pids of the living processes of a process group."""
    return [pid for pid, its_group, state, _ in _listing() if its_group == group and not state.startswith("Z")]


def command_of(pid: int) -> str:
    """Return a process's command line, empty when there is no such process."""
    if sys.platform != "linux":
        asked = ["/bin/ps", "-p", str(pid), "-o", "args="]
        return subprocess.run(asked, capture_output=True, text=True, check=False).stdout
    try:
        return (_PROC / str(pid) / "cmdline").read_text(errors="replace").replace("\0", " ")
    except OSError:
        return ""


def processes_with(text: str) -> list[Process]:
    """Return the living processes of this user that were started with this text in their environment."""
    found = (Process.of(pid) for pid, environment in _environments() if text in environment)
    return [process for process in found if process]


def end_group(group: int, *, grace: float = 2.0) -> bool:
    """End every process of a group, politely first; whether none is left."""
    for number, seconds in ((signal.SIGTERM, grace), (signal.SIGKILL, 5.0)):
        if not group_members(group):
            return True
        try:
            os.killpg(group, number)
        except ProcessLookupError:
            return True
        except PermissionError:
            # macOS answers so when only zombies are left in the group.
            return not group_members(group)
        deadline = time.monotonic() + seconds
        while group_members(group) and time.monotonic() < deadline:
            time.sleep(_POLL)
    return not group_members(group)


def tail(log: Path, lines: int = 15) -> str:
    """Return the last lines of a log, nothing when there is none."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""


def _listing(pid: int | None = None) -> Iterator[tuple[int, int, str, str]]:
    """Yield pid, process group, state and start of one process or of all."""
    return _from_proc(pid) if sys.platform == "linux" else _from_ps(pid)


def _environments() -> Iterator[tuple[int, str]]:
    """Yield pid and environment of all processes that may be asked for it."""
    if sys.platform != "linux":
        asked = ["/bin/ps", "-A", "-E", "-ww", "-o", "pid=,command="]
        for line in subprocess.run(asked, capture_output=True, text=True, check=False).stdout.splitlines():
            number, _, rest = line.strip().partition(" ")
            yield int(number), rest
        return
    for folder in _PROC.iterdir():
        if folder.name.isdigit():
            try:
                yield int(folder.name), (folder / "environ").read_text(errors="replace")
            except OSError:
                continue


def _from_proc(pid: int | None) -> Iterator[tuple[int, int, str, str]]:
    for folder in [_PROC / str(pid)] if pid else _PROC.iterdir():
        if not folder.name.isdigit():
            continue
        try:
            stat = (folder / "stat").read_text()
        except OSError:
            continue
        # The program's name stands in brackets and may contain anything; the fields after it are plain.
        fields = stat[stat.rindex(")") + 2 :].split()
        yield int(folder.name), int(fields[2]), fields[0], fields[19]


def _from_ps(pid: int | None) -> Iterator[tuple[int, int, str, str]]:
    chosen = ["-p", str(pid)] if pid else ["-A"]
    listed = subprocess.run(
        ["/bin/ps", *chosen, "-o", "pid=,pgid=,stat=,lstart="], capture_output=True, text=True, check=False
    )
    for line in listed.stdout.splitlines():
        number, group, state, started = line.split(None, 3)
        yield int(number), int(group), state, started
