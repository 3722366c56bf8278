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

from patterns_infra.constructs.batch.orders_export import OrdersExport
from patterns_infra.constructs.batch.parts_map import PART, PART_DISK, PART_RUN, accept_parts, parts_map
from patterns_infra.constructs.batch.report_claim import ReportClaim
from patterns_infra.constructs.batch.report_failure import record_failure
from patterns_infra.constructs.batch.report_input import check_input
from patterns_infra.constructs.batch.report_watch import ReportWatch
from patterns_infra.constructs.batch.resilient_task import ResilientTask
from patterns_infra.constructs.batch.retried_call import retried
from patterns_infra.constructs.batch.run_files import RunFiles
from patterns_infra.constructs.batch.task_runner import TaskRunner
from patterns_infra.constructs.common.acknowledgement import acknowledge
from patterns_infra.constructs.common.alarms import Alarms
from patterns_infra.constructs.common.log_group import encrypted_log_group
from patterns_infra.settings import Settings, ShardMap

__all__ = ["ReportWorkflow"]

_LONGEST = Duration.hours(4)
_STEP, _SHARD = Duration.minutes(30), Duration.hours(2)
_RUN = "{% $run %}"


class ReportWorkflow(Construct):
    """Check the input, claim it, plan, work on the shards, merge, publish, tell; a failure is recorded with its reason.

    An execution is given ``{"date": "2026-11-22"}``, ``{"input": "s3://bucket/key"}``, with ``"version"`` (or, of a
    bucket without versions, ``"etag"``) for another content than the current one, or, by the schedule,
    ``{"scheduled": "2026-11-23T03:00:00Z"}``, the moment that was due, for the day before it in the shop's zone. With
    ``"again": true`` a report that is there is made once more.
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
        inbox: s3.IBucket,
        told: sns.ITopic,
        key: IKey,
        alarms: Alarms,
        export: OrdersExport | None = None,
    ) -> None:
        """Compose it; with an ``export`` a day's orders are read from one."""
        super().__init__(scope, construct_id)
        self._runner, self._reports, self._told, self._settings = runner, reports, told, settings
        self._files = RunFiles(reports)
        claim = ReportClaim(self, "Claim", table=claims, longest=_LONGEST)

        exported = ["--export", "{% $export %}"] if export else []
        plan = self._step(
            "Plan", "plan", "{% $source[0] %}", "{% $source[1] %}", "--content", "{% $content %}", *exported
        )
        work = export.before(plan) if export else sfn.Chain.start(plan)
        work = work.next(self._read_plan()).next(self._parts("Shards", "Shard", "shard", _SHARD))
        work = work.next(self._groups(self._step("Merge", "merge", disk="{% $mergeDisk %}")))
        work = work.next(self._step("Publish", "publish"))
        report = sfn.Parallel.jsonata(self, "Report", outputs={}).branch(work)
        report.add_catch(record_failure(self, self._files, claim), assign={"error": "{% $states.errorOutput %}"})
        done = report.next(claim.finish()).next(self._read_notice()).next(self._tell())
        done.next(sfn.Succeed.jsonata(self, "Reported"))

        given = check_input(self, claim.begin(report), inbox=inbox, time_zone=settings.time_zone)
        self.machine = sfn.StateMachine(
            self,
            "Machine",
            comment="A sales report of one day, or of one file of orders",
            definition_body=sfn.DefinitionBody.from_chainable(given),
            query_language=sfn.QueryLanguage.JSONATA,
            timeout=_LONGEST,
            tracing_enabled=True,
            logs=sfn.LogOptions(
                destination=self._logs(settings, key), level=sfn.LogLevel.ALL, include_execution_data=True
            ),
        )
        claim.allow(self.machine)
        if settings.shards_run is ShardMap.DISTRIBUTED:
            accept_parts(self.machine)
        if export:
            export.allow(self.machine)

        name = Stack.of(self).get_logical_id(cast("s3.CfnBucket", reports.node.default_child))
        acknowledge(
            self.machine.role,
            f"AwsSolutions-IAM5[Resource::<{name}.Arn>/runs/*]",
            "It reads and writes files of its own run, whose name is not known before.",
        )
        name = Stack.of(self).get_logical_id(cast("s3.CfnBucket", inbox.node.default_child))
        acknowledge(
            self.machine.role,
            f"AwsSolutions-IAM5[Resource::<{name}.Arn>/*]",
            "It looks which version of a file is there; its sender names the file.",
        )
        acknowledge(
            self.machine.role,
            "AwsSolutions-IAM5[Resource::*]",
            "Stopping and describing tasks, delivering logs and traces know no resources that could be named before.",
        )
        self.watch = ReportWatch(self, "Watch", settings=settings, machine=self.machine, alarms=alarms)

    def _step(self, name: str, step: str, *given: str, disk: str = "") -> ResilientTask:
        command = [step, "--run", _RUN, *given]
        return ResilientTask(
            self,
            name,
            runner=self._runner,
            command=command,
            timeout=_STEP,
            what=f"'{step}'",
            note=lambda scope, reason: self._files.note(scope, reason, run="$run"),
            disk=disk,
        )

    def _read_plan(self) -> sfn.State:
        plan = "$plan := $parse($states.result.Body)"
        other = "$error('the claim is for ' & $key & ', and the plan for ' & $plan.report)"
        shards = f"{{% ( {plan}; $plan.report = $key ? $plan.shards : {other} ) %}}"
        names = {"groups": "groups", "disk": "disk", "mergeDisk": "merge_disk"}
        figures = {name: f"{{% ( {plan}; $plan.{field} ) %}}" for name, field in names.items()}
        return self._files.read(self, "Read plan", "plan.json", {"shards": shards, **figures})

    def _parts(self, name: str, part: str, step: str, timeout: Duration) -> sfn.Map | sfn.DistributedMap:
        """Return the map that runs a step for each of the plan's shards, or groups of them."""
        command = [step, "--run", f"{{% ${PART_RUN} %}}", f"--{part.lower()}", f"{{% ${PART} %}}"]
        return parts_map(
            self,
            name,
            kind=self._settings.shards_run,
            at_once=self._settings.shards_at_once,
            reports=self._reports,
            step=lambda: ResilientTask(
                self,
                part,
                runner=self._runner,
                command=command,
                timeout=timeout,
                what=f"'{step} ' & ${PART}",
                note=lambda scope, reason: self._files.note(scope, reason, run=f"${PART_RUN}"),
                variables="part",
                disk=f"{{% ${PART_DISK} %}}",
            ),
        )

    def _groups(self, merge: ResilientTask) -> sfn.Chain:
        """Return the states that merge: of many shards groups first."""
        groups = self._parts("Groups", "Group", "combine", _STEP)
        groups.next(merge)
        many = sfn.Choice.jsonata(self, "Many shards")
        many.when(sfn.Condition.jsonata("{% $groups > 0 %}"), groups).otherwise(merge)
        return sfn.Chain.custom(many, merge.end_states, merge)

    def _read_notice(self) -> sfn.State:
        return self._files.read(self, "Read notice", "notice.json", {"notice": "{% $parse($states.result.Body) %}"})

    def _tell(self) -> sfn.State:
        return retried(
            tasks.SnsPublish.jsonata(
                self,
                "Tell",
                topic=self._told,
                subject="{% $notice.subject %}",
                # A sentence for people, the same facts for programs: SNS chooses by how somebody is subscribed.
                message=sfn.TaskInput.from_text(
                    "{% $string({'default': $string($notice.facts), 'email': $notice.text}) %}"
                ),
                message_per_subscription_type=True,
                outputs={"outcome": "REPORTED", "report": "{% $key %}"},
            )
        )

    def _logs(self, settings: Settings, key: IKey) -> logs.LogGroup:
        return encrypted_log_group(
            self, "Logs", settings=settings, key=key, name=f"/aws/vendedlogs/states/{Stack.of(self).stack_name}"
        )
