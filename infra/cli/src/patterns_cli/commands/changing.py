"""`patterns deploy` and `patterns destroy`, to the local platform or, after a typed confirmation, to an AWS account."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from patterns_cli.commands.cluster_wish import ClusterWish
from patterns_cli.commands.confirming import confirm
from patterns_cli.commands.cost_stack import idle_costs
from patterns_cli.commands.failures import CommandError
from patterns_cli.commands.given_settings import local_settings, read_given
from patterns_cli.commands.shown import show_urls
from patterns_cli.queues.stack_messages import count_messages, describe_messages
from patterns_deploy.bucket_emptying import empty_buckets
from patterns_deploy.folder import LocalFolder
from patterns_deploy.gateway_logs_role import require_logs_role
from patterns_deploy.image_delivery import Image, images_of, program_for
from patterns_deploy.image_registry import find_repository
from patterns_deploy.lock import exclusive
from patterns_deploy.mail_sender import require_sending, require_verified_sender
from patterns_deploy.place import Place, stack_is_protected
from patterns_deploy.progress import Timings, progress_for
from patterns_deploy.real_aws import AwsAccess, open_aws
from patterns_deploy.sign_up_sender import require_sign_up_sender
from patterns_deploy.stack_removal import remove_stack
from patterns_infra.registry import Pattern, select
from patterns_infra.settings import PRODUCTION, Settings, Target
from patterns_local.chosen_cluster import read_chosen
from patterns_local.deployment_groups import start_in_groups
from patterns_local.operator import empty_cluster
from patterns_local.platform import LOCAL_STAGE, Platform

__all__ = ["ClusterWish", "Order", "deploy", "destroy", "open_for", "shown_images"]

_LOCK_SECONDS = 900.0


@dataclass(frozen=True, slots=True)
class Order:
    """What the user asked for."""

    patterns: Sequence[str]
    target: Target
    stage: str | None
    region: str | None
    settings: Sequence[str]
    yes: bool
    cluster: ClusterWish = field(default_factory=ClusterWish)
    discard: bool = False

    def chosen(self) -> tuple[Pattern, ...]:
        """Return the named patterns.

        Raises:
            UnknownPattern: for a name that is not in the registry.
        """
        return select(",".join(self.patterns))

    def local_stage(self) -> str:
        """Return the stage of a local deployment.

        Raises:
            CommandError: an option that is for AWS was given.
        """
        if self.region:
            raise CommandError(
                "--region and --set are for --target aws; the local platform has its own, but takes --set partner_url=…"
            )
        return self.stage or LOCAL_STAGE


def deploy(order: Order) -> None:
    """Deploy; the local platform is started when it is not up."""
    chosen = order.chosen()
    order.cluster.refuse_elsewhere(order.target, chosen)
    if order.target is Target.LOCAL:
        stage = order.local_stage()
        given = local_settings(order.settings, chosen)
        cluster = order.cluster.find(stage)
        with progress_for(sys.stderr) as report:
            platform = start_in_groups(chosen, report, stage=stage, cluster=cluster, settings=given)
        show_urls(platform.outputs(), platform.mails)
        return
    access, settings = open_for(order, chosen)
    if any("sender_email" in pattern.needs for pattern in chosen):
        require_verified_sender(access.place, settings.mail_sender)
        settings = replace(settings, sender_configuration_set=require_sending(access.place, settings.mail_sender))
    if settings.sender_email and any("sender_email" in pattern.needs_in_production for pattern in chosen):
        require_sign_up_sender(access.place, settings)
    if any(pattern.api_gateway for pattern in chosen):
        require_logs_role(access.place)
    images = images_of(chosen, access.place)
    program = program_for(images)
    from patterns_deploy.aws_deployment import deploy_to_aws, templates_to_deploy  # noqa: PLC0415 - not needed to refuse

    with progress_for(sys.stderr) as report:
        costs = idle_costs(templates_to_deploy(access, settings, chosen, report=report), access.place.region)
    confirm("deploy to", access, _stacks(chosen, settings.stage) | shown_images(images) | costs, yes=order.yes)
    with progress_for(sys.stderr) as report:
        deploy_to_aws(access, settings, chosen, images=images, program=program, report=report)
    sys.stderr.write(f"deployed; see: patterns outputs --target aws --stage {settings.stage}\n")


def destroy(order: Order) -> None:
    """Destroy the stacks and name what remains.

    Raises:
        CommandError: the order is wrong, was not confirmed, a stack is protected from deletion, or messages wait in a
            queue that would go.
    """
    chosen = order.chosen()
    if order.target is Target.LOCAL:
        stage = order.local_stage()
        if _emptied_without_platform(chosen, stage):
            return
        platform = Platform.require(stage=stage)
        if waiting := _waiting_in(platform.place, order, chosen, stage):
            sys.stderr.write(f"messages that are lost: {waiting}\n")
        for pattern in reversed(chosen):
            with progress_for(sys.stderr) as report:
                remained = platform.destroy(pattern, report=report)
            _tell(pattern.stack_name(platform.stage), remained)
        return
    if not order.stage:
        raise CommandError("--target aws needs --stage")
    access = open_aws(order.stage, order.region)
    _refuse_protected(access.place, chosen, order.stage)
    waiting = _waiting_in(access.place, order, chosen, order.stage)
    going = _stacks(chosen, order.stage) | _images_that_go(chosen, access.place) | {"data": _data_of(order.stage)}
    going |= {"messages": waiting} if waiting else {}
    confirm("destroy in", access, going, yes=order.yes)
    from patterns_deploy.aws_deployment import empty_cluster  # noqa: PLC0415 - not needed to refuse

    for pattern in reversed(chosen):
        if pattern.kubernetes:
            with progress_for(sys.stderr) as report:
                empty_cluster(access, pattern, report=report)
        # What runs the images first: if it cannot be removed, they are still needed.
        for stack in reversed(pattern.stack_names(order.stage)):
            cloudformation = access.place.client("cloudformation")
            empty_buckets(cloudformation, access.place.client("s3"), stack)
            _tell(stack, remove_stack(cloudformation, stack))


def _refuse_protected(place: Place, chosen: Sequence[Pattern], stage: str) -> None:
    """Refuse before anything goes: CloudFormation does so only when buckets and clusters are empty already.

    Raises:
        CommandError: naming the first stack.
    """
    cloudformation = place.client("cloudformation")
    for stack in (name for pattern in chosen for name in pattern.stack_names(stage)):
        if stack_is_protected(cloudformation, stack):
            raise CommandError(
                f"{stack} has termination protection; nothing was changed. It is taken off in CloudFormation: "
                f"aws cloudformation update-termination-protection --no-enable-termination-protection "
                f"--stack-name {stack} --region {place.region}"
            )


def _waiting_in(place: Place, order: Order, chosen: Sequence[Pattern], stage: str) -> str:
    """Return what waits in the patterns' queues, empty when nothing does.

    Raises:
        CommandError: something does, and the user did not say that it may go. In production the queues remain.
    """
    waiting = count_messages(place, (name for pattern in chosen for name in pattern.stack_names(stage)))
    if waiting and stage == PRODUCTION and place.target is Target.AWS:
        return f"stay in their queues, which remain: {describe_messages(waiting)}"
    if waiting and not order.discard:
        raise CommandError(
            f"messages wait and would be lost: {describe_messages(waiting)}; nothing was changed. Let the consumers "
            "finish, or give the messages up with --discard"
        )
    return describe_messages(waiting)


def _emptied_without_platform(chosen: Sequence[Pattern], stage: str) -> bool:
    """Whether the platform is down, and the operator that it left in a cluster of the user's own is gone now.

    Raises:
        DeployFailed: the cluster cannot be reached, or workers do not end.
    """
    folder = LocalFolder.default()
    cluster = read_chosen(folder, stage)
    if cluster is None or not any(x.kubernetes for x in chosen) or Platform.current(stage=stage, folder=folder):
        return False
    with progress_for(sys.stderr) as report, exclusive(folder.lock, seconds=_LOCK_SECONDS, waiting=report.say):
        empty_cluster(folder, stage, Timings(report))
    sys.stderr.write(f"{cluster.context}: the operator is removed; the platform is down, and with it all stacks\n")
    return True


def open_for(order: Order, chosen: Sequence[Pattern]) -> tuple[AwsAccess, Settings]:
    """Return the account and the settings of an order for AWS; a wrong setting is said before AWS is asked anything.

    Raises:
        CommandError, SettingsError: the order is wrong.
        AwsUnavailable: see `open_aws`.
    """
    given = _given(order)
    wanted = Settings.from_mapping(given)
    for pattern in chosen:
        wanted.require(pattern.required(production=wanted.production), of=pattern.name)
    access = open_aws(given["stage"], order.region)
    place = access.place
    return access, Settings.from_mapping(given | {"region": place.region, "account": place.account})


def shown_images(images: Sequence[Image]) -> dict[str, str]:
    """Return what the user is asked about images."""
    return {"images": ", ".join(image.describe() for image in images)} if images else {}


def _images_that_go(patterns: Sequence[Pattern], place: Place) -> dict[str, str]:
    """Return what goes with the repositories, which are emptied."""
    repositories = [find_repository(place, package) for pattern in patterns for package in pattern.images]
    counted = [f"{found.count()} in {found.name}" for found in repositories if found]
    return {"images": ", ".join(counted)} if counted else {}


def _data_of(stage: str) -> str:
    """Return what becomes of tables, users, buckets and logs when a stage is destroyed."""
    return "kept, but for secrets" if stage == PRODUCTION else "deleted: tables, users, buckets, logs"


def _given(order: Order) -> dict[str, str]:
    """Return the settings of an AWS deployment as texts.

    Raises:
        CommandError: one is not NAME=VALUE.
    """
    given = {"target": Target.AWS.value, "stage": order.stage or "", **read_given(order.settings)}
    if not order.stage:
        raise CommandError("--target aws needs --stage, for example --stage dev")
    return given


def _stacks(patterns: Sequence[Pattern], stage: str) -> dict[str, str]:
    return {"stacks": ", ".join(name for pattern in patterns for name in pattern.stack_names(stage))}


def _tell(stack: str, remained: Sequence[str] | None) -> None:
    write = sys.stderr.write
    if remained is None:
        write(f"{stack}: was not deployed\n")
        return
    write(f"{stack}: destroyed\n")
    for name in remained:
        write(f"  remains: {name}\n")
