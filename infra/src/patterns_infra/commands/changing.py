"""`patterns deploy` and `patterns destroy`, to the local platform or, after a typed confirmation, to an AWS account."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from patterns_infra.commands.failures import CommandError
from patterns_infra.commands.shown import show_urls
from patterns_infra.local.platform import LOCAL_STAGE, Platform
from patterns_infra.local.progress import progress_for
from patterns_infra.mail_sender import require_verified_sender
from patterns_infra.real_aws import AwsAccess, open_aws
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
    access = open_aws(given["stage"], order.region)
    settings = Settings.from_mapping(given | {"region": access.place.region, "account": access.place.account})
    if any("sender_email" in pattern.needs for pattern in chosen):
        require_verified_sender(access.place, settings.mail_sender)
    _confirm("deploy to", order, access, chosen)
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
    _confirm("destroy in", order, access, chosen)
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


def _confirm(action: str, order: Order, access: AwsAccess, patterns: Sequence[Pattern]) -> None:
    """Show what is about to happen in which account, and have its stage typed.

    Raises:
        CommandError: the user did not agree, or nobody is there to ask.
    """
    place = access.place
    stacks = ", ".join(pattern.stack_name(place.stage) for pattern in patterns)
    write = sys.stderr.write
    write(f"about to {action} AWS:\n")
    write(f"  account  {place.account} (as {access.caller})\n  region   {place.region}\n  stage    {place.stage}\n")
    write(f"  stacks   {stacks}\n")
    if place.endpoint_url:
        write(f"  endpoint {place.endpoint_url} (from AWS_ENDPOINT_URL)\n")
    if order.yes:
        return
    if not sys.stdin.isatty():
        raise CommandError("nobody is there to confirm: add --yes to touch this account without asking")
    write(f"type the stage's name ({place.stage}) to go on: ")
    if sys.stdin.readline().strip() != place.stage:
        raise CommandError("not confirmed; nothing was changed")


def _tell(stack: str, remained: Sequence[str] | None) -> None:
    write = sys.stderr.write
    if remained is None:
        write(f"{stack}: was not deployed\n")
        return
    write(f"{stack}: destroyed\n")
    for name in remained:
        write(f"  remains: {name}\n")
