"""`patterns deploy` and `patterns destroy`, to the local platform or, after a typed confirmation, to an AWS account."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from patterns_infra.commands.confirming import confirm
from patterns_infra.commands.failures import CommandError
from patterns_infra.commands.shown import show_urls
from patterns_infra.local.platform import LOCAL_STAGE, Platform
from patterns_infra.local.progress import progress_for
from patterns_infra.mail_sender import require_verified_sender
from patterns_infra.real_aws import open_aws
from patterns_infra.registry import Pattern, select
from patterns_infra.settings import Settings, Target
from patterns_infra.stack_removal import remove_stack

__all__ = ["Order", "deploy", "destroy"]


@dataclass(frozen=True, slots=True)
class Order:
    """What the user asked for."""

    patterns: Sequence[str]
    target: Target
    stage: str | None
    region: str | None
    settings: Sequence[str]
    yes: bool

    def chosen(self) -> tuple[Pattern, ...]:
        """Return the named patterns.

        Raises:
            UnknownPattern: for a name that is not in the registry.
        """
        return select(",".join(self.patterns))

    def local_stage(self) -> str:
        """Return the stage of a local deployment.

        Raises:
            CommandError: options that are for AWS were given.
        """
        if self.region or self.settings:
            raise CommandError("--region and --set are for --target aws; the local platform has its own")
        return self.stage or LOCAL_STAGE


def deploy(order: Order) -> None:
    """Deploy; the local platform is started when it is not up."""
    chosen = order.chosen()
    if order.target is Target.LOCAL:
        stage = order.local_stage()
        with progress_for(sys.stderr) as report:
            platform = Platform.start([x.name for x in chosen], detach=True, report=report, stage=stage)
        show_urls(platform.outputs(), platform.mails)
        return
    given = _given(order)
    wanted = Settings.from_mapping(given)  # what is wrong with them is said before AWS is asked anything
    for pattern in chosen:
        wanted.require(pattern.needs, of=pattern.name)
        if pattern.images:
            # Tasks that name an image which nobody pushed would fail every night, and cost money doing so.
            raise CommandError(f"{pattern.name} runs a container image, which deploy cannot push to AWS yet")
    access = open_aws(given["stage"], order.region)
    settings = Settings.from_mapping(given | {"region": access.place.region, "account": access.place.account})
    if any("sender_email" in pattern.needs for pattern in chosen):
        require_verified_sender(access.place, settings.mail_sender)
    confirm("deploy to", access, _stacks(chosen, settings.stage), yes=order.yes)
    from patterns_infra.aws_deployment import deploy_to_aws  # noqa: PLC0415 - not needed to refuse

    with progress_for(sys.stderr) as report:
        deploy_to_aws(access, settings, chosen, report=report)
    sys.stderr.write(f"deployed; see: patterns outputs --target aws --stage {settings.stage}\n")


def destroy(order: Order) -> None:
    """Destroy the stacks and name what remains."""
    chosen = order.chosen()
    if order.target is Target.LOCAL:
        platform = Platform.require(stage=order.local_stage())
        for pattern in reversed(chosen):
            remained = platform.destroy(pattern)
            _tell(pattern.stack_name(platform.stage), remained)
        return
    if not order.stage:
        raise CommandError("--target aws needs --stage")
    access = open_aws(order.stage, order.region)
    confirm("destroy in", access, _stacks(chosen, order.stage), yes=order.yes)
    for pattern in reversed(chosen):
        stack = pattern.stack_name(order.stage)
        _tell(stack, remove_stack(access.place.client("cloudformation"), stack))


def _given(order: Order) -> dict[str, str]:
    """Return the settings of an AWS deployment as texts.

    Raises:
        CommandError: one is not NAME=VALUE.
    """
    given = {"target": Target.AWS.value, "stage": order.stage or ""}
    for text in order.settings:
        name, separator, value = text.partition("=")
        if not separator:
            raise CommandError(
                f"--set {text!r} is not NAME=VALUE, for example --set site_origin=https://shop.example.com"
            )
        given[name] = value
    if not order.stage:
        raise CommandError("--target aws needs --stage, for example --stage dev")
    return given


def _stacks(patterns: Sequence[Pattern], stage: str) -> dict[str, str]:
    return {"stacks": ", ".join(pattern.stack_name(stage) for pattern in patterns)}


def _tell(stack: str, remained: Sequence[str] | None) -> None:
    write = sys.stderr.write
    if remained is None:
        write(f"{stack}: was not deployed\n")
        return
    write(f"{stack}: destroyed\n")
    for name in remained:
        write(f"  remains: {name}\n")
