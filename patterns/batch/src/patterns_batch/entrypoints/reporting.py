"""What a step tells: one JSON line, metrics, and when it failed an object with the reason."""

import json
import sys
import time
from dataclasses import dataclass, field
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit

from patterns_batch.application.ports import Objects
from patterns_batch.application.run_keys import RunKeys
from patterns_batch.errors import TryAgain
from patterns_shared.observability.logger import json_line, make_logger
from patterns_shared.observability.metrics import make_metrics

__all__ = ["PATTERN", "Report", "fail_plainly"]

PATTERN = "batch"


@dataclass(slots=True)
class Report:
    """Logs the outcome of one step. ``known`` goes with every line: step, run, shard or group."""

    stage: str
    known: dict[str, Any]
    began: float = field(default_factory=time.monotonic)

    def done(self, counts: dict[str, int], **facts: object) -> None:
        """Tell that the step is done; ``counts`` become metrics, such as ``RowsRead``."""
        seconds = time.monotonic() - self.began
        self._logger.info("done", extra={**self.known, **facts, **counts, "seconds": round(seconds, 3)})
        self._measure({**counts, "Done": 1}, seconds)

    def failed(self, reason: str, exit_code: int, objects: Objects | None, error: BaseException | None = None) -> None:
        """Tell that the step failed, and why, on one line; and keep it as ``runs/{run}/failure.json``."""
        told = {**self.known, "reason": reason, "exit_code": exit_code}
        tell = self._logger.warning if exit_code == TryAgain.exit_code else self._logger.error
        tell("failed", extra=told, exc_info=error)
        self._measure({"Failed": 1}, time.monotonic() - self.began)
        if objects is not None and "run" in self.known:
            key = RunKeys(self.known["run"]).failure
            if exit_code != TryAgain.exit_code or not self._others_failed(objects.read(key)):
                objects.write(key, json.dumps(told, ensure_ascii=False).encode() + b"\n")

    def _others_failed(self, kept: bytes | None) -> bool:
        """Whether another shard or group has failed for good: then this one is being stopped for it."""
        there: dict[str, Any] = json.loads(kept) if kept else {}
        parts = [(known.get("shard"), known.get("group")) for known in (there, self.known)]
        another = there.get("step") == self.known["step"] and parts[0] != parts[1]
        return another and there["exit_code"] != TryAgain.exit_code

    @property
    def _logger(self) -> Logger:
        return make_logger(PATTERN, self.stage)

    def _measure(self, counts: dict[str, int], seconds: float) -> None:
        metrics: Metrics = make_metrics(PATTERN, self.stage)
        metrics.add_dimension(name="step", value=self.known["step"])
        for name, count in counts.items():
            metrics.add_metric(name=name, unit=MetricUnit.Count, value=count)
        metrics.add_metric(name="Seconds", unit=MetricUnit.Seconds, value=seconds)
        metrics.flush_metrics()


def fail_plainly(reason: str, exit_code: int, known: dict[str, Any]) -> None:
    """Tell of a failure that came before the settings were known: the same line, without a logger."""
    sys.stdout.write(
        json_line(
            {
                "level": "ERROR",
                "message": "failed",
                "pattern": PATTERN,
                **known,
                "reason": reason,
                "exit_code": exit_code,
            }
        )
        + "\n"
    )
