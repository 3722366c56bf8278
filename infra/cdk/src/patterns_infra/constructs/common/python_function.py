"""A Lambda function in Python with everything that belongs to one."""

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk.aws_kms import IKey
from constructs import Construct

from patterns_infra.bundles import Bundle
from patterns_infra.constructs.common.acknowledgement import acknowledge
from patterns_infra.constructs.common.alarms import Alarms
from patterns_infra.constructs.common.function_health import FunctionHealth
from patterns_infra.constructs.common.log_group import encrypted_log_group
from patterns_infra.settings import Settings

__all__ = ["PythonFunction"]


class PythonFunction(Construct):
    """The function, its own role without AWS's managed policies, its log group, and alarms on errors and throttles.

    ``target`` is what to call: the alias of the published version with SnapStart, else the function.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        bundle: Bundle,
        handler: str,
        description: str,
        environment: Mapping[str, str],
        key: IKey,
        alarms: Alarms,
        memory: int = 512,
        timeout: Duration | None = None,
        reserved_concurrency: int | None = None,
        snap_start: bool = False,
        title: str = "",
    ) -> None:
        """``handler`` is ``package.module.function``, ``title`` what alarms call it; grants are the stack's."""
        super().__init__(scope, construct_id)
        self.timeout = timeout or Duration.seconds(10)
        self.logs = encrypted_log_group(self, "Logs", settings=settings, key=key)
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        self.logs.grant_write(self.role)
        self.function = lambda_.Function(
            self,
            "Function",
            description=description,
            runtime=lambda_.Runtime(
                f"python{bundle.runtime.python}", lambda_.RuntimeFamily.PYTHON, supports_snap_start=True
            ),
            architecture=lambda_.Architecture.custom(bundle.runtime.architecture),
            code=lambda_.Code.from_asset(str(bundle.archive), asset_hash=bundle.digest),
            handler=handler,
            environment={"STAGE": settings.stage, "APP_VERSION": bundle.version, **environment},
            role=self.role,
            log_group=self.logs,
            tracing=lambda_.Tracing.ACTIVE,
            memory_size=memory,
            timeout=self.timeout,
            reserved_concurrent_executions=reserved_concurrency,
            snap_start=lambda_.SnapStartConf.ON_PUBLISHED_VERSIONS if snap_start else None,
        )
        self.target: lambda_.IFunction = self.function
        if snap_start:
            acknowledge(
                self.function,
                "Annotation::@aws-cdk/aws-lambda:snapStartRequirePublish",
                "Callers use the alias below, which is a published version; no version is older than SnapStart.",
            )
            self.target = lambda_.Alias(self, "Live", alias_name="live", version=self.function.current_version)
        self.health = FunctionHealth(self, "Health", function=self.function, name=title or construct_id, alarms=alarms)
        acknowledge(
            self.role,
            "AwsSolutions-IAM5[Resource::*]",
            "X-Ray's PutTraceSegments and PutTelemetryRecords know no resources; everything else is named.",
        )
        acknowledge(
            self.function,
            "AwsSolutions-L1",
            "The bundle is built for this Python, which Lambda supports; a newer one is a change of its own.",
        )

    def allow(self, actions: list[str], *resources: str, conditions: Mapping[str, object] | None = None) -> None:
        """Let the function do exactly this, under these conditions."""
        self.role.add_to_policy(iam.PolicyStatement(actions=actions, resources=list(resources), conditions=conditions))
