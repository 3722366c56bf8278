"""The command line, `patterns`: what can be said, and nothing more; the work is in `patterns_infra.commands`.

Standard output is for programs (JSON, shell lines); everything for people goes to standard error.
"""

import os
import sys
from typing import Annotated

import typer

from patterns_infra.commands.failures import INTERRUPTED, one_line_errors
from patterns_infra.local.partner.modes import PartnerMode
from patterns_infra.settings import Target

__all__ = ["app", "main"]

app = typer.Typer(
    name="patterns",
    help="One shop, four serverless and container patterns, on this machine or in an AWS account.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

_Patterns = Annotated[list[str] | None, typer.Argument(metavar="[PATTERN]…", help="all of them by default")]
_NamedPatterns = Annotated[list[str], typer.Argument(metavar="PATTERN…")]
_Target = Annotated[Target, typer.Option(help="where to")]
_Stage = Annotated[str | None, typer.Option(help="name of the deployment; 'local' by default for target local")]
_Region = Annotated[str | None, typer.Option(help="AWS region, for target aws")]
_Set = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="a setting, for example site_origin=https://…")
]
_Yes = Annotated[bool, typer.Option("--yes", help="do not ask before touching an AWS account")]


@app.callback()
def options(
    *, debug: Annotated[bool, typer.Option(help="show where an error came from", envvar="PATTERNS_DEBUG")] = False
) -> None:
    """Keep what applies to every command."""
    if debug:
        os.environ["PATTERNS_DEBUG"] = "1"


@app.command()
def up(
    patterns: _Patterns = None,
    *,
    timings: Annotated[bool, typer.Option("--timings", help="show where the time went")] = False,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="of the platform; a free one by default")] = None,
) -> None:
    """Start the local platform in the background and deploy patterns to it. Safe to repeat."""
    from patterns_infra.commands import running  # noqa: PLC0415 - each command imports only its own

    running.up(patterns or [], timings=timings, port=port)


@app.command()
def down() -> None:
    """Stop everything that was started, and leave nothing running."""
    from patterns_infra.commands import running  # noqa: PLC0415 - as above

    running.down()


@app.command()
def outputs(target: _Target = Target.LOCAL, stage: _Stage = None, region: _Region = None) -> None:
    """Print the deployed patterns' names and addresses as one JSON document."""
    from patterns_infra.commands import looking  # noqa: PLC0415 - as above

    looking.outputs(target, stage, region)


@app.command()
def env() -> None:
    """Print shell lines that point the AWS CLI and kubectl at the local platform: eval "$(patterns env)"."""
    from patterns_infra.commands import looking  # noqa: PLC0415 - as above

    looking.env()


@app.command()
def status(
    target: _Target = Target.LOCAL,
    stage: _Stage = None,
    region: _Region = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="for programs, on standard output")] = False,
) -> None:
    """Show every pattern's health, queue depths and dead letters. Fails when something is wrong."""
    from patterns_infra.commands import looking  # noqa: PLC0415 - as above

    looking.status(target, stage, region, as_json=as_json)


@app.command("dead-letters")
def dead_letters(
    queue: Annotated[str | None, typer.Argument(metavar="[QUEUE]", help="all of them, counted, by default")] = None,
    *,
    target: _Target = Target.LOCAL,
    stage: _Stage = None,
    region: _Region = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="JSON Lines with the bodies, which hold email addresses, on standard output")
    ] = False,
    most: Annotated[int, typer.Option("--max", min=1, max=10_000, help="how many messages to look at")] = 100,
) -> None:
    """Show dead letters and why they failed, and leave them where they are (received once more, as SQS counts)."""
    from patterns_infra.commands import dead_letters as looking_at  # noqa: PLC0415 - as above

    looking_at.dead_letters(queue, target, stage, region, as_json=as_json, most=most)


@app.command()
def redrive(
    queue: Annotated[
        str, typer.Argument(metavar="QUEUE", help="as `patterns dead-letters` names it, or its URL or ARN")
    ],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what would be moved")] = False,
    most: Annotated[int | None, typer.Option("--max", min=1, help="how many messages to move; all by default")] = None,
    rate: Annotated[float | None, typer.Option(min=0.01, help="messages per second")] = None,
    repaired: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="put back these messages only, with these bodies; - is standard input"),
    ] = None,
    target: _Target = Target.LOCAL,
    stage: _Stage = None,
    region: _Region = None,
    yes: _Yes = False,
) -> None:
    """Put a dead-letter queue's messages back into the queue that they came from, on AWS after asking."""
    from patterns_infra.commands import redriving  # noqa: PLC0415 - as above

    order = redriving.RedriveOrder(queue, dry_run=dry_run, most=most, rate=rate, repaired=repaired)
    redriving.redrive(order, target, stage, region, yes=yes)


@app.command()
def publish(
    file: Annotated[str, typer.Argument(metavar="FILE", help="events as JSON Lines; - is standard input")],
    *,
    strict: Annotated[bool, typer.Option("--strict", help="check all lines first, publish none if one is bad")] = False,
    target: _Target = Target.LOCAL,
    stage: _Stage = None,
    region: _Region = None,
    yes: _Yes = False,
) -> None:
    """Publish events to the topic of the pattern async, on AWS after asking. Bad lines are named and left out."""
    from patterns_infra.commands import publishing  # noqa: PLC0415 - as above

    publishing.publish(file, target, stage, region, strict=strict, yes=yes)


@app.command()
def report(
    *,
    date: Annotated[str | None, typer.Option("--date", metavar="YYYY-MM-DD", help="a day of the orders table")] = None,
    given: Annotated[
        str | None, typer.Option("--input", metavar="FILE", help="a file of orders, here or s3://INBOX/KEY")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="also when the report is there")] = False,
    save: Annotated[
        str | None, typer.Option(metavar="FOLDER", help="where the page is saved; .local/reports for target local")
    ] = None,
    target: _Target = Target.LOCAL,
    stage: _Stage = None,
    region: _Region = None,
    yes: _Yes = False,
    as_json: Annotated[bool, typer.Option("--json", help="for programs, on standard output")] = False,
) -> None:
    """Make a sales report by the pattern batch and follow it, on AWS after asking. Ctrl-C leaves it to itself."""
    from pathlib import Path  # noqa: PLC0415 - as above

    from patterns_infra.commands import reporting  # noqa: PLC0415 - as above
    from patterns_infra.reporting.wanted import Wanted  # noqa: PLC0415 - as above

    wanted = Wanted.of_options(date, given)
    order = reporting.ReportOrder(wanted, again=again, folder=Path(save) if save else None, as_json=as_json)
    reporting.report(order, target, stage, region, yes=yes)


@app.command()
def deploy(
    patterns: _NamedPatterns,
    *,
    target: _Target = Target.LOCAL,
    stage: _Stage = None,
    region: _Region = None,
    settings: _Set = None,
    yes: _Yes = False,
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
    from patterns_infra.commands import changing  # noqa: PLC0415 - as above

    wish = changing.ClusterWish(kubeconfig=kubeconfig, context=context, image=image, aws_endpoint=aws_endpoint)
    changing.deploy(changing.Order(patterns, target, stage, region, settings or [], yes, wish))


@app.command()
def destroy(
    patterns: _NamedPatterns,
    *,
    target: _Target = Target.LOCAL,
    stage: _Stage = None,
    region: _Region = None,
    yes: _Yes = False,
) -> None:
    """Destroy patterns' stacks, and say what remains of them."""
    from patterns_infra.commands import changing  # noqa: PLC0415 - as above

    changing.destroy(changing.Order(patterns, target, stage, region, [], yes))


images = typer.Typer(help="Build and push container images, without deploying what runs them.", no_args_is_help=True)
app.add_typer(images, name="images")


@images.command("build")
def build_images(patterns: _NamedPatterns) -> None:
    """Build the patterns' images for the platform they run on in AWS, and print their names."""
    from patterns_infra.commands import images as command  # noqa: PLC0415 - as above
    from patterns_infra.commands.changing import Order  # noqa: PLC0415

    command.build(Order(patterns, Target.LOCAL, None, None, [], yes=False))


@images.command("push")
def push_images(
    patterns: _NamedPatterns,
    *,
    stage: _Stage = None,
    region: _Region = None,
    settings: _Set = None,
    yes: _Yes = False,
) -> None:
    """Create the patterns' repositories in an AWS account, after asking, and push the images that are not there."""
    from patterns_infra.commands import images as command  # noqa: PLC0415 - as above
    from patterns_infra.commands.changing import Order  # noqa: PLC0415

    command.push(Order(patterns, Target.AWS, stage, region, settings or [], yes))


@app.command()
def demo(
    patterns: _Patterns = None,
    *,
    stay: Annotated[bool, typer.Option("--stay", help="keep the platform up afterwards")] = False,
    seed: Annotated[int, typer.Option(help="of the generated orders")] = 1,
    orders: Annotated[int, typer.Option(min=20, help="how many orders are placed")] = 200,
) -> None:
    """Bring everything up from nothing, send real orders through it, show what was seen, bring it down."""
    from patterns_infra.registry import select  # noqa: PLC0415 - as above

    select(",".join(patterns or []))
    from patterns_infra import demo as demonstration  # noqa: PLC0415 - as above

    raise typer.Exit(demonstration.run(patterns or [], stay=stay, seed=seed, orders=orders))


@app.command()
def partner(
    mode: Annotated[PartnerMode | None, typer.Argument(metavar="MODE", help=f"one of {', '.join(PartnerMode)}")] = None,
    *,
    delay_seconds: Annotated[float | None, typer.Option(help="how long 'slow' takes")] = None,
    retry_after: Annotated[
        str | None, typer.Option(metavar="SECONDS|DATE", help="what 'too_many_requests' and 'error' ask for")
    ] = None,
    status: Annotated[int | None, typer.Option(help="of 'error' (5xx) and 'refuse' (4xx)")] = None,
    only_every: Annotated[int | None, typer.Option(metavar="N", help="hit each n-th request only")] = None,
    share: Annotated[float | None, typer.Option(help="hit this part of the requests only, above 0 up to 1")] = None,
    seed: Annotated[int | None, typer.Option(help="of the share")] = None,
    for_requests: Annotated[int | None, typer.Option(metavar="N", help="hit so many, then be up again")] = None,
    clock_skew_seconds: Annotated[float | None, typer.Option(help="how far its clock is ahead")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="for programs, on standard output")] = False,
) -> None:
    """Show how the local platform's partner behaves and what it saw; with a mode let it behave so, for example down."""
    from patterns_infra.commands import partner as command  # noqa: PLC0415 - as above

    numbers = {
        "delay_seconds": delay_seconds,
        "retry_after": int(retry_after) if retry_after and retry_after.isdecimal() else retry_after,
        "status": status,
        "only_every": only_every,
        "share": share,
        "seed": seed,
        "for_requests": for_requests,
        "clock_skew_seconds": clock_skew_seconds,
    }
    command.partner(mode, numbers, as_json=as_json)


@app.command()
def token(email: Annotated[str, typer.Argument(help="as `patterns demo --stay` printed it")]) -> None:
    """Print an ID token for somebody whom `patterns demo --stay` signed up."""
    from patterns_infra.demo.guest import id_token  # noqa: PLC0415 - as above

    sys.stdout.write(id_token(email) + "\n")


def main() -> None:
    """Run the command line."""
    with one_line_errors():
        # Not standalone: click would print a usage text of its own.
        code = app(standalone_mode=False) or 0
        if code == INTERRUPTED:
            # Typer turns Ctrl-C into this code and says nothing.
            raise KeyboardInterrupt
        sys.exit(code)
