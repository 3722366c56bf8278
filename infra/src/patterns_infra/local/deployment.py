"""Deploying patterns to the running local platform: bundle, synth, bootstrap, deploy, fixups."""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache

from patterns_infra.local.assembly import Assembly, build_bundles, current_assembly, synthesize
from patterns_infra.local.deployed import read_digests, record_digest, stacks_in_order
from patterns_infra.local.errors import DeployFailed
from patterns_infra.local.fixups import FIXUPS, apply_fixups
from patterns_infra.local.fixups.deployed_stack import DeployedStack
from patterns_infra.local.folder import LocalFolder
from patterns_infra.local.local_aws import ACCOUNT, REGION, build_environment, child_environment, client_for
from patterns_infra.local.node_cdk import Cdk, ResourceEvent
from patterns_infra.local.progress import Timings
from patterns_infra.local.runner import Runner
from patterns_infra.local.sources import source_digest
from patterns_infra.registry import Pattern
from patterns_infra.settings import Settings

__all__ = ["LocalDeployment"]

_BOOTSTRAP_SECONDS = 120.0
_DEPLOY_SECONDS = 600.0
_ASSETS_BUCKET = f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}"


@dataclass(slots=True)
class LocalDeployment:
    """Brings patterns to a platform that may still be starting.

    Attributes:
        folder: the platform's files.
        settings: stage and choices; the target is local.
        runner: runs the programs.
        timings: shows and times the steps.
    """

    folder: LocalFolder
    settings: Settings
    runner: Runner
    timings: Timings

    def missing(self, patterns: Sequence[Pattern], endpoint_url: str) -> list[Pattern]:
        """Return those that are not deployed as their sources are now; one whose stack is gone is missing, too."""
        done = read_digests(self.folder)
        current = [x for x in patterns if done.get(self._stack(x)) == source_digest(x, self.settings)]
        present = stacks_in_order(client_for("cloudformation", endpoint_url)) if current else set()
        return [x for x in patterns if x not in current or self._stack(x) not in present]

    def run(self, patterns: Sequence[Pattern], endpoint_url: Callable[[], str]) -> None:
        """Deploy the patterns.

        Args:
            patterns: which.
            endpoint_url: gives the platform's address, once it has one: synthesis does not wait for it.

        Raises:
            DeployFailed: with the step or the resource, and the reason.
        """
        with ThreadPoolExecutor(1) as beside:
            ready = beside.submit(self._bootstrap, endpoint_url)
            try:
                assembly = self._assembly(patterns, ready)
                address = ready.result()
            except BaseException:
                self.runner.end_all()
                raise
        for pattern in patterns:
            self._deploy(pattern, assembly, address)

    def _assembly(self, patterns: Sequence[Pattern], ready: "Future[str]") -> Assembly:
        current = current_assembly(self.folder, patterns, self.settings)
        if current:
            return current
        environment = build_environment()
        with self.timings.step("bundle"):
            build_bundles(patterns, self.settings, self.runner, environment)
        if ready.done():
            ready.result()
        with self.timings.step("synth"):
            return synthesize(self.folder, patterns, self.settings, self.runner, environment)

    def _bootstrap(self, endpoint_url: Callable[[], str]) -> str:
        """Give the CDK its bucket and roles, once for each run of the platform."""
        address = endpoint_url()
        s3 = client_for("s3", address)
        if "CDKToolkit" in stacks_in_order(client_for("cloudformation", address)):
            return address
        with self.timings.step("bootstrap"):
            cdk = Cdk(self.folder, self.runner, child_environment(address))
            cdk.bootstrap(ACCOUNT, REGION, seconds=_BOOTSTRAP_SECONDS)
            # The policy denies what does not come by TLS, which the emulator does not speak.
            s3.delete_bucket_policy(Bucket=_ASSETS_BUCKET)
        return address

    def _deploy(self, pattern: Pattern, assembly: Assembly, address: str) -> None:
        stack = self._stack(pattern)
        template = assembly.template(stack)
        parameters = {"EndpointUrl": address} if "EndpointUrl" in template.get("Parameters", {}) else {}
        total = len(template["Resources"])
        with self.timings.step(f"deploy {pattern.name}", total) as note:
            cdk = Cdk(self.folder, self.runner, child_environment(address))
            cdk.deploy(
                stack,
                assembly.path,
                parameters=parameters,
                direct=True,
                seconds=_DEPLOY_SECONDS,
                each=_Count(self.timings, f"deploy {pattern.name}"),
            )
            note(f"{total} resources")
        with self.timings.step(f"fixups {pattern.name}", len(FIXUPS)) as note:
            self._fix(stack, template, address, f"fixups {pattern.name}")
        record_digest(self.folder, stack, assembly.digests[pattern.name])

    def _fix(self, stack: str, template: Mapping[str, object], address: str, step: str) -> None:
        client = cache(lambda service: client_for(service, address))
        done = iter(range(1, len(FIXUPS) + 1))
        try:
            deployed = DeployedStack.describe(stack, template, client)
            apply_fixups(deployed, lambda name, _: self.timings.report.advance(step, next(done), name))
        except Exception as error:
            raise DeployFailed(f"{stack}: a fixup failed: {error}") from error

    def _stack(self, pattern: Pattern) -> str:
        return pattern.stack_name(self.settings.stage)


class _Count:
    """Counts a deployment's resources as the CDK tells of them; its own count includes the stack itself."""

    def __init__(self, timings: Timings, step: str) -> None:
        self._timings, self._step = timings, step
        self._done: set[str] = set()
        self._lock = threading.Lock()

    def __call__(self, event: ResourceEvent) -> None:
        if event.kind == "AWS::CloudFormation::Stack":
            return
        with self._lock:
            if event.status.endswith("_COMPLETE"):
                self._done.add(event.name)
            self._timings.report.advance(self._step, len(self._done), event.name)
