"""A subject's process, looked at from outside: its processor time so far, and its peak of memory."""

import os
from pathlib import Path

__all__ = ["peak_megabytes", "processor_seconds"]

_TICKS = os.sysconf("SC_CLK_TCK")
_USER, _SYSTEM = 11, 12
"""Fields of ``/proc/PID/stat`` behind the command's name, which may have spaces: proc_pid_stat(5)."""


def processor_seconds(pid: int) -> float:
    """Return the seconds of all its threads, those that have ended, too; by hundredths."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[_USER]) + int(fields[_SYSTEM])) / _TICKS


def peak_megabytes(pid: int) -> float:
    """Return the most memory that it ever had resident."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise ValueError(f"process {pid} has ended")
