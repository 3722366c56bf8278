"""The orders table: one partition key, two indexes, a stream that is the outbox."""

from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from patterns_infra.constructs.common.alarms import Alarms
from patterns_infra.constructs.common.deletion_protection import protect_from_deletion
from patterns_infra.constructs.common.retention import keep_data
from patterns_infra.constructs.common.throttling_alarms import ThrottlingAlarms
from patterns_infra.settings import Settings

__all__ = ["OrdersTable"]

BY_CUSTOMER = "by_customer"
BY_CUSTOMER_STATUS = "by_customer_status"


class OrdersTable(Construct):
    """``patterns-{stage}-orders``: one of the two fixed names, so that other stacks can grant exactly this ARN.

    It is encrypted with DynamoDB's key in the account (``aws/dynamodb``): every use is in the trail, and readers in
    other stacks need no grant on a key that this stack would have to publish.
    """

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings, alarms: Alarms) -> None:
        """Create the table, its indexes and the alarm on throttling."""
        super().__init__(scope, construct_id)
        order_id = dynamodb.Attribute(name="order_id", type=dynamodb.AttributeType.STRING)
        self.table = dynamodb.Table(
            self,
            "Table",
            table_name=f"patterns-{settings.stage}-orders",
            partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
            time_to_live_attribute="expires_at",
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            encryption=dynamodb.TableEncryption.AWS_MANAGED,
            removal_policy=keep_data(settings),
        )
        protect_from_deletion(self.table, settings=settings, name="DeletionProtectionEnabled")
        for index, partition in ((BY_CUSTOMER, "customer_id"), (BY_CUSTOMER_STATUS, "customer_status")):
            self.table.add_global_secondary_index(
                index_name=index,
                partition_key=dynamodb.Attribute(name=partition, type=dynamodb.AttributeType.STRING),
                sort_key=order_id,
                projection_type=dynamodb.ProjectionType.ALL,
            )
        self.index_arns = [f"{self.table.table_arn}/index/{index}" for index in (BY_CUSTOMER, BY_CUSTOMER_STATUS)]
        throttling = ThrottlingAlarms(
            self,
            "Throttled",
            table=self.table,
            alarms=alarms,
            items="orders",
            effect="clients get 503 and try again",
        )
        self.throttles = throttling.metrics

    @property
    def stream_arn(self) -> str:
        """ARN of the stream of changes."""
        arn = self.table.table_stream_arn
        assert arn is not None  # noqa: S101 - the table above has a stream
        return arn
