"""A point-in-time export of the orders table: asked for, waited for, and named for the program that reads it."""

from typing import cast

from aws_cdk import Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from patterns_infra.constructs.batch.retried_call import retried
from patterns_infra.constructs.batch.task_runner import TaskRunner
from patterns_infra.constructs.common.acknowledgement import acknowledge, arn_in_findings

__all__ = ["OrdersExport"]

_PREFIX = "exports/"
_PAUSE = Duration.minutes(1)
_LOOKS = 120
"""After so many, and as many minutes, nobody waits for the export any more."""


class OrdersExport(Construct):
    """States that go before the plan. Step Functions waits, since a task that waits is paid for by the second.

    The bucket gets the export below ``exports/{run}``. It has all that the table has, addresses too, and goes in days.
    """

    def __init__(self, scope: Construct, construct_id: str, *, table: str, bucket: s3.Bucket) -> None:
        """``table`` is the name of the orders table, which needs point-in-time recovery."""
        super().__init__(scope, construct_id)
        self._table, self._bucket = table, bucket
        bucket.add_lifecycle_rule(
            prefix=_PREFIX, expiration=Duration.days(2), noncurrent_version_expiration=Duration.days(1)
        )
        self._table_arn = Stack.of(self).format_arn(service="dynamodb", resource="table", resource_name=table)

    def before(self, plan: sfn.StateMachineFragment) -> sfn.Chain:
        """Return the states that end with the plan, for which ``$export`` is the export's id, or empty for a file."""
        start, look = self._start(), self._look()
        wait = sfn.Wait.jsonata(self, "Wait for the export", time=sfn.WaitTime.duration(_PAUSE))
        how = sfn.Choice.jsonata(self, "How is the export")
        how.when(sfn.Condition.jsonata("{% $exported = 'COMPLETED' %}"), plan)
        how.when(sfn.Condition.jsonata("{% $exported = 'FAILED' %}"), self._failed("failed", "$refused"))
        how.when(
            sfn.Condition.jsonata(f"{{% $looks >= {_LOOKS} %}}"),
            self._failed("takes too long", f"'it has not come to its end in {_LOOKS} minutes'"),
        )
        how.otherwise(wait)
        start.next(wait)
        wait.next(look)
        look.next(how)
        of_table = sfn.Choice.jsonata(self, "Of the table")
        of_table.when(sfn.Condition.jsonata("{% $source[0] = '--date' %}"), start)
        of_table.otherwise(plan)
        begin = sfn.Pass.jsonata(self, "No export yet", assign={"export": "", "looks": 0})
        begin.next(of_table)
        return sfn.Chain.custom(begin, plan.end_states, plan)

    def readable_by(self, runner: TaskRunner) -> None:
        """Let the program read exports."""
        runner.allow(["s3:GetObject"], self._bucket.arn_for_objects(f"{_PREFIX}*"))
        self._accept_prefix(runner.role)

    def allow(self, machine: sfn.StateMachine) -> None:
        """Say why the machine may write below the prefix, and look at any export of the table."""
        self._accept_prefix(machine.role)
        told = arn_in_findings(self, "dynamodb", f"table/{self._table}/export/*")
        reason = "An export's id is not known before the export is asked for."
        acknowledge(machine.role, f"AwsSolutions-IAM5[Resource::{told}]", reason)

    def _accept_prefix(self, role: iam.IRole) -> None:
        name = Stack.of(self).get_logical_id(cast("s3.CfnBucket", self._bucket.node.default_child))
        reason = "An export's files are named by the run and by DynamoDB: their prefix is the grant."
        acknowledge(role, f"AwsSolutions-IAM5[Resource::<{name}.Arn>/{_PREFIX}*]", reason)

    def _failed(self, how: str, why: str) -> sfn.Fail:
        cause = f"{{% 'the export ' & $exportArn & ' of the orders table failed: ' & {why} %}}"
        return sfn.Fail.jsonata(self, f"The export {how}", error="StepFailed", cause=cause)

    def _start(self) -> tasks.CallAwsService:
        """Ask for the export; asked again in the same run, it is the same one."""
        writes = iam.PolicyStatement(
            actions=["s3:PutObject", "s3:PutObjectAcl", "s3:AbortMultipartUpload"],
            resources=[self._bucket.arn_for_objects(f"{_PREFIX}*")],
        )
        return retried(
            tasks.CallAwsService.jsonata(
                self,
                "Export",
                service="dynamodb",
                action="exportTableToPointInTime",
                parameters={
                    "TableArn": self._table_arn,
                    "S3Bucket": self._bucket.bucket_name,
                    "S3Prefix": "{% 'exports/' & $run %}",
                    "S3SseAlgorithm": "AES256",
                    "ExportFormat": "DYNAMODB_JSON",
                    "ClientToken": "{% $run %}",
                },
                iam_resources=[self._table_arn],
                iam_action="dynamodb:ExportTableToPointInTime",
                additional_iam_statements=[writes],
                assign={
                    "exportArn": "{% $states.result.ExportDescription.ExportArn %}",
                    "export": "{% $split($states.result.ExportDescription.ExportArn, '/')[-1] %}",
                },
            ),
            but=["DynamoDb.PointInTimeRecoveryUnavailableException", "DynamoDb.TableNotFoundException"],
        )

    def _look(self) -> tasks.CallAwsService:
        described = "$states.result.ExportDescription"
        return retried(
            tasks.CallAwsService.jsonata(
                self,
                "Look at the export",
                service="dynamodb",
                action="describeExport",
                parameters={"ExportArn": "{% $exportArn %}"},
                iam_resources=[f"{self._table_arn}/export/*"],
                iam_action="dynamodb:DescribeExport",
                assign={
                    "exported": f"{{% {described}.ExportStatus %}}",
                    "refused": f"{{% {described}.FailureCode & ': ' & {described}.FailureMessage %}}",
                    "looks": "{% $looks + 1 %}",
                },
            )
        )
