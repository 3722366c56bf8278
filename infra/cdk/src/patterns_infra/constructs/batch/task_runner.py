"""What a program needs to run as a task on Fargate: cluster, task definition, two roles, a log."""

from collections.abc import Mapping, Sequence
from typing import Any

import jsii
from aws_cdk import Duration
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from aws_cdk.aws_kms import IKey
from constructs import Construct

from patterns_infra.constructs.batch.task_network import TaskNetwork
from patterns_infra.constructs.common.acknowledgement import acknowledge
from patterns_infra.constructs.common.log_group import encrypted_log_group
from patterns_infra.settings import Settings

__all__ = ["TaskRunner"]

_SPOT_NOTICE = Duration.seconds(120)
"""What Spot gives a task between its SIGTERM and its end."""
_ARCHITECTURES = {"linux/arm64": ecs.CpuArchitecture.ARM64, "linux/amd64": ecs.CpuArchitecture.X86_64}
_STREAMS = "task"


class TaskRunner(Construct):
    """Runs one image with any arguments, on Spot or on demand. What the program may do is granted to ``role``."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        network: TaskNetwork,
        repository: ecr.IRepository,
        tag: str,
        platform: str,
        environment: Mapping[str, str],
        key: IKey,
        cpu: int,
        memory: int,
    ) -> None:
        """Define the task.

        ``platform`` is the image's, as Docker has it; ``cpu`` is in 1/1024 of a core, ``memory`` in MiB, in the pairs
        that Fargate has.
        """
        super().__init__(scope, construct_id)
        self._network = network
        self.cluster = ecs.Cluster(
            self,
            "Cluster",
            vpc=network.vpc,
            container_insights_v2=ecs.ContainerInsights.ENABLED,
            enable_fargate_capacity_providers=True,
        )
        self.logs = encrypted_log_group(self, "Logs", settings=settings, key=key)
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"))
        self.definition = ecs.FargateTaskDefinition(
            self,
            "Definition",
            cpu=cpu,
            memory_limit_mib=memory,
            task_role=self.role,
            runtime_platform=ecs.RuntimePlatform(
                cpu_architecture=_ARCHITECTURES[platform], operating_system_family=ecs.OperatingSystemFamily.LINUX
            ),
            volumes=[ecs.Volume(name="scratch")],
        )
        self.container = self.definition.add_container(
            "Program",
            image=ecs.ContainerImage.from_ecr_repository(repository, tag),
            environment=dict(environment),
            logging=ecs.LogDriver.aws_logs(log_group=self.logs, stream_prefix=_STREAMS),
            readonly_root_filesystem=True,
            stop_timeout=_SPOT_NOTICE,
        )
        self.container.add_mount_points(
            ecs.MountPoint(container_path="/tmp", source_volume="scratch", read_only=False)  # noqa: S108 - its own
        )
        acknowledge(
            self.definition,
            "AwsSolutions-ECS2",
            "The variables are names and figures of this stack; what is secret comes from Secrets Manager.",
        )

        acknowledge(
            self.definition,
            "AwsSolutions-IAM5[Resource::*]",
            "ecr:GetAuthorizationToken knows no resources; the image and the log group are named.",
        )

    @property
    def stream_prefix(self) -> str:
        """What the names of the tasks' log streams begin with; container and task id follow."""
        return _STREAMS

    def allow(self, actions: list[str], *resources: str, conditions: Mapping[str, object] | None = None) -> None:
        """Let the program do exactly this, under these conditions."""
        self.role.add_to_policy(iam.PolicyStatement(actions=actions, resources=list(resources), conditions=conditions))

    def run(
        self, scope: Construct, name: str, *, command: Sequence[str], spot: bool, timeout: Duration, disk: str = ""
    ) -> tasks.EcsRunTask:
        """Return the state that runs the program with these arguments to its end; what takes longer is stopped.

        Each argument is a text or a JSONata expression; ``disk`` is one for the GiB of the scratch disk, 21 to 200.
        """
        provider = "FARGATE_SPOT" if spot else "FARGATE"
        strategy = ecs.CapacityProviderStrategy(capacity_provider=provider, weight=1)
        return _RunTask(
            scope,
            name,
            disk=disk,
            query_language=sfn.QueryLanguage.JSONATA,
            integration_pattern=sfn.IntegrationPattern.RUN_JOB,
            cluster=self.cluster,
            task_definition=self.definition,
            launch_target=tasks.EcsFargateLaunchTarget(
                platform_version=ecs.FargatePlatformVersion.LATEST,
                capacity_provider_options=tasks.CapacityProviderOptions.custom(capacity_provider_strategy=[strategy]),
            ),
            container_overrides=[tasks.ContainerOverride(container_definition=self.container, command=list(command))],
            assign_public_ip=self._network.public,
            subnets=self._network.subnets,
            security_groups=[self._network.security_group],
            propagated_tag_source=ecs.PropagatedTagSource.TASK_DEFINITION,
            task_timeout=sfn.Timeout.duration(timeout),
        )


class _RunTask(tasks.EcsRunTask):
    """Adds the size of the task's disk, an override that the CDK's state does not have."""

    def __init__(self, scope: Construct, construct_id: str, *, disk: str, **given: Any) -> None:  # noqa: ANN401
        super().__init__(scope, construct_id, **given)
        self._disk = disk

    @jsii.member(jsii_name="toStateJson")
    def to_state_json(self, top_level_query_language: sfn.QueryLanguage | None = None) -> dict[str, Any]:
        state = dict(super().to_state_json(top_level_query_language))
        if self._disk:
            state["Arguments"]["Overrides"]["EphemeralStorage"] = {"SizeInGiB": self._disk}
        return state
