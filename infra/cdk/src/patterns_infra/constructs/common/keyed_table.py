"""A table that is found by one key, on demand, with its changes of the last five weeks kept."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from patterns_infra.constructs.common.alarms import Alarms
from patterns_infra.constructs.common.deletion_protection import protect_from_deletion
from patterns_infra.constructs.common.retention import keep_data
from patterns_infra.constructs.common.throttling_alarms import ThrottlingAlarms
from patterns_infra.settings import Settings

__all__ = ["KeyedTable"]


class KeyedTable(Construct):
    """A table with one text as its key. In production, one that is ``kept`` outlives its stack, protected."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        alarms: Alarms,
        key: str,
        items: str,
        kept: bool = False,
        expires_by: str | None = None,
        index: str | None = None,
    ) -> None:
        """Create the table.

        Args:
            scope: where.
            construct_id: a noun.
            settings: what decides about protection.
            alarms: where throttling is told.
            key: attribute that is the partition key.
            items: what the table holds, in words.
            kept: whether it is data that somebody would miss.
            expires_by: attribute with the time at which an item goes.
            index: attribute that items are found by beside the key, through the index ``by_<attribute>``.
        """
        super().__init__(scope, construct_id)
        self.table = dynamodb.Table(
            self,
            "Table",
            partition_key=_text(key),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            time_to_live_attribute=expires_by,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            encryption=dynamodb.TableEncryption.AWS_MANAGED,
            removal_policy=keep_data(settings) if kept else RemovalPolicy.DESTROY,
        )
        if kept:
            protect_from_deletion(self.table, settings=settings, name="DeletionProtectionEnabled")
        if index:
            self.table.add_global_secondary_index(
                index_name=f"by_{index}",
                partition_key=_text(index),
                sort_key=_text(key),
                projection_type=dynamodb.ProjectionType.ALL,
            )
        throttling = ThrottlingAlarms(
            self, "Throttled", table=self.table, alarms=alarms, items=items, effect="messages wait and come again"
        )
        self.throttles = throttling.metrics


def _text(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)
