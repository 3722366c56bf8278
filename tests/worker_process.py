"""A receiver's function in a process of its own, which can be killed at any point of its work."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from tests.in_process import aws_environment
from tests.stack import DeployedStack

from patterns_local.platform import Platform

__all__ = ["WorkerProcess"]

_PROGRAM = """
import importlib, json, sys

class Context:
    def get_remaining_time_in_millis(self):
        return 60_000

module = importlib.import_module(f"patterns_async.entrypoints.{sys.argv[1]}")
json.dump(module.lambda_handler(json.loads(sys.argv[2]), Context()), sys.stderr)
"""


class WorkerProcess:
    """One invocation of a deployed receiver's code with its deployed settings.

    ``dynamodb="http://…"`` puts something else in that service's place.
    """

    def __init__(
        self,
        platform: Platform,
        stack: DeployedStack,
        receiver: str,
        batch: Mapping[str, Any],
        *,
        variables: Mapping[str, str] | None = None,
        **endpoints: str,
    ) -> None:
        """Start it on this batch; ``variables`` stand in the place of the deployed ones."""
        with aws_environment(platform, {**stack.environment(receiver), **(variables or {})}, **endpoints):
            self._process = subprocess.Popen(
                [sys.executable, "-c", _PROGRAM, receiver, json.dumps(batch)],
                env=dict(os.environ),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )

    def kill(self) -> None:
        """Kill it as a machine dies: without any notice."""
        self._process.kill()
        self._process.wait()

    def answer(self, *, seconds: float = 60) -> dict[str, Any]:
        """Return what it answers Lambda."""
        _, answer = self._process.communicate(timeout=seconds)
        document: dict[str, Any] = json.loads(answer)
        return document

    def __enter__(self) -> Self:
        """Return it."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Leave no process behind, and no pipe."""
        self.kill()
        if self._process.stderr:
            self._process.stderr.close()
