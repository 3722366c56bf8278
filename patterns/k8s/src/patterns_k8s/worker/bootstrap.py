"""Wires the worker and the backfill."""

import threading
from collections.abc import Mapping
from datetime import date
from typing import Any

from aws_lambda_powertools import Logger

from patterns_k8s.worker.backfill import Backfilled, backfill
from patterns_k8s.worker.fulfilment import Fulfilment
from patterns_k8s.worker.health import Health
from patterns_k8s.worker.holding import Holding
from patterns_k8s.worker.lanes import Handle, Lane, lane_sizes
from patterns_k8s.worker.metrics import WorkerMetrics
from patterns_k8s.worker.placed_orders import PlacedOrders
from patterns_k8s.worker.pool import WorkerPool
from patterns_k8s.worker.publishing import PatientPublisher
from patterns_k8s.worker.settings import BackfillSettings, WorkerSettings
from patterns_k8s.worker.work_queue import WorkQueue, read_traits
from patterns_shared.adapters.aws_client import create_client
from patterns_shared.adapters.dead_letters import SqsDeadLetters
from patterns_shared.adapters.event_messages import event_from_delivery
from patterns_shared.adapters.event_receiver import Receiver
from patterns_shared.adapters.message_reports import Reporter
from patterns_shared.adapters.sns import SnsPublisher
from patterns_shared.observability.logger import make_logger
from patterns_shared.observability.metrics import make_metrics

__all__ = ["PATTERN", "make_worker", "run_backfill"]

PATTERN = "k8s"
_METRICS = threading.Lock()


class _LaneReporter(Reporter):
    """The metrics of all lanes gather in one place of the library's: one lane at a time fills and empties it."""

    def __init__(self, receiver: str, *, totals: WorkerMetrics, **parts: Any) -> None:  # noqa: ANN401 - a Reporter's
        """``totals`` are added to by all lanes."""
        super().__init__(receiver, **parts)
        self._totals = totals

    def flush(self) -> None:
        """Write the counts of this batch as metrics."""
        self._totals.add(self._counts)
        with _METRICS:
            super().flush()


def make_worker(settings: WorkerSettings, stop: threading.Event) -> WorkerPool:
    """Return the worker, ready to run; it has asked the queue how it treats messages.

    Raises:
        NoDeadLetterQueue: the queue has none.
        botocore.exceptions.ClientError: the queue is not there, or not for this worker's role.
    """
    # Twice the poll: the answer to a receive comes up to so many seconds late.
    queues = create_client("sqs", read_timeout=2.0 * settings.poll_seconds + 5)
    traits = read_traits(queues, settings.queue_url)
    logger = make_logger(PATTERN, settings.stage)
    queue = WorkQueue(queues, settings.queue_url, logger=logger)
    holding = Holding(queue, visibility=traits.visibility)
    health = Health(limit=settings.poll_seconds + 2.0 * traits.visibility + 60)
    sizes = lane_sizes(settings.concurrency)
    metrics = WorkerMetrics(lanes=len(sizes), held=lambda: len(holding), unreachable=health.unreachable)
    topic = create_client("sns")
    dead_letters = SqsDeadLetters(queues, traits.dead_letter_url)

    def lane(number: int, size: int) -> Lane:
        pulse = health.pulse(f"lane {number}")

        def waiting(why: str) -> None:
            pulse.trouble("topic", why)
            logger.warning("topic_out_of_reach", extra={"reason": why})

        publisher = PatientPublisher(
            SnsPublisher(topic, settings.topic_arn),
            stop=stop,
            waiting=waiting,
            flowing=lambda: pulse.well("topic"),
        )
        reporter = _LaneReporter(
            "fulfilment",
            totals=metrics,
            pattern=PATTERN,
            stage=settings.stage,
            logger=logger,
            metrics=make_metrics(PATTERN, settings.stage),
        )
        receiver = Receiver(
            dead_letters=dead_letters, reporter=reporter, last_receive=traits.max_receives, read=event_from_delivery
        )
        return Lane(
            queue,
            _handle(receiver, Fulfilment(publisher), metrics),
            size=size,
            poll_seconds=settings.poll_seconds,
            holding=holding,
            pulse=pulse,
            stop=stop,
            logger=logger,
        )

    lanes = [lane(number, size) for number, size in enumerate(sizes, start=1)]
    grace = max(settings.poll_seconds, traits.visibility)
    return WorkerPool(lanes, holding=holding, health=health, metrics=metrics, stop=stop, grace=grace, logger=logger)


def run_backfill(environment: Mapping[str, str], first: date, last: date) -> Backfilled:
    """Publish the outcomes of the orders of these days that were never decided, and return the counts.

    Raises:
        MissingSetting: naming the environment variable.
        TemporarilyUnavailable: table or topic.
    """
    settings = BackfillSettings.from_environment(environment)
    logger: Logger = make_logger(PATTERN, settings.stage)
    orders = PlacedOrders(create_client("dynamodb", read_timeout=10), settings.orders_table)
    publisher = SnsPublisher(create_client("sns"), settings.topic_arn)
    return backfill(orders.between(first, last), publisher, logger=logger)


def _handle(receiver: Receiver, fulfilment: Fulfilment, metrics: WorkerMetrics) -> Handle:
    def handle(batch: dict[str, Any]) -> dict[str, Any]:
        with metrics.timed_batch():
            return receiver.receive(batch, fulfilment)

    return handle
