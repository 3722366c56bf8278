"""The schedule that starts a day's report, in the shop's own time zone."""

import json

from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from patterns_infra.constructs.common.acknowledgement import acknowledge
from patterns_infra.constructs.common.alarms import Alarms
from patterns_infra.constructs.common.dead_letter_queue import DeadLetterQueue
from patterns_infra.schedule_texts import DEFAULT_SCHEDULE
from patterns_infra.settings import Settings

__all__ = ["DailyReport"]


class DailyReport(Construct):
    """Starts the state machine every night for the day before.

    EventBridge's rules know UTC only, its Scheduler knows time zones. The state machine is given the moment that was
    due, not the one at which it begins, and computes the day from it: late or twice, it is the same report.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: Settings, machine: sfn.StateMachine, alarms: Alarms
    ) -> None:
        """Create the schedule, its role, and the queue of what it could not start."""
        super().__init__(scope, construct_id)
        dead_letters = DeadLetterQueue(
            self,
            "DeadLetters",
            settings=settings,
            alarms=alarms,
            what_to_do="A night's report was not started. See the message's error; then start the state machine by "
            'with {"date": "YYYY-MM-DD"}.',
        )
        acknowledge(dead_letters, "AwsSolutions-SQS3", "This is itself the dead-letter queue, of the schedule.")
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com"))
        start = iam.Policy(
            self,
            "Start",
            roles=[role],
            statements=[
                iam.PolicyStatement(actions=["states:StartExecution"], resources=[machine.state_machine_arn]),
                iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[dead_letters.queue.queue_arn]),
            ],
        )
        self.schedule = scheduler.CfnSchedule(
            self,
            "Schedule",
            description="Every night, the report of the day before",
            schedule_expression=settings.report_schedule or DEFAULT_SCHEDULE,
            schedule_expression_timezone=settings.time_zone,
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            target=scheduler.CfnSchedule.TargetProperty(
                arn=machine.state_machine_arn,
                role_arn=role.role_arn,
                input=json.dumps({"scheduled": "<aws.scheduler.scheduled-time>"}),
                dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(arn=dead_letters.queue.queue_arn),
                retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                    maximum_event_age_in_seconds=3600, maximum_retry_attempts=20
                ),
            ),
        )
        self.schedule.node.add_dependency(start)
