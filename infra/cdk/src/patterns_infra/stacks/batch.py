"""Pattern 2: EventBridge, Step Functions, ECS on Fargate, ECR and S3."""

from typing import cast

from aws_cdk import Duration
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk.aws_sns_subscriptions import EmailSubscription
from constructs import Construct

from patterns_infra.console_links import console_link
from patterns_infra.constructs.batch.daily_report import DailyReport
from patterns_infra.constructs.batch.inbox import Inbox
from patterns_infra.constructs.batch.orders_export import OrdersExport
from patterns_infra.constructs.batch.parts_map import MERGE_GROUP, shard_limit
from patterns_infra.constructs.batch.report_workflow import ReportWorkflow
from patterns_infra.constructs.batch.sales_tables import ANALYTICS, QUERY_RESULTS, SalesTables
from patterns_infra.constructs.batch.task_network import TaskNetwork
from patterns_infra.constructs.batch.task_runner import TaskRunner
from patterns_infra.constructs.common.acknowledgement import acknowledge
from patterns_infra.constructs.common.dashboard import Dashboard
from patterns_infra.constructs.common.generated_secret import GeneratedSecret
from patterns_infra.constructs.common.image_findings import ImageFindings
from patterns_infra.constructs.common.image_repository import published_repository
from patterns_infra.constructs.common.keyed_table import KeyedTable
from patterns_infra.constructs.common.private_bucket import PrivateBucket
from patterns_infra.constructs.common.published_names import PublishedNames
from patterns_infra.container_images import declared_image, image_tag
from patterns_infra.registry import Pattern
from patterns_infra.settings import Settings, ShardMap
from patterns_infra.stacks.pattern_stack import PatternStack

__all__ = ["BatchStack"]

_CPU, _MEMORY = 1024, 2048
_WRITTEN = ("runs/", "reports/", ANALYTICS)
"""Where in the bucket of reports the program puts things."""


class BatchStack(PatternStack):
    """A schedule or a file starts the state machine, whose tasks read orders and write the report.

    The grants are all here: what the program may do, action by action.
    """

    def __init__(self, scope: Construct, construct_id: str, *, pattern: Pattern, settings: Settings) -> None:
        """Compose the pattern."""
        super().__init__(scope, construct_id, pattern=pattern, settings=settings)

        inbox = Inbox(self, "Inbox", settings=settings)
        reports = PrivateBucket(self, "Reports", settings=settings, lifecycle=_lifetimes()).bucket
        tables = SalesTables(self, "Tables", settings=settings, bucket=reports)
        claims = KeyedTable(
            self, "Claims", settings=settings, alarms=self._alarms, key="report", items="claims of reports"
        )
        runner = self._runner(pattern, inbox=inbox.bucket, reports=reports)
        export = None
        if settings.point_in_time_export:
            export = OrdersExport(self, "Export", table=self._orders_table, bucket=reports)
            export.readable_by(runner)
        workflow = ReportWorkflow(
            self,
            "Workflow",
            settings=settings,
            runner=runner,
            claims=claims.table,
            reports=reports,
            inbox=inbox.bucket,
            told=self._told(),
            key=self._key,
            alarms=self._alarms,
            export=export,
        )
        daily = DailyReport(self, "Daily", settings=settings, machine=workflow.machine, alarms=self._alarms)
        inbox.starts(workflow.machine, settings=settings, alarms=self._alarms)

        PublishedNames(
            self,
            "Names",
            settings=settings,
            pattern=pattern,
            values={
                "state_machine_arn": workflow.machine.state_machine_arn,
                "report_bucket": reports.bucket_name,
                "inbox_bucket": inbox.bucket.bucket_name,
                "cluster_arn": runner.cluster.cluster_arn,
                "claims_table": claims.table.table_name,
                "schedule_name": daily.schedule.ref,
                "analytics_database": tables.database,
                "analytics_workgroup": tables.workgroup,
                "analysts_policy": tables.analysts.managed_policy_arn,
            },
        )
        Dashboard(
            self,
            "Dashboard",
            alarms=self._alarms,
            graphs={
                "Executions": workflow.watch.executions,
                "Duration (ms)": [workflow.watch.duration],
                "Orders and rows left out": workflow.watch.orders,
                "Throttled table requests": claims.throttles,
            },
        )

    def _runner(self, pattern: Pattern, *, inbox: s3.IBucket, reports: s3.IBucket) -> TaskRunner:
        settings = self._settings
        image = image_tag(pattern.package)
        pseudonyms = GeneratedSecret(
            self,
            "PseudonymKey",
            purpose="Keys the pseudonyms of customers in reports",
            not_rotated="A new key gives every customer a new pseudonym, and reports cannot be compared: decide it.",
        ).secret
        images = published_repository(self, "Images", settings=settings, package=pattern.package)
        ImageFindings(self, "ImageFindings", repository=images, topic=self._alarms.topic, key=self._key)
        runner = TaskRunner(
            self,
            "Tasks",
            settings=settings,
            network=TaskNetwork(self, "Network", settings=settings, key=self._key),
            repository=images,
            tag=image,
            platform=declared_image(pattern.package).platform,
            environment={
                "STAGE": settings.stage,
                "REPORT_BUCKET": reports.bucket_name,
                "PSEUDONYM_SECRET_ARN": pseudonyms.secret_arn,
                "APP_VERSION": image,
                "TIME_ZONE": settings.time_zone,
                "PRICES": settings.file_prices,
                "RETURNS": settings.file_returns,
                "LOCALE": settings.locale,
                "SHARD_LIMIT": str(shard_limit(settings.shards_run)),
                "MERGE_GROUP": str(MERGE_GROUP),
                "DISK_GIB": str(settings.task_disk_gib),
                **({"MAX_SHARDS": str(MERGE_GROUP**2)} if settings.shards_run is ShardMap.DISTRIBUTED else {}),
                "MEMORY_MB": str(_MEMORY * 2 // 3),
                "TASK_CPU": str(_CPU),
                "TASK_MEMORY": str(_MEMORY),
                **({"REPORT_LINK": console_link(settings.region, reports.bucket_name)} if settings.on_aws else {}),
            },
            key=self._key,
            cpu=_CPU,
            memory=_MEMORY,
        )
        name = self.format_arn(
            service="ssm", resource="parameter", resource_name=f"patterns/{settings.stage}/web_api/orders_table"
        )
        self._accept_prefixes(runner, reports, inbox)
        runner.allow(["s3:ListBucket"], reports.bucket_arn)
        runner.allow(["s3:GetObject", "s3:PutObject"], *(reports.arn_for_objects(f"{each}*") for each in _WRITTEN))
        runner.allow(["s3:GetObject", "s3:GetObjectVersion"], inbox.arn_for_objects("*"))
        runner.allow(["s3:ListBucket"], inbox.bucket_arn)
        if not settings.point_in_time_export:
            table = self.format_arn(service="dynamodb", resource="table", resource_name=self._orders_table)
            runner.allow(["dynamodb:DescribeTable", "dynamodb:Scan"], table)
            runner.allow(["ssm:GetParameter"], name)
        runner.allow(["secretsmanager:GetSecretValue"], pseudonyms.secret_arn)
        return runner

    def _accept_prefixes(self, runner: TaskRunner, reports: s3.IBucket, inbox: s3.IBucket) -> None:
        reason = "The program names its objects by run and date: a prefix of this stack's own bucket is the grant."
        for bucket, prefixes in ((reports, [f"/{each}*" for each in _WRITTEN]), (inbox, ("/*",))):
            name = self.get_logical_id(cast("s3.CfnBucket", bucket.node.default_child))
            for prefix in prefixes:
                acknowledge(runner.role, f"AwsSolutions-IAM5[Resource::<{name}.Arn>{prefix}]", reason)

    @property
    def _orders_table(self) -> str:
        """The web API's table, whether it is there yet or not."""
        return f"patterns-{self._settings.stage}-orders"

    def _told(self) -> sns.Topic:
        """Who hears that a report was published."""
        topic = sns.Topic(self, "Published", master_key=self._key, enforce_ssl=self._settings.on_aws)
        if self._settings.alarm_email:
            topic.add_subscription(EmailSubscription(self._settings.alarm_email))
        return topic


def _lifetimes() -> list[s3.LifecycleRule]:
    """What a run worked with goes after a month, what Athena answered after a week; what was published stays."""
    day, month = Duration.days(1), Duration.days(30)
    return [
        s3.LifecycleRule(
            prefix="runs/",
            expiration=month,
            noncurrent_version_expiration=day,
            abort_incomplete_multipart_upload_after=day,
        ),
        s3.LifecycleRule(
            prefix=QUERY_RESULTS,
            expiration=Duration.days(7),
            noncurrent_version_expiration=day,
            abort_incomplete_multipart_upload_after=day,
        ),
        s3.LifecycleRule(prefix=ANALYTICS, noncurrent_version_expiration=month),
    ]
