"""What each Lambda function is told by its environment, read once, when the function starts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from patterns_async.application.circuit import CircuitPolicy
from patterns_async.application.delivery import RetryPolicy
from patterns_shared.environment import InvalidSetting, MissingSetting, address, seconds, text, whole

__all__ = [
    "BouncesSettings",
    "InvalidSetting",
    "LedgerSettings",
    "MissingSetting",
    "NotifySettings",
    "OperatorsSettings",
    "OutcomeSettings",
    "PartnerSettings",
    "ReceiverSettings",
]


_SENDABLE = re.compile(r"[!-~]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverSettings:
    """What every receiver is told.

    Attributes:
        stage: ``STAGE``, name of the deployment.
        queue_url: ``QUEUE_URL``, the receiver's own queue, where messages wait.
        dead_letter_url: ``DEAD_LETTER_URL``, the dead-letter queue of the receiver's own queue.
        max_receives: ``MAX_RECEIVES``, the queue's maxReceiveCount.
    """

    stage: str
    queue_url: str
    dead_letter_url: str
    max_receives: int

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "ReceiverSettings":
        """Read the settings.

        Raises:
            MissingSetting: naming the first variable that is absent or empty.
            InvalidSetting: naming the first variable that has an impossible value.
        """
        return cls(
            stage=text(environment, "STAGE"),
            queue_url=text(environment, "QUEUE_URL"),
            dead_letter_url=text(environment, "DEAD_LETTER_URL"),
            max_receives=whole(environment, "MAX_RECEIVES"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerSettings:
    """The ledger's own. ``table`` is ``LEDGER_TABLE``."""

    table: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "LedgerSettings":
        """Read the settings; raises as ReceiverSettings does."""
        return cls(table=text(environment, "LEDGER_TABLE"))


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerSettings:
    """The partner's own.

    Attributes:
        url: ``PARTNER_URL``, where events are posted.
        secret_arn: ``PARTNER_SECRET_ARN``, the secret with the signing keys.
        queue_url: ``QUEUE_URL``, the receiver's own queue, where messages wait.
        circuit_table: ``CIRCUIT_TABLE``.
        connect_timeout: ``PARTNER_CONNECT_SECONDS``, of which connecting takes at most, TLS included.
        read_timeout: ``PARTNER_READ_SECONDS``; both together are the deadline of one try.
        retry: ``PARTNER_ATTEMPTS`` tries while a message is held.
        circuit: ``CIRCUIT_FAILURES``, ``CIRCUIT_OPEN_SECONDS``, ``CIRCUIT_MAX_OPEN_SECONDS``.
    """

    url: str
    secret_arn: str
    queue_url: str
    circuit_table: str
    connect_timeout: float
    read_timeout: float
    retry: RetryPolicy
    circuit: CircuitPolicy

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "PartnerSettings":
        """Read the settings; raises as ReceiverSettings does."""
        connect_timeout = seconds(environment, "PARTNER_CONNECT_SECONDS", 2.0)
        read_timeout = seconds(environment, "PARTNER_READ_SECONDS", 5.0)
        return cls(
            url=_partner_address(environment, "PARTNER_URL"),
            secret_arn=text(environment, "PARTNER_SECRET_ARN"),
            queue_url=text(environment, "QUEUE_URL"),
            circuit_table=text(environment, "CIRCUIT_TABLE"),
            connect_timeout=connect_timeout,
            read_timeout=read_timeout,
            retry=RetryPolicy(attempts=whole(environment, "PARTNER_ATTEMPTS", 3)),
            circuit=CircuitPolicy(
                failures=whole(environment, "CIRCUIT_FAILURES", 5),
                open_seconds=seconds(environment, "CIRCUIT_OPEN_SECONDS", 15.0),
                max_open_seconds=seconds(environment, "CIRCUIT_MAX_OPEN_SECONDS", 300.0),
                # A probe is one try, and reading the key before it or telling the circuit after it may be slow; a
                # caller that holds it for longer than that has died.
                probe_seconds=connect_timeout + 3 * read_timeout,
            ),
        )


def _partner_address(environment: Mapping[str, str], variable: str) -> str:
    """Return an address that a request can be sent to as it is written; raises as ReceiverSettings does."""
    value = address(environment, variable)
    if "@" in urlsplit(value).netloc or "#" in value or not _SENDABLE.fullmatch(value):
        raise InvalidSetting(variable, "in ASCII without spaces, without a user and a fragment")
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifySettings:
    """The notifier's own.

    Attributes:
        table: ``NOTIFICATIONS_TABLE``.
        sender: ``SENDER_EMAIL``, the address that mail comes from.
        configuration_set: ``CONFIGURATION_SET``, SES's, which reports bounces and complaints.
        suppressions_table: ``SUPPRESSIONS_TABLE``, addresses that are not written to again.
        queue_url: ``QUEUE_URL``, the receiver's own queue, where messages wait.
        claim_seconds: ``CLAIM_SECONDS``, longer than the function may run, not longer than the queue hides a message.
    """

    table: str
    sender: str
    configuration_set: str
    suppressions_table: str
    queue_url: str
    claim_seconds: float

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "NotifySettings":
        """Read the settings; raises as ReceiverSettings does."""
        return cls(
            table=text(environment, "NOTIFICATIONS_TABLE"),
            sender=text(environment, "SENDER_EMAIL"),
            configuration_set=text(environment, "CONFIGURATION_SET"),
            suppressions_table=text(environment, "SUPPRESSIONS_TABLE"),
            queue_url=text(environment, "QUEUE_URL"),
            claim_seconds=seconds(environment, "CLAIM_SECONDS", 90.0),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeSettings:
    """The outcome's own. ``event_source`` is ``EVENT_SOURCE``, which rules on the event bus select."""

    event_source: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "OutcomeSettings":
        """Read the settings; raises as ReceiverSettings does."""
        return cls(event_source=text(environment, "EVENT_SOURCE"))


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorsSettings:
    """The operators' own. ``topic_arn`` is ``OPERATORS_TOPIC_ARN``, which operators are subscribed to."""

    topic_arn: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "OperatorsSettings":
        """Read the settings; raises as ReceiverSettings does."""
        return cls(topic_arn=text(environment, "OPERATORS_TOPIC_ARN"))


@dataclass(frozen=True, slots=True, kw_only=True)
class BouncesSettings:
    """The bounces function's own. ``suppressions_table`` is ``SUPPRESSIONS_TABLE``."""

    suppressions_table: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "BouncesSettings":
        """Read the settings; raises as ReceiverSettings does."""
        return cls(suppressions_table=text(environment, "SUPPRESSIONS_TABLE"))
