"""The message that a container leaves when it ends: its termination log, or the end of what it printed.

The limits and the order are a kubelet's (pkg/kubelet: kuberuntime/kuberuntime_container.go, container/runtime.go).
"""

import os
from pathlib import Path

from lightkube.models.core_v1 import Container

from patterns_local.workloads.log import WorkloadLog

__all__ = ["DEFAULT_PATH", "begin_termination_log", "termination_log_path", "termination_message"]

DEFAULT_PATH = "/dev/termination-log"
_FROM_FILE_BYTES = 4096
_FROM_LOG_BYTES = 2048
_FROM_LOG_LINES = 80


def termination_log_path(container: Container) -> str:
    """Return the path that the container knows, absolute."""
    return f"/{(container.terminationMessagePath or DEFAULT_PATH).lstrip('/')}"


def begin_termination_log(folder: Path) -> Path:
    """Return the file that stands for that path in the container's folder, empty for a new run."""
    log = _log_in(folder)
    log.write_bytes(b"")
    return log


async def termination_message(container: Container, folder: Path, log: WorkloadLog, exit_code: int) -> str:
    """Return the message of a run that has ended.

    Args:
        container: its ``terminationMessagePolicy`` decides.
        folder: the container's own.
        log: what it printed.
        exit_code: only a run that failed falls back to what it printed.

    Returns:
        At most 4096 bytes of the end of its termination log; if that is empty and the policy says so, the last 80 lines
        of its log, at most 2048 bytes; text that is not UTF-8 is replaced.
    """
    try:
        written = _end_of(_log_in(folder))
    except FileNotFoundError:
        written = b""
    except OSError as error:
        return f"Error on reading termination log {termination_log_path(container)}: {error.strerror}"
    if not written and exit_code and container.terminationMessagePolicy == "FallbackToLogsOnError":
        lines = [line.text async for line in log.lines(tail=_FROM_LOG_LINES)]
        written = b"".join(lines)[-_FROM_LOG_BYTES:]
    return written.decode(errors="replace")


def _log_in(folder: Path) -> Path:
    return folder / "termination-log"


def _end_of(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - _FROM_FILE_BYTES))
        return file.read(_FROM_FILE_BYTES)
