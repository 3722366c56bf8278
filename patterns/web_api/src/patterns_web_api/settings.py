"""What each Lambda function is told by its environment, read once, when the function starts."""

from collections.abc import Mapping
from dataclasses import dataclass

from patterns_shared.environment import MissingSetting, text, whole

__all__ = ["ApiSettings", "MissingSetting", "OutcomeSettings", "RelaySettings"]

PRODUCTION = "production"
"""The stage that customers use: it serves no interactive documentation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSettings:
    """The API function's environment.

    Attributes:
        stage: ``STAGE``, name of the deployment.
        app_version: ``APP_VERSION``, told by ``GET /health``.
        orders_table: ``ORDERS_TABLE``, name of the DynamoDB table.
        user_pool_client_id: ``USER_POOL_CLIENT_ID``, the audience that an ID token must be made for.
        cursor_secret_arn: ``CURSOR_SECRET_ARN``, the Secrets Manager secret that signs page cursors.
        site_origin: ``SITE_ORIGIN``, the one web origin that may read answers in a browser; empty for none.
    """

    stage: str
    app_version: str
    orders_table: str
    user_pool_client_id: str
    cursor_secret_arn: str
    site_origin: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "ApiSettings":
        """Read the settings.

        Raises:
            MissingSetting: naming the first variable that is absent or empty.
        """
        return cls(
            stage=text(environment, "STAGE"),
            app_version=text(environment, "APP_VERSION"),
            orders_table=text(environment, "ORDERS_TABLE"),
            user_pool_client_id=text(environment, "USER_POOL_CLIENT_ID"),
            cursor_secret_arn=text(environment, "CURSOR_SECRET_ARN"),
            site_origin=environment.get("SITE_ORIGIN", ""),
        )

    @property
    def serves_documentation(self) -> bool:
        """Whether ``/openapi.json`` and ``/docs`` exist."""
        return self.stage != PRODUCTION


@dataclass(frozen=True, slots=True, kw_only=True)
class RelaySettings:
    """The relay function's environment.

    Attributes:
        stage: ``STAGE``, name of the deployment.
        event_source: ``EVENT_SOURCE``, the source that rules on the event bus select.
        dead_letter_url: ``RELAY_DEAD_LETTER_URL``, the queue for records that cannot be read.
    """

    stage: str
    event_source: str
    dead_letter_url: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "RelaySettings":
        """Read the settings.

        Raises:
            MissingSetting: naming the first variable that is absent or empty.
        """
        return cls(
            stage=text(environment, "STAGE"),
            event_source=text(environment, "EVENT_SOURCE"),
            dead_letter_url=text(environment, "RELAY_DEAD_LETTER_URL"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeSettings:
    """The outcome function's environment.

    Attributes:
        stage: ``STAGE``, name of the deployment.
        orders_table: ``ORDERS_TABLE``, name of the DynamoDB table.
        queue_url: ``QUEUE_URL``, the function's own queue, where outcomes wait.
        dead_letter_url: ``DEAD_LETTER_URL``, the dead-letter queue of the function's own queue.
        max_receives: ``MAX_RECEIVES``, the queue's maxReceiveCount.
    """

    stage: str
    orders_table: str
    queue_url: str
    dead_letter_url: str
    max_receives: int

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "OutcomeSettings":
        """Read the settings.

        Raises:
            MissingSetting: naming the first variable that is absent or empty.
            InvalidSetting: naming the first variable that has an impossible value.
        """
        return cls(
            stage=text(environment, "STAGE"),
            orders_table=text(environment, "ORDERS_TABLE"),
            queue_url=text(environment, "QUEUE_URL"),
            dead_letter_url=text(environment, "DEAD_LETTER_URL"),
            max_receives=whole(environment, "MAX_RECEIVES"),
        )
