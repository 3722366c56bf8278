"""Commands that deploy, destroy and prepare: stacks, container images, an account."""

from typing import Annotated

import typer

from patterns_cli.app.options import NamedPatterns, RegionOption, Settings, StageOption, TargetOption, Yes
from patterns_infra.settings import Target

__all__ = ["bootstrap", "deploy", "destroy", "images"]


images = typer.Typer(help="Build and push container images, without deploying what runs them.", no_args_is_help=True)


def deploy(
    patterns: NamedPatterns,
    *,
    target: TargetOption = Target.LOCAL,
    stage: StageOption = None,
    region: RegionOption = None,
    settings: Settings = None,
    yes: Yes = False,
    kubeconfig: Annotated[
        str | None, typer.Option(metavar="FILE", help="k8s, target local: into this cluster, kind, k3d or another")
    ] = None,
    context: Annotated[
        str | None, typer.Option(metavar="NAME", help="of that file; its current one by default")
    ] = None,
    image: Annotated[
        str | None,
        typer.Option(metavar="REF", help="what that cluster's nodes pull; built and loaded for kind and k3d"),
    ] = None,
    aws_endpoint: Annotated[
        str | None, typer.Option(metavar="URL", help="the platform's address as that cluster's pods reach it")
    ] = None,
) -> None:
    """Deploy patterns to the local platform, or to an AWS account after asking."""
    from patterns_cli.commands import changing  # noqa: PLC0415 - each command imports only its own

    wish = changing.ClusterWish(kubeconfig=kubeconfig, context=context, image=image, aws_endpoint=aws_endpoint)
    changing.deploy(changing.Order(patterns, target, stage, region, settings or [], yes, wish))


def bootstrap(*, region: RegionOption = None, yes: Yes = False) -> None:
    """Prepare an AWS account's region once, after asking: the role by which API Gateway writes logs."""
    from patterns_cli.commands import bootstrap as command  # noqa: PLC0415 - as above

    command.bootstrap(region, yes=yes)


def destroy(
    patterns: NamedPatterns,
    *,
    target: TargetOption = Target.LOCAL,
    stage: StageOption = None,
    region: RegionOption = None,
    yes: Yes = False,
    discard: Annotated[bool, typer.Option("--discard", help="Lose the messages that wait in queues.")] = False,
) -> None:
    """Destroy patterns' stacks, and say what remains of them; refused while messages wait in their queues."""
    from patterns_cli.commands import changing  # noqa: PLC0415 - as above

    changing.destroy(changing.Order(patterns, target, stage, region, [], yes, discard=discard))


@images.command("build")
def build_images(patterns: NamedPatterns) -> None:
    """Build the patterns' images for the platform they run on in AWS, and print their names."""
    from patterns_cli.commands import images as command  # noqa: PLC0415 - as above
    from patterns_cli.commands.changing import Order  # noqa: PLC0415 - as above

    command.build(Order(patterns, Target.LOCAL, None, None, [], yes=False))


@images.command("push")
def push_images(
    patterns: NamedPatterns,
    *,
    stage: StageOption = None,
    region: RegionOption = None,
    settings: Settings = None,
    yes: Yes = False,
) -> None:
    """Create the patterns' repositories in an AWS account, after asking, and push the images that are not there."""
    from patterns_cli.commands import images as command  # noqa: PLC0415 - as above
    from patterns_cli.commands.changing import Order  # noqa: PLC0415 - as above

    command.push(Order(patterns, Target.AWS, stage, region, settings or [], yes))
