"""Processes of pods that outlived their kubelet: found by a mark in their environment, and ended.

Tethers end what a kubelet ran, however that ended (see `patterns_deploy.tether`). This is for what lost its
tethers, too: when somebody kills many processes hard at once, or a system does that is short of memory.
"""

import sys
import time
from pathlib import Path
from signal import SIGKILL

from patterns_deploy.processes import processes_with

__all__ = ["end_leftovers", "mark_of"]

_VARIABLE = "PATTERNS_POD"
_SECONDS = 10.0
_POLL = 0.02


def mark_of(container: Path) -> dict[str, str]:
    """Return the variable by which all processes of a container are known, its children's children included.

    Args:
        container: its folder, in its pod's folder.
    """
    return {_VARIABLE: str(container.resolve())}


def end_leftovers(pods: Path) -> bool:
    """Kill all processes of the pods that have their folders here, and wait until there is none.

    A pid may name another program by now, and a group may have lost the process that it is named after. A path in an
    environment is the pod's for ever, and inherited by whatever it starts.

    Args:
        pods: holds a folder for each pod.

    Returns:
        Whether none is left; of those that are, a line on standard error tells.
    """
    mark = f"{_VARIABLE}={pods.resolve()}/"
    deadline = time.monotonic() + _SECONDS
    while left := processes_with(mark):
        if time.monotonic() >= deadline:
            pids = ", ".join(str(process.pid) for process in left)
            sys.stderr.write(f"processes of pods do not end, not even by SIGKILL: {pids}\n")
            return False
        for process in left:
            process.signal(SIGKILL)
        time.sleep(_POLL)
    return True
