"""From a date or a file to a published report: the batch's state machine, read from top to bottom."""

from typing import cast

from aws_cdk import Duration, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from aws_cdk.aws_kms import IKey
from constructs import Construct

from patterns_infra.constructs.acknowledgement import acknowledge
from patterns_infra.constructs.alarms import Alarms
from patterns_infra.constructs.log_group import encrypted_log_group
from patterns_infra.constructs.orders_export import OrdersExport
from patterns_infra.constructs.report_claim import ReportClaim
from patterns_infra.constructs.report_input import check_input
from patterns_infra.constructs.report_watch import ReportWatch
from patterns_infra.constructs.resilient_task import BAD_INPUT, ResilientTask, ended_with
from patterns_infra.constructs.retried_call import retried
from patterns_infra.constructs.task_runner import TaskRunner
from patterns_infra.settings import Settings

__all__ = ["ReportWorkflow"]

_AT_ONCE = 4
"""Shards that are worked on at the same time."""
_LONGEST = Duration.hours(4)
_STEP, _SHARD = Duration.minutes(30), Duration.hours(2)
_RUN = "{% $run %}"


class ReportWorkflow(Construct):
    """Check the input, claim it, plan, work on the shards, merge, publish, tell; a failure is recorded with its reason.

    An execution is given ``{"date": "2026-11-22"}``, ``{"input": "s3://bucket/key"}`` or, by the schedule,
    ``{"scheduled": "2026-11-23T02:30:00Z", "offset": "+0100"}`` for the day before there. With ``"again": true`` a
    report that is there is made once more.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        runner: TaskRunner,
        claims: dynamodb.ITable,
        reports: s3.IBucket,
        told: sns.ITopic,
        key: IKey,
        alarms: Alarms,
        export: OrdersExport | None = None,
    ) -> None:
        """Compose it; with an ``export`` a day's orders are read from one."""
        super().__init__(scope, construct_id)
        self._runner, self._reports, self._told = runner, reports, told
        claim = ReportClaim(self, "Claim", table=claims, longest=_LONGEST)

        exported = ["--export", "{% $export %}"] if export else []
        plan = self._step("Plan", "plan", "{% $source[0] %}", "{% $source[1] %}", *exported)
        work = export.before(plan) if export else sfn.Chain.start(plan)
        work = work.next(self._read_plan()).next(self._shards())
        work = work.next(self._step("Merge", "merge")).next(self._step("Publish", "publish"))
        report = sfn.Parallel.jsonata(self, "Report", outputs={}).branch(work)
        report.add_catch(self._failed(claim), assign={"error": "{% $states.errorOutput %}"})
        report.next(claim.finish()).next(self._tell()).next(sfn.Succeed.jsonata(self, "Reported"))

        self.machine = sfn.StateMachine(
            self,
            "Machine",
            comment="A sales report of one day, or of one file of orders",
            definition_body=sfn.DefinitionBody.from_chainable(check_input(self, claim.begin(report))),
            query_language=sfn.QueryLanguage.JSONATA,
            timeout=_LONGEST,
            tracing_enabled=True,
            logs=sfn.LogOptions(
                destination=self._logs(settings, key), level=sfn.LogLevel.ALL, include_execution_data=True
            ),
        )
        claim.allow(self.machine)
        if export:
            export.allow(self.machine)

        name = Stack.of(self).get_logical_id(cast("s3.CfnBucket", reports.node.default_child))
        acknowledge(
            self.machine.role,
            f"AwsSolutions-IAM5[Resource::<{name}.Arn>/runs/*]",
            "It reads the manifest and the failure of its own run, whose name is not known before.",
        )
        acknowledge(
            self.machine.role,
            "AwsSolutions-IAM5[Resource::*]",
            "Stopping and describing tasks, delivering logs and traces know no resources that could be named before.",
        )
        self.watch = ReportWatch(self, "Watch", settings=settings, machine=self.machine, alarms=alarms)

    def _step(self, name: str, step: str, *given: str) -> ResilientTask:
        command = [step, "--run", _RUN, *given]
        return ResilientTask(self, name, runner=self._runner, command=command, timeout=_STEP, what=f"'{step}'")

    def _read_plan(self) -> sfn.State:
        plan = "$plan := $parse($states.result.Body)"
        other = "$error('the claim is for ' & $key & ', and the plan for ' & $plan.report)"
        shards = f"{{% ( {plan}; $plan.report = $key ? $count($plan.shards) : {other} ) %}}"
        return self._read("Read plan", "manifest.json", {"shards": shards})

    def _shards(self) -> sfn.Map:
        shards = sfn.Map.jsonata(
            self,
            "Shards",
            items=sfn.ProvideItems.jsonata("{% $shards = 0 ? [] : [0..$shards - 1] %}"),
            item_selector={"shard": "{% $string($states.context.Map.Item.Value) %}"},
            max_concurrency=_AT_ONCE,
            outputs={},
        )
        one = sfn.Pass.jsonata(self, "One shard", assign={"shard": "{% $states.input.shard %}"})
        command = ["shard", "--run", _RUN, "--shard", "{% $shard %}"]
        return shards.item_processor(
            one.next(
                ResilientTask(
                    self, "Shard", runner=self._runner, command=command, timeout=_SHARD, what="'shard ' & $shard"
                )
            )
        )

    def _tell(self) -> sfn.State:
        return retried(
            tasks.SnsPublish.jsonata(
                self,
                "Tell",
                topic=self._told,
                subject="A sales report was published",
                message=sfn.TaskInput.from_object({"report": "{% $key %}", "bucket": self._reports.bucket_name}),
                outputs={"outcome": "REPORTED", "report": "{% $key %}"},
            )
        )

    def _failed(self, claim: ReportClaim) -> sfn.Chain:
        """Record the reason: what Step Functions knows of it, and the program's own words if it left some."""
        of_machine = "$error.Error = 'StepFailed' ? $error.Cause : $error.Error & ': ' & $error.Cause"
        shard = "($exists($words.shard) ? ' ' & $string($words.shard) : '')"
        # The words may be of an earlier try, and the last one could not leave any, since it was killed.
        theirs = f"$contains($error.Cause, {ended_with(f'$words.step & {shard}', '$string($words.exit_code)')})"
        # Of bad input the words say all that its sender needs; of anything else somebody has to look at the log.
        where = f"($words.exit_code = {BAD_INPUT} ? '' : ' [' & $error.Cause & ']')"
        told = f"$substring($words.reason, 0, 8000) & {where}"
        reason = f"{{% ( $words := $parse($states.result.Body); {theirs} ? {told} : {of_machine} ) %}}"
        words = self._read("Read the reason", "failure.json", {"reason": reason})
        fail = sfn.Fail.jsonata(self, "Failed", error="ReportFailed", cause="{% $reason %}")
        record = claim.give_up(fail)
        words.add_catch(record, assign={"reason": f"{{% {of_machine} %}}"})
        return sfn.Chain.start(words).next(record)

    def _read(self, name: str, file: str, assign: dict[str, str]) -> tasks.CallAwsService:
        """Return the state that reads a file of the run."""
        return retried(
            tasks.CallAwsService.jsonata(
                self,
                name,
                service="s3",
                action="getObject",
                parameters={"Bucket": self._reports.bucket_name, "Key": f"{{% 'runs/' & $run & '/{file}' %}}"},
                iam_resources=[self._reports.arn_for_objects("runs/*")],
                assign=assign,
            ),
            but=["S3.NoSuchKeyException"],
        )

    def _logs(self, settings: Settings, key: IKey) -> logs.LogGroup:
        return encrypted_log_group(
            self, "Logs", settings=settings, key=key, name=f"/aws/vendedlogs/states/{Stack.of(self).stack_name}"
        )
