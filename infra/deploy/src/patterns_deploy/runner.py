"""Running the programs that the platform is built with: uv, the CDK app, node with the CDK command line.

Each runs behind a tether (see `tether`), so that Ctrl-C, an error elsewhere or a kill -9 of this process
leaves none of them behind, and inside a deadline.
"""

import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from patterns_deploy import tether
from patterns_deploy.errors import PlatformError

__all__ = ["CommandFailed", "Runner"]

_TETHER = [sys.executable, "-I", "-S", str(Path(tether.__file__))]


class CommandFailed(PlatformError):
    """A program ended with an error, or was ended because its time was up."""

    def __init__(self, line: str, *, output: list[str]) -> None:
        """Keep its output, whose end explains most."""
        super().__init__(line, detail="\n".join(output[-15:]))
        self.output = output


@dataclass(slots=True)
class Runner:
    """Runs programs and can end all of them at once.

    Attributes:
        log: every line of output is appended here.
    """

    log: Path
    _running: set[subprocess.Popen[str]] = field(default_factory=set)
    _closed: bool = False

    def run(
        self,
        command: list[str],
        *,
        environment: Mapping[str, str],
        folder: Path,
        seconds: float,
        each_line: Callable[[str], None] | None = None,
    ) -> list[str]:
        """Run a program to its end and return its output's lines (standard output and error as they came).

        Args:
            command: program and arguments.
            environment: all of its environment, nothing is added.
            folder: where it runs.
            seconds: it is ended when it takes longer.
            each_line: called with every line as it appears.

        Raises:
            CommandFailed: it could not start, failed, or took too long.
        """
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self._closed:
            raise CommandFailed(f"{Path(command[0]).name} was not started: this command is ending", output=[])
        try:
            process = subprocess.Popen(
                [*_TETHER, *command],
                env=dict(environment),
                cwd=folder,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
            )
        except OSError as error:
            raise CommandFailed(f"{command[0]} cannot be started: {error.strerror}", output=[]) from error
        self._running.add(process)
        expired = threading.Event()

        def expire() -> None:
            expired.set()
            process.terminate()

        deadline = threading.Timer(seconds, expire)
        deadline.daemon = True
        deadline.start()
        try:
            lines = self._read(process, each_line)
            code = process.wait()
        finally:
            deadline.cancel()
            self._end(process)
        if expired.is_set():
            raise CommandFailed(f"took longer than {seconds:g} s and was ended", output=lines)
        if code:
            raise CommandFailed(f"ended with exit code {code}", output=lines)
        return lines

    def end_all(self) -> None:
        """End what runs, from any thread; what waits for it gets `CommandFailed`, and nothing new starts."""
        self._closed = True
        for process in list(self._running):
            process.terminate()

    def _read(self, process: "subprocess.Popen[str]", each_line: Callable[[str], None] | None) -> list[str]:
        lines: list[str] = []
        with self.log.open("a") as log:
            for line in process.stdout or ():
                log.write(line)
                lines.append(line.rstrip("\n"))
                if each_line:
                    each_line(lines[-1])
        return lines

    def _end(self, process: "subprocess.Popen[str]") -> None:
        """Close the tether, which ends whatever is left, and wait for it."""
        for stream in (process.stdin, process.stdout):
            if stream:
                stream.close()
        process.wait()
        self._running.discard(process)
