"""Looks after one OrderProcessor for as long as it is there: at every change, and every few seconds at its queue."""

import asyncio
import math
import random
import time
from collections.abc import Mapping
from typing import Any

from kopf import Logger
from pydantic import ValidationError

from patterns_k8s.operator.api.answers import ClusterError, Gone
from patterns_k8s.operator.api.ports import Tell
from patterns_k8s.operator.controller.memories import Memories
from patterns_k8s.operator.controller.reconciler import Reconciler
from patterns_k8s.operator.controller.reports import Reports
from patterns_k8s.operator.controller.tended import Tended
from patterns_k8s.operator.desired.backfills import read_record
from patterns_k8s.operator.desired.processor import Processor
from patterns_k8s.operator.observability.metrics import Metrics

__all__ = ["Tending", "pause_after"]

_LONGEST_PAUSE = 60.0
_BREATH = 0.05
"""Seconds for which changes are gathered: a rollout tells of every pod."""
_TICKS = 40
"""Looks that are due within this part of ``look_seconds`` are made together: waking up costs as much as a look."""


def pause_after(failures: int) -> float:
    """Return the seconds until the next try, with chance in them, so that thousands do not try in step."""
    return random.uniform(0.5, 1) * min(_LONGEST_PAUSE, 2.0**failures)


class Tending:
    """One loop for each OrderProcessor. A loop may be cancelled at any point: the next one finds out what is left."""

    def __init__(
        self,
        reconciler: Reconciler,
        reports: Reports,
        memories: Memories,
        metrics: Metrics,
        *,
        look_seconds: float,
        patience: float = 1.0,
    ) -> None:
        """``look_seconds`` is how often the queue is looked at; ``patience`` stretches the pauses after failures."""
        self._reconciler = reconciler
        self._reports = reports
        self._memories = memories
        self._metrics = metrics
        self._look_seconds = look_seconds
        self._patience = patience

    async def tend(self, body: Mapping[str, Any], tell: Tell, logger: Logger) -> None:
        """Look after the OrderProcessor until it is gone; ``body`` always shows its newest state."""
        tended = self._memories.recall(body["metadata"]["uid"])
        tended.settled = None
        failures = 0
        with self._metrics.processors.track_inprogress():
            while True:
                tended.wake.clear()
                try:
                    await self._look(body, tended, tell)
                except Gone:
                    return
                except ClusterError as error:
                    failures += 1
                    self._metrics.rounds.labels("failed").inc()
                    logger.warning("%s; the next try is the %d.", error, failures + 1)
                    # Never in a hot loop, whatever wakes.
                    pause = self._patience * pause_after(failures)
                    await asyncio.sleep(min(self._patience, pause))
                    await _wait(tended.wake, pause, tick=0.01)
                else:
                    failures = 0
                    pause = random.uniform(0.8, 1.2) * self._look_seconds
                    if await _wait(tended.wake, pause, tick=self._look_seconds / _TICKS):
                        await asyncio.sleep(_BREATH)

    async def _look(self, body: Mapping[str, Any], tended: Tended, tell: Tell) -> None:
        started = time.monotonic()
        if tended.recorded is None:
            tended.recorded = read_record(body["metadata"].get("annotations", {}))
        generation = body["metadata"].get("generation", 1)
        if tended.processor is None or tended.processor.generation != generation:
            try:
                tended.processor = Processor.of(body)
            except ValidationError as invalid:
                await self._reports.refuse(body, tended, _problem(invalid), tell)
                return
        if await self._reconciler.reconcile(tended.processor, tended, body.get("status", {}), tell):
            self._metrics.rounds.labels("changed").inc()
            self._metrics.round_seconds.observe(time.monotonic() - started)
        else:
            self._metrics.rounds.labels("settled").inc()


async def _wait(wake: asyncio.Event, seconds: float, *, tick: float) -> bool:
    """Wait for so many seconds, to the next full tick, and return whether something woke it up before."""
    loop = asyncio.get_running_loop()
    timer = loop.call_at(math.ceil((loop.time() + seconds) / tick) * tick, wake.set)
    try:
        await wake.wait()
    finally:
        timer.cancel()
    return loop.time() < timer.when()


def _problem(invalid: ValidationError) -> str:
    first = invalid.errors()[0]
    return f"spec.{'.'.join(map(str, first['loc']))}: {first['msg']}"
