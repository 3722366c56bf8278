"""One process of the platform, as its supervisor starts, watches and ends it."""

import os
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

from patterns_deploy.errors import ServiceFailed
from patterns_deploy.processes import Process, end_group, tail

__all__ = ["Service", "service_environment"]

_READY_SECONDS = 60.0
_POLL = 0.02


class Service(ABC):
    """A running process in a process group of its own.

    Its lifeline closes when the supervisor dies, however it dies: then it kills its group, itself included.

    Attributes:
        name: what people call it.
        log: everything that it prints.
        process: the process itself.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        log: Path,
        environment: Mapping[str, str],
        folder: Path,
        passed: Sequence[int] = (),
    ) -> None:
        """Start it; `wait_ready` says when it serves.

        Args:
            name: what people call it.
            command: program and arguments; ``--lifeline=FD`` is added.
            log: written anew.
            environment: all of its environment, nothing is added.
            folder: where it runs.
            passed: file descriptors that it inherits.

        Raises:
            ServiceFailed: it cannot be started.
        """
        self.name = name
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        lifeline_end, self._lifeline = os.pipe()
        try:
            with log.open("w") as output:
                self.process = subprocess.Popen(
                    [*command, f"--lifeline={lifeline_end}"],
                    env=dict(environment),
                    cwd=folder,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    pass_fds=[lifeline_end, *passed],
                    start_new_session=True,
                )
        except OSError as error:
            os.close(self._lifeline)
            raise ServiceFailed(f"the {name} cannot be started: {error.strerror} ({command[0]})") from error
        finally:
            os.close(lifeline_end)

    @abstractmethod
    def healthy(self) -> bool:
        """Whether it answers now; it may take a second or two to say no."""

    def wait_ready(self, *, abandoned: Callable[[], bool], seconds: float = _READY_SECONDS) -> None:
        """Wait until it answers.

        Args:
            abandoned: asked again and again; whether nobody waits for it any more.
            seconds: how long it may take.

        Raises:
            ServiceFailed: it ended instead, or does not answer in time; with the end of its log.
        """
        deadline = time.monotonic() + seconds
        while not (self.healthy() and self.process.poll() is None):
            code = self.process.poll()
            if code is not None:
                raise self._failed(f"the {self.name} ended at once with code {code}")
            if abandoned():
                raise self._failed(f"the command that started the {self.name} is gone")
            if time.monotonic() >= deadline:
                raise self._failed(f"the {self.name} did not answer within {seconds:g} s")
            time.sleep(_POLL)

    def identified(self) -> Process:
        """Return what tells its process from any other.

        Raises:
            ServiceFailed: it has ended.
        """
        found = Process.of(self.process.pid)
        if found is None:
            raise self._failed(f"the {self.name} ended while the platform started")
        return found

    def end(self) -> None:
        """End it and everything that it started."""
        end_group(self.process.pid, grace=0.0)
        self.process.wait()
        os.close(self._lifeline)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def _failed(self, line: str) -> ServiceFailed:
        return ServiceFailed(f"{line}; its log is {self.log}", detail=tail(self.log))


def service_environment() -> dict[str, str]:
    """Return the environment of a service: nothing of the user's, whose proxies and AWS variables lead elsewhere."""
    return {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TZ": "UTC"}
