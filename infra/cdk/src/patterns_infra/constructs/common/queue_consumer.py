"""A function that takes messages from a queue, each failing for itself alone."""

from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from patterns_infra.constructs.common.alarmed_queue import AlarmedQueue
from patterns_infra.constructs.common.python_function import PythonFunction

__all__ = ["QueueConsumer"]


class QueueConsumer(Construct):
    """Feeds a queue's messages to a function, with partial batch responses and a ceiling on concurrency."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        queue: AlarmedQueue,
        consumer: PythonFunction,
        batch_size: int = 10,
        window_seconds: int = 0,
        concurrency: int = 5,
    ) -> None:
        """``concurrency`` is how many batches are processed at once (at least 2).

        For ``window_seconds`` messages are gathered into a batch; over ten a batch needs at least one second.
        """
        super().__init__(scope, construct_id)
        mapping = lambda_.CfnEventSourceMapping(
            self,
            "Mapping",
            function_name=consumer.function.function_name,
            event_source_arn=queue.queue.queue_arn,
            batch_size=batch_size,
            maximum_batching_window_in_seconds=window_seconds or None,
            function_response_types=["ReportBatchItemFailures"],
            scaling_config=lambda_.CfnEventSourceMapping.ScalingConfigProperty(maximum_concurrency=concurrency),
        )
        receive = iam.Policy(
            self,
            "Receive",
            roles=[consumer.role],
            statements=[
                iam.PolicyStatement(
                    actions=["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
                    resources=[queue.queue.queue_arn],
                )
            ],
        )
        mapping.node.add_dependency(receive)
