"""A lane: one thread that receives a few messages, has them handled, deletes what is done, and begins again."""

import random
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from patterns_k8s.worker.health import Pulse
from patterns_k8s.worker.holding import Holding
from patterns_k8s.worker.work_queue import Record
from patterns_shared.domain.errors import TemporarilyUnavailable

__all__ = ["Handle", "Lane", "Queue", "lane_sizes"]

_BATCH = 10
_LONGEST_PAUSE = 30.0
_LONGEST_BACKOFF = 300
"""Seconds that a message waits at most after an unexpected failure."""

Handle = Callable[[dict[str, Any]], dict[str, Any]]
"""Handles ``{"Records": …}`` and names those that failed, as a Lambda function of a queue would."""


class Queue(Protocol):
    """The queue, as far as it is needed here."""

    def receive(self, limit: int, *, wait_seconds: int) -> Sequence[Record]:
        """Return up to ``limit`` messages."""
        ...

    def delete(self, receipts: Iterable[str]) -> None:
        """Delete the messages with these receipts."""
        ...

    def hide(self, receipts: Iterable[tuple[str, int]]) -> None:
        """Hide the messages with these receipts for so many seconds from now."""
        ...


def lane_sizes(concurrency: int) -> list[int]:
    """Return how many messages each lane holds at most: as few lanes as can be, since a call takes up to ten."""
    full, rest = divmod(concurrency, _BATCH)
    return [_BATCH] * full + [rest] * (rest > 0)


class Lane:
    """Runs in a thread of its own until ``stop``."""

    def __init__(
        self,
        queue: Queue,
        handle: Handle,
        *,
        size: int,
        poll_seconds: int,
        holding: Holding,
        pulse: Pulse,
        stop: threading.Event,
        logger: Logger,
        jitter: Callable[[float, float], float] = random.uniform,
    ) -> None:
        """``size`` is how many messages it holds at most."""
        self._queue = queue
        self._handle = handle
        self._size = size
        self._poll_seconds = poll_seconds
        self._holding = holding
        self._pulse = pulse
        self._stop = stop
        self._logger = logger
        self._jitter = jitter

    def run(self) -> None:
        """Work until the stop; a queue that cannot be read is asked less and less often."""
        pause = 0.5
        while not self._stop.is_set():
            self._pulse.beat()
            try:
                self.turn()
            except (TemporarilyUnavailable, ClientError, BotoCoreError) as error:
                self._pulse.trouble("queue", str(error))
                self._logger.warning("not_received", extra={"reason": str(error)})
                self._stop.wait(self._jitter(pause / 2, pause))
                pause = min(_LONGEST_PAUSE, pause * 2)
            else:
                self._pulse.well("queue")
                pause = 0.5

    def turn(self) -> None:
        """Receive once and see the messages through."""
        records = self._queue.receive(self._size, wait_seconds=self._poll_seconds)
        if not records:
            return
        if self._stop.is_set():
            self._queue.hide((record["receiptHandle"], 0) for record in records)
            return
        with self._holding.hold(record["receiptHandle"] for record in records):
            failed = {each["itemIdentifier"] for each in self._handle({"Records": records})["batchItemFailures"]}
        self._queue.delete(record["receiptHandle"] for record in records if record["messageId"] not in failed)
        self._queue.hide(
            (record["receiptHandle"], self._backoff(record)) for record in records if record["messageId"] in failed
        )

    def _backoff(self, record: Record) -> int:
        """Seconds until a failed message comes again: at once when it only failed because the worker ends."""
        if self._stop.is_set():
            return 0
        receives = int(record["attributes"].get("ApproximateReceiveCount", 1))
        longest = min(_LONGEST_BACKOFF, 2 ** min(receives, 16))
        return round(self._jitter(longest / 2, longest))
