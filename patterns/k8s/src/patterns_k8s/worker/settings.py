"""What the worker is told by its environment, read once, when it starts. The operator writes the same variables."""

from collections.abc import Mapping
from dataclasses import dataclass

from patterns_shared.environment import InvalidSetting, text, whole

__all__ = ["BackfillSettings", "WorkerSettings"]

_MOST_MESSAGES = 100
_LONGEST_POLL = 20
_GREATEST_PORT = 65535


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSettings:
    """A worker's environment.

    Attributes:
        stage: ``STAGE``, name of the deployment.
        queue_url: ``QUEUE_URL``, the fulfilment queue; what else there is to know about it is asked of the queue.
        topic_arn: ``TOPIC_ARN``, where outcomes go.
        concurrency: ``CONCURRENCY``, messages held at once, at most.
        poll_seconds: ``POLL_SECONDS``, how long a receive waits for a first message. After a stop it is waited for,
            since messages that answer an abandoned receive would stay hidden for nothing.
        health_host: ``POD_IP``, the address to answer probes at; empty for all.
        health_port: ``HEALTH_PORT``.
    """

    stage: str
    queue_url: str
    topic_arn: str
    concurrency: int
    poll_seconds: int
    health_host: str
    health_port: int

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "WorkerSettings":
        """Read the settings.

        Raises:
            MissingSetting: naming the first variable that is absent or empty.
            InvalidSetting: naming the first variable that has an impossible value.
        """
        return cls(
            stage=text(environment, "STAGE"),
            queue_url=text(environment, "QUEUE_URL"),
            topic_arn=text(environment, "TOPIC_ARN"),
            concurrency=_bounded(environment, "CONCURRENCY", 10, most=_MOST_MESSAGES),
            poll_seconds=_bounded(environment, "POLL_SECONDS", 10, most=_LONGEST_POLL),
            health_host=environment.get("POD_IP", ""),
            health_port=_bounded(environment, "HEALTH_PORT", 8080, most=_GREATEST_PORT),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class BackfillSettings:
    """A backfill's environment: ``STAGE``, ``TOPIC_ARN``, and ``ORDERS_TABLE``, whose orders it reads."""

    stage: str
    topic_arn: str
    orders_table: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "BackfillSettings":
        """Read the settings; raises as WorkerSettings does."""
        return cls(
            stage=text(environment, "STAGE"),
            topic_arn=text(environment, "TOPIC_ARN"),
            orders_table=text(environment, "ORDERS_TABLE"),
        )


def _bounded(environment: Mapping[str, str], variable: str, default: int, *, most: int) -> int:
    value = whole(environment, variable, default)
    if value > most:
        raise InvalidSetting(variable, f"a whole number from 1 to {most}")
    return value
