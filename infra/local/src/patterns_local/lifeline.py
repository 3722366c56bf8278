"""The starting command's end of the platform: it starts the supervisor and holds its lifeline."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from patterns_deploy.errors import ServiceFailed
from patterns_deploy.folder import LocalFolder
from patterns_deploy.processes import tail
from patterns_local.supervisor import STAY

__all__ = ["Supervised"]


@dataclass(slots=True)
class Supervised:
    """A supervisor that this process started and that ends when this process does, unless told to stay."""

    process: subprocess.Popen[bytes]
    _lifeline: int | None

    @classmethod
    def start(
        cls, folder: LocalFolder, *, python: Path, port: int, region: str, account: str, docker: str = ""
    ) -> Self:
        """Start the supervisor and wait until everything serves.

        Args:
            folder: the platform's files.
            python: of the emulator's environment.
            port: of the emulator.
            region: the region that everything is deployed to.
            account: the emulator's account number.
            docker: address of the Docker engine that runs containers; without one they are processes.

        Raises:
            ServiceFailed: it does not; with the reason and the end of its log.
        """
        lifeline_end, lifeline = os.pipe()
        reports, report_end = os.pipe()
        folder.supervisor_log.parent.mkdir(parents=True, exist_ok=True)
        options = {"root": folder.root, "python": python, "port": port, "region": region, "account": account}
        options |= {"docker": docker, "lifeline": lifeline_end, "report": report_end}
        with folder.supervisor_log.open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "patterns_local.supervisor", *(f"--{k}={v}" for k, v in options.items())],
                cwd=folder.root,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=[lifeline_end, report_end],
                start_new_session=True,
            )
        os.close(lifeline_end)
        os.close(report_end)
        started = cls(process, lifeline)
        try:
            with os.fdopen(reports) as report:
                line = report.readline()
        except BaseException:
            started.end()
            raise
        facts = json.loads(line) if line else {"error": "the supervisor ended at once", "detail": ""}
        if facts["error"]:
            started.end()
            raise ServiceFailed(facts["error"], detail=facts["detail"] or tail(folder.supervisor_log))
        return started

    def stay(self) -> None:
        """Let the platform outlive this process."""
        if self._lifeline is not None:
            os.write(self._lifeline, STAY)
        self._close()

    def end(self) -> None:
        """End the platform and wait until nothing of it is left."""
        self._close()
        self.process.terminate()
        self.process.wait()

    def _close(self) -> None:
        if self._lifeline is not None:
            os.close(self._lifeline)
            self._lifeline = None
