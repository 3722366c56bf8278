"""The bucket that files of orders are dropped into; each starts a report."""

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from patterns_infra.batch_names import BY_COMMAND
from patterns_infra.constructs.common.acknowledgement import acknowledge
from patterns_infra.constructs.common.alarms import Alarms
from patterns_infra.constructs.common.dead_letter_queue import DeadLetterQueue
from patterns_infra.constructs.common.private_bucket import PrivateBucket
from patterns_infra.settings import Settings

__all__ = ["Inbox"]

_NO_ORDERS = [f"{BY_COMMAND}*", "parts/*", "*/", "_SUCCESS", "*/_SUCCESS", "*.crc", "_temporary/*", "*/_temporary/*"]
"""Keys that start nothing: files whose sender starts the report, files that a list names, which starts one report of
them all, folders, what Spark and Hadoop put beside files."""


class Inbox(Construct):
    """Files are kept for a month, so that a report can be made once more."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings) -> None:
        """Create the bucket."""
        super().__init__(scope, construct_id)
        month = s3.LifecycleRule(
            expiration=Duration.days(30),
            noncurrent_version_expiration=Duration.days(7),
            abort_incomplete_multipart_upload_after=Duration.days(1),
        )
        self.bucket = PrivateBucket(self, "Files", settings=settings, lifecycle=[month], tells=True).bucket

    def starts(self, machine: sfn.StateMachine, *, settings: Settings, alarms: Alarms) -> None:
        """Start the state machine for every file that arrives, but for those that are ``_NO_ORDERS``."""
        dead_letters = DeadLetterQueue(
            self,
            "DeadLetters",
            settings=settings,
            alarms=alarms,
            what_to_do="A file arrived and no report was started. See its error; then start the state machine "
            'with its input, such as {"input": "s3://BUCKET/KEY", "version": "ID"}.',
        )
        acknowledge(dead_letters, "AwsSolutions-SQS3", "This is itself the dead-letter queue, of the rule.")
        name, key, version, etag = (
            events.EventField.from_path(f"$.detail.{x}")
            for x in ("bucket.name", "object.key", "object.version-id", "object.etag")
        )
        events.Rule(
            self,
            "Arrived",
            description="A file of orders arrived",
            event_pattern=events.EventPattern(
                source=["aws.s3"],
                detail_type=["Object Created"],
                detail={
                    "bucket": {"name": [self.bucket.bucket_name]},
                    "object": {"key": [{"anything-but": {"wildcard": _NO_ORDERS}}]},
                },
            ),
            targets=[
                targets.SfnStateMachine(
                    machine,
                    # What arrived, not what is there when the execution looks: it may have been overwritten since.
                    input=events.RuleTargetInput.from_object(
                        {"input": f"s3://{name}/{key}", "version": version, "etag": etag}
                    ),
                    dead_letter_queue=dead_letters.queue,
                    retry_attempts=20,
                    max_event_age=Duration.hours(1),
                )
            ],
        )
