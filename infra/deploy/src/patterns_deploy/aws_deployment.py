"""Deploying to an AWS account: bundle, synth, build images, bootstrap where the CDK never was, deploy by change set."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from patterns_deploy.assembly import Assembly, assemble
from patterns_deploy.container_program import ContainerProgram
from patterns_deploy.folder import LocalFolder
from patterns_deploy.image_delivery import Delivery, Image
from patterns_deploy.kubernetes.eks import deploy_operator_on_aws, remove_operator_on_aws
from patterns_deploy.lock import exclusive
from patterns_deploy.node_cdk import Cdk
from patterns_deploy.place import stack_is_protected, stack_status
from patterns_deploy.progress import Progress, ResourceCount, Timings
from patterns_deploy.real_aws import AwsAccess
from patterns_deploy.runner import Runner
from patterns_infra.registry import DELETION_PROTECTION, Pattern
from patterns_infra.settings import Settings

__all__ = ["deploy_images", "deploy_to_aws", "empty_cluster", "templates_to_deploy"]

_SECONDS = 3600.0
_LOCK_SECONDS = 900.0
_ANY_PHONE = "+10000000"
_ROLLED_BACK = frozenset({"ROLLBACK_COMPLETE", "ROLLBACK_FAILED"})
"""What a creation leaves that failed: the CDK deletes such a stack before it creates it again."""
_NEVER_CREATED = _ROLLED_BACK | {None, "REVIEW_IN_PROGRESS"}


def deploy_to_aws(
    access: AwsAccess,
    settings: Settings,
    patterns: Sequence[Pattern],
    *,
    images: Sequence[Image] = (),
    program: ContainerProgram | None = None,
    report: Progress,
) -> None:
    """Create or update the patterns' stacks, after their images were built and pushed.

    Args:
        access: the account.
        settings: stage and choices.
        patterns: which.
        images: their images.
        program: builds them.
        report: is told of every step.

    Raises:
        DeployFailed: with the step or the resource, and the reason. If it is about an image, no pattern was deployed.
    """
    with _working(report) as work:
        assembly = work.deliver(access, settings, patterns, images, program)
        for pattern in patterns:
            work.deploy(access, assembly, pattern.stack_name(settings.stage), f"deploy {pattern.name}", settings)
            if pattern.kubernetes:
                deploy_operator_on_aws(work.folder, access, pattern, work.timings)


def deploy_images(
    access: AwsAccess,
    settings: Settings,
    patterns: Sequence[Pattern],
    *,
    images: Sequence[Image],
    program: ContainerProgram | None,
    report: Progress,
) -> None:
    """Do the first half of it: repositories and the images in them.

    Raises:
        DeployFailed: as above.
    """
    with _working(report) as work:
        work.deliver(access, settings, patterns, images, program)


def templates_to_deploy(
    access: AwsAccess, settings: Settings, patterns: Sequence[Pattern], *, report: Progress
) -> dict[str, dict[str, Any]]:
    """Return the templates of the patterns' stacks by name, synthesized as they will be deployed; AWS is not called.

    Raises:
        DeployFailed: with what uv or the CDK app said.
    """
    with _working(report) as work:
        assembly = work.assemble(access, settings, patterns)
    names = [name for pattern in patterns for name in pattern.stack_names(settings.stage)]
    return {name: assembly.template(name) for name in names}


@contextmanager
def _working(report: Progress) -> "Iterator[_Work]":
    folder = LocalFolder.default()
    folder.prepare()
    with exclusive(folder.lock, seconds=_LOCK_SECONDS, waiting=report.say):
        work = _Work(folder, Runner(folder.deploy_log), Timings(report))
        try:
            yield work
        except BaseException:
            work.runner.end_all()
            raise


def empty_cluster(access: AwsAccess, pattern: Pattern, *, report: Progress) -> None:
    """Take away what a pattern has in its cluster, after its workers have finished.

    Raises:
        DeployFailed: workers do not end, or the cluster cannot be reached.
    """
    remove_operator_on_aws(LocalFolder.default(), access, pattern, Timings(report))


@dataclass(frozen=True, slots=True)
class _Work:
    folder: LocalFolder
    runner: Runner
    timings: Timings

    def deliver(
        self,
        access: AwsAccess,
        settings: Settings,
        patterns: Sequence[Pattern],
        images: Sequence[Image],
        program: ContainerProgram | None,
    ) -> Assembly:
        """Synthesize, build, and only then create: the CDK's own stack, the repositories, what is in them."""
        assembly = self.assemble(access, settings, patterns)
        delivery = Delivery(images, self.runner, self.timings, program)
        delivery.build()
        delivery.check()
        self._bootstrap(access)
        for pattern in patterns:
            if pattern.images:
                stack = pattern.images_stack_name(settings.stage)
                self.deploy(access, assembly, stack, f"repositories {pattern.name}", settings)
        delivery.push(access.place)
        return assembly

    def assemble(self, access: AwsAccess, settings: Settings, patterns: Sequence[Pattern]) -> Assembly:
        """Build bundles and synthesize templates, unless both are there already."""
        return assemble(
            *(self.folder, patterns, _without_number(settings)),
            runner=self.runner,
            timings=self.timings,
            environment=access.environment,
        )

    def deploy(self, access: AwsAccess, assembly: Assembly, stack: str, step: str, settings: Settings) -> None:
        """Create or update one stack; what is protected from deletion is so once its creation has succeeded."""
        template = assembly.template(stack)
        given = _parameters(template, settings)
        protects = DELETION_PROTECTION in template.get("Parameters", {})
        with self.timings.step(step, len(template["Resources"])):
            status = stack_status(access.place.client("cloudformation"), stack)
            if status in _ROLLED_BACK:
                self._let_go(access, stack)
            if protects and status in _NEVER_CREATED:
                self._run(access, assembly, stack, step, {**given, DELETION_PROTECTION: "off"})
            self._run(access, assembly, stack, step, {**given, **({DELETION_PROTECTION: "on"} if protects else {})})

    def _run(self, access: AwsAccess, assembly: Assembly, stack: str, step: str, parameters: Mapping[str, str]) -> None:
        cdk = Cdk(self.folder, self.runner, access.environment)
        count = ResourceCount(self.timings.report, step)
        cdk.deploy(stack, assembly.path, parameters=parameters, direct=False, seconds=_SECONDS, each=count)

    @staticmethod
    def _let_go(access: AwsAccess, stack: str) -> None:
        """Let the CDK delete what a first deployment left that was rolled back.

        The CDK protects a stack before it creates the first resource, and does not take the protection off again.
        """
        cloudformation = access.place.client("cloudformation")
        if stack_is_protected(cloudformation, stack):
            cloudformation.update_termination_protection(StackName=stack, EnableTerminationProtection=False)

    def _bootstrap(self, access: AwsAccess) -> None:
        place = access.place
        if stack_status(place.client("cloudformation"), "CDKToolkit") is None:
            with self.timings.step("bootstrap"):
                cdk = Cdk(self.folder, self.runner, access.environment)
                cdk.bootstrap(place.account, place.region, seconds=_SECONDS)


def _without_number(settings: Settings) -> Settings:
    """Return what the templates depend on, which is whether there is a number.

    Settings become arguments of a process and a part of the assembly's stamp, where a number is not to be read.
    """
    return replace(settings, operator_phone=_ANY_PHONE) if settings.operator_phone else settings


def _parameters(template: Mapping[str, Any], settings: Settings) -> dict[str, str]:
    """Return the values that a template takes as parameters, so that it does not hold them."""
    known = {"OperatorPhone": settings.operator_phone}
    return {name: value for name, value in known.items() if value and name in template.get("Parameters", {})}
