"""Deploying patterns to the running local platform: bundle, synth, bootstrap, deploy, fixups."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from patterns_deploy.assembly import Assembly, assemble
from patterns_deploy.errors import DeployFailed
from patterns_deploy.folder import LocalFolder
from patterns_deploy.mail_sender import verify_local_sender
from patterns_deploy.node_cdk import Cdk
from patterns_deploy.progress import ResourceCount, Timings
from patterns_deploy.runner import Runner
from patterns_infra.registry import Pattern
from patterns_infra.settings import Settings
from patterns_local.chosen_cluster import ChosenCluster
from patterns_local.chosen_image import deliver_image
from patterns_local.deployed import forget_digest, read_digests, record_digest, stacks_in_order
from patterns_local.docker import docker_at
from patterns_local.fixups import FIXUPS, apply_fixups
from patterns_local.fixups.deployed_stack import DeployedStack
from patterns_local.images import Images
from patterns_local.local_aws import ACCOUNT, REGION, build_environment, child_environment, client_for
from patterns_local.operator import LocalOperator
from patterns_local.partner.introduction import introduce

__all__ = ["Addresses", "LocalDeployment"]

_BOOTSTRAP_SECONDS = 120.0
_DEPLOY_SECONDS = 600.0
_ASSETS_BUCKET = f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}"


class Addresses(NamedTuple):
    """Where the platform is reached: the emulator, where the partner takes events, and Docker where that is used."""

    endpoint_url: str
    partner_url: str
    docker: str = ""


@dataclass(slots=True)
class LocalDeployment:
    """Brings patterns to a platform that may still be starting.

    Attributes:
        folder: the platform's files.
        settings: stage and choices; the target is local.
        runner: runs the programs.
        timings: shows and times the steps.
        cluster: of the user's own, for a pattern that needs one; ``None`` for the platform's.
    """

    folder: LocalFolder
    settings: Settings
    runner: Runner
    timings: Timings
    cluster: ChosenCluster | None = None

    def run(self, patterns: Sequence[Pattern], reach: Callable[[], Addresses]) -> None:
        """Deploy the patterns.

        Args:
            patterns: which.
            reach: gives the platform's addresses, once it has any: synthesis does not wait for them.

        Raises:
            DeployFailed: with the step or the resource, and the reason.
        """
        with ThreadPoolExecutor(1) as beside:
            ready = beside.submit(self._bootstrap, reach)
            # A platform that does not start ends the synthesis, too: nobody waits for an answer that is known.
            ready.add_done_callback(lambda it: self.runner.end_all() if it.exception() else None)
            try:
                assembly = assemble(
                    *(self.folder, patterns, self.settings),
                    runner=self.runner,
                    timings=self.timings,
                    environment=build_environment(),
                )
                addresses = ready.result()
            except BaseException:
                if ready.done():
                    ready.result()
                self.runner.end_all()
                raise
        client = partial(client_for, endpoint_url=addresses.endpoint_url)
        done, present = read_digests(self.folder), stacks_in_order(client("cloudformation"))
        images = Images(self.folder, self.runner, docker_at(addresses.docker) if addresses.docker else None)
        for pattern in patterns:
            for package in pattern.images:
                self._make_image(pattern, package, images)
            for stack in pattern.stack_names(self.settings.stage):
                parameters = _parameters(assembly.template(stack), addresses)
                digest = assembly.digest(stack, parameters)
                if stack not in present or done.get(stack) != digest:
                    self._deploy(pattern, stack, assembly, parameters, addresses)
                    record_digest(self.folder, stack, digest)
            stack = pattern.stack_name(self.settings.stage)
            if pattern.kubernetes:
                place = (self.settings.stage, addresses.endpoint_url)
                LocalOperator(self.folder, pattern, *place, self.timings).deploy(self.cluster)
            if pattern.images and addresses.docker:
                images.name(pattern.images, DeployedStack.describe(stack, assembly.template(stack), client))

    def _make_image(self, pattern: Pattern, package: str, images: Images) -> None:
        with self.timings.step(f"image {package}") as note:
            if pattern.kubernetes and self.cluster:
                note(deliver_image(self.cluster, package, self.folder, self.runner))
            else:
                note(images.make(package))

    def _bootstrap(self, reach: Callable[[], Addresses]) -> Addresses:
        """Give the account what it has before any stack: the CDK's bucket and roles, an address to send mail from."""
        addresses = reach()
        address = addresses.endpoint_url
        s3 = client_for("s3", address)
        if "CDKToolkit" in stacks_in_order(client_for("cloudformation", address)):
            return addresses
        with self.timings.step("bootstrap"):
            cdk = Cdk(self.folder, self.runner, child_environment(address))
            cdk.bootstrap(ACCOUNT, REGION, seconds=_BOOTSTRAP_SECONDS)
            # The policy denies what does not come by TLS, which the emulator does not speak.
            s3.delete_bucket_policy(Bucket=_ASSETS_BUCKET)
            verify_local_sender(client_for("ses", address), self.settings.mail_sender)
        return addresses

    def _deploy(
        self, pattern: Pattern, stack: str, assembly: Assembly, parameters: Mapping[str, str], addresses: Addresses
    ) -> None:
        what = pattern.name if stack == pattern.stack_name(self.settings.stage) else f"{pattern.name} images"
        forget_digest(self.folder, stack)
        template = assembly.template(stack)
        total = len(template["Resources"])
        with self.timings.step(f"deploy {what}", total) as note:
            cdk = Cdk(self.folder, self.runner, child_environment(addresses.endpoint_url))
            cdk.deploy(
                stack,
                assembly.path,
                parameters=parameters,
                direct=True,
                seconds=_DEPLOY_SECONDS,
                each=ResourceCount(self.timings.report, f"deploy {what}"),
            )
            note(f"{total} resources")
        with self.timings.step(f"fixups {what}", len(FIXUPS)) as note:
            self._fix(stack, template, addresses, f"fixups {what}")

    def _fix(self, stack: str, template: Mapping[str, object], addresses: Addresses, step: str) -> None:
        done = iter(range(1, len(FIXUPS) + 1))
        try:
            deployed = DeployedStack.describe(
                stack, template, lambda service: client_for(service, addresses.endpoint_url)
            )
            apply_fixups(deployed, lambda name, _: self.timings.report.advance(step, next(done), name))
            introduce(deployed, addresses.partner_url)
        except Exception as error:
            raise DeployFailed(f"{stack}: a fixup failed: {error}") from error


def _parameters(template: Mapping[str, Any], addresses: Addresses) -> dict[str, str]:
    """Return the parameters of a template that only the running platform knows."""
    known = {"EndpointUrl": addresses.endpoint_url, "PartnerUrl": addresses.partner_url}
    return {name: value for name, value in known.items() if name in template.get("Parameters", {})}
