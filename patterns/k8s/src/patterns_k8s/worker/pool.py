"""All of a worker: its lanes, the thread that keeps their messages hidden, its answer to probes, and its metrics."""

import threading
import time
from collections.abc import Sequence

from aws_lambda_powertools import Logger

from patterns_k8s.worker.health import Health, serve_health
from patterns_k8s.worker.holding import Holding
from patterns_k8s.worker.lanes import Lane
from patterns_k8s.worker.metrics import WorkerMetrics

__all__ = ["WorkerPool"]


class WorkerPool:
    """Runs until the stop; then every lane sees through what it holds, or gives it back."""

    def __init__(
        self,
        lanes: Sequence[Lane],
        *,
        holding: Holding,
        health: Health,
        metrics: WorkerMetrics,
        stop: threading.Event,
        grace: float,
        logger: Logger,
    ) -> None:
        """``grace`` is how many seconds lanes have after the stop."""
        self._lanes = lanes
        self._holding = holding
        self._health = health
        self._metrics = metrics
        self._stop = stop
        self._grace = grace
        self._logger = logger

    def run(self, host: str, port: int) -> bool:
        """Work until the stop and return whether every lane ended by itself.

        Messages of a lane that did not come back are kept hidden for no longer: they come again to another worker.

        Raises:
            OSError: the port for probes is taken.
        """
        done = threading.Event()
        with serve_health(self._health, host, port, metrics=self._metrics.exposition):
            keeper = threading.Thread(target=self._holding.extend_until, args=(done,), name="holding", daemon=True)
            threads = [threading.Thread(target=lane.run, daemon=True) for lane in self._lanes]
            for thread in (keeper, *threads):
                thread.start()
            self._logger.info("working", extra={"lanes": len(threads)})
            self._stop.wait()
            self._logger.info("stopping", extra={"held": len(self._holding)})
            _join(threads, self._grace)
            done.set()
            keeper.join()
        stuck = sum(thread.is_alive() for thread in threads)
        self._logger.info("stopped", extra={"stuck": stuck, "held": len(self._holding)})
        return not stuck


def _join(threads: Sequence[threading.Thread], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
