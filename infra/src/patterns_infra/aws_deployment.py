"""Deploying to an AWS account: bundle, synth, build images, bootstrap where the CDK never was, deploy by change set."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from patterns_infra.container_program import ContainerProgram
from patterns_infra.image_delivery import Delivery, Image
from patterns_infra.kubernetes.eks import deploy_operator_on_aws, remove_operator_on_aws
from patterns_infra.local.assembly import Assembly, assemble
from patterns_infra.local.folder import LocalFolder
from patterns_infra.local.lock import exclusive
from patterns_infra.local.node_cdk import Cdk
from patterns_infra.local.progress import Progress, ResourceCount, Timings
from patterns_infra.local.runner import Runner
from patterns_infra.place import stack_status
from patterns_infra.real_aws import AwsAccess
from patterns_infra.registry import Pattern
from patterns_infra.settings import Settings

__all__ = ["deploy_images", "deploy_to_aws", "empty_cluster"]

_SECONDS = 3600.0
_LOCK_SECONDS = 900.0


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
            work.deploy(access, assembly, pattern.stack_name(settings.stage), f"deploy {pattern.name}")
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
        assembly = assemble(
            *(self.folder, patterns, settings),
            runner=self.runner,
            timings=self.timings,
            environment=access.environment,
        )
        delivery = Delivery(images, self.runner, self.timings, program)
        delivery.build()
        delivery.check()
        self._bootstrap(access)
        for pattern in patterns:
            if pattern.images:
                stack = pattern.images_stack_name(settings.stage)
                self.deploy(access, assembly, stack, f"repositories {pattern.name}")
        delivery.push(access.place)
        return assembly

    def deploy(self, access: AwsAccess, assembly: Assembly, stack: str, step: str) -> None:
        """Create or update one stack."""
        total = len(assembly.template(stack)["Resources"])
        with self.timings.step(step, total):
            count = ResourceCount(self.timings.report, step)
            cdk = Cdk(self.folder, self.runner, access.environment)
            cdk.deploy(stack, assembly.path, parameters={}, direct=False, seconds=_SECONDS, each=count)

    def _bootstrap(self, access: AwsAccess) -> None:
        place = access.place
        if stack_status(place.client("cloudformation"), "CDKToolkit") is None:
            with self.timings.step("bootstrap"):
                cdk = Cdk(self.folder, self.runner, access.environment)
                cdk.bootstrap(place.account, place.region, seconds=_SECONDS)
