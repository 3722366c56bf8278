"""A function that reads a table's stream in order, with an end to its retries."""

from typing import cast

from aws_cdk import Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from patterns_infra.constructs.common.acknowledgement import acknowledge
from patterns_infra.constructs.common.alarms import Alarms
from patterns_infra.constructs.common.dead_letter_queue import DeadLetterQueue
from patterns_infra.constructs.common.python_function import PythonFunction
from patterns_infra.constructs.web_api.orders_table import OrdersTable

__all__ = ["StreamConsumer"]


class StreamConsumer(Construct):
    """Feeds one batch a shard at a time, from the stream's beginning.

    A failing batch is halved and tried again until it is 20 hours old; then its place in the stream goes to the
    dead-letter queue and the shard goes on. The stream itself keeps records for a day. There is no limit on tries: how
    fast Lambda repeats them is not documented, and an outage must not use them up. What no try can help, the consumer
    sets aside itself.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        alarms: Alarms,
        table: OrdersTable,
        consumer: PythonFunction,
        dead_letters: DeadLetterQueue,
        key_prefix: str,
        batch_size: int = 100,
    ) -> None:
        """Only records whose partition key ``pk`` begins with ``key_prefix`` reach the consumer."""
        super().__init__(scope, construct_id)
        pattern = Stack.of(self).to_json_string({"dynamodb": {"Keys": {"pk": {"S": [{"prefix": key_prefix}]}}}})
        mapping = lambda_.CfnEventSourceMapping(
            self,
            "Mapping",
            function_name=consumer.function.function_name,
            event_source_arn=table.stream_arn,
            starting_position="TRIM_HORIZON",
            batch_size=batch_size,
            parallelization_factor=1,
            bisect_batch_on_function_error=True,
            function_response_types=["ReportBatchItemFailures"],
            maximum_retry_attempts=-1,
            maximum_record_age_in_seconds=20 * 3600,
            filter_criteria=lambda_.CfnEventSourceMapping.FilterCriteriaProperty(
                filters=[lambda_.CfnEventSourceMapping.FilterProperty(pattern=pattern)]
            ),
            destination_config=lambda_.CfnEventSourceMapping.DestinationConfigProperty(
                on_failure=lambda_.CfnEventSourceMapping.OnFailureProperty(destination=dead_letters.queue.queue_arn)
            ),
        )
        read = iam.Policy(
            self,
            "Read",
            roles=[consumer.role],
            statements=[
                iam.PolicyStatement(
                    actions=["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"],
                    resources=[table.stream_arn],
                ),
                iam.PolicyStatement(actions=["dynamodb:ListStreams"], resources=[f"{table.table.table_arn}/stream/*"]),
            ],
        )
        mapping.node.add_dependency(read)
        alarms.raise_when(
            self,
            "Lag",
            metric=consumer.health.iterator_age,
            reaches=60_000,
            minutes=5,
            what_to_do="Order changes reach the event bus over a minute late. See the consumer's log: the bus refuses, "
            "or the function fails or is throttled. Records are tried for 20 hours, then set aside as dead letters.",
        )
        resource = cast("dynamodb.CfnTable", table.table.node.default_child)
        acknowledge(
            read,
            f"AwsSolutions-IAM5[Resource::<{Stack.of(self).get_logical_id(resource)}.Arn>/stream/*]",
            "ListStreams is authorised on all streams of a table: it is the call that finds the stream.",
        )
