"""Deploying to an AWS account: bundle, synth, bootstrap where the CDK never was, deploy by change set."""

from collections.abc import Sequence
from dataclasses import dataclass

from patterns_infra.local.assembly import assemble
from patterns_infra.local.folder import LocalFolder
from patterns_infra.local.lock import exclusive
from patterns_infra.local.node_cdk import Cdk
from patterns_infra.local.progress import Progress, ResourceCount, Timings
from patterns_infra.local.runner import Runner
from patterns_infra.place import stack_status
from patterns_infra.real_aws import AwsAccess
from patterns_infra.registry import Pattern
from patterns_infra.settings import Settings

__all__ = ["deploy_to_aws"]

_SECONDS = 3600.0
_LOCK_SECONDS = 900.0


def deploy_to_aws(access: AwsAccess, settings: Settings, patterns: Sequence[Pattern], *, report: Progress) -> None:
    """Create or update the patterns' stacks.

    Raises:
        DeployFailed: with the step or the resource, and the reason.
    """
    folder = LocalFolder.default()
    folder.prepare()
    with exclusive(folder.lock, seconds=_LOCK_SECONDS, waiting=report.say):
        work = _Work(folder, Runner(folder.deploy_log), Timings(report))
        try:
            work.deploy(access, settings, patterns)
        except BaseException:
            work.runner.end_all()
            raise


@dataclass(frozen=True, slots=True)
class _Work:
    folder: LocalFolder
    runner: Runner
    timings: Timings

    def deploy(self, access: AwsAccess, settings: Settings, patterns: Sequence[Pattern]) -> None:
        place, environment, timings = access.place, access.environment, self.timings
        assembly = assemble(
            *(self.folder, patterns, settings), runner=self.runner, timings=timings, environment=environment
        )
        cdk = Cdk(self.folder, self.runner, environment)
        if stack_status(place.client("cloudformation"), "CDKToolkit") is None:
            with timings.step("bootstrap"):
                cdk.bootstrap(place.account, place.region, seconds=_SECONDS)
        for pattern in patterns:
            stack = pattern.stack_name(settings.stage)
            step, total = f"deploy {pattern.name}", len(assembly.template(stack)["Resources"])
            with timings.step(step, total):
                count = ResourceCount(timings.report, step)
                cdk.deploy(stack, assembly.path, parameters={}, direct=False, seconds=_SECONDS, each=count)
