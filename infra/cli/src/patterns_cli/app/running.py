"""Commands that start, stop and show the platform, and play its partner and its customers."""

from typing import Annotated

import typer

from patterns_cli.app.options import LocalSettings, Patterns, RegionOption, StageOption, TargetOption, Yes
from patterns_infra.settings import Target
from patterns_local.partner.modes import PartnerMode

__all__ = ["demo", "down", "env", "outputs", "partner", "status", "token", "up"]


def up(
    patterns: Patterns = None,
    *,
    timings: Annotated[bool, typer.Option("--timings", help="show where the time went")] = False,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="of the platform; a free one by default")] = None,
    settings: LocalSettings = None,
) -> None:
    """Start the local platform in the background and deploy patterns to it. Safe to repeat."""
    from patterns_cli.commands import running  # noqa: PLC0415 - each command imports only its own

    running.up(patterns or [], timings=timings, port=port, settings=settings or [])


def down() -> None:
    """Stop everything that was started, and leave nothing running."""
    from patterns_cli.commands import running  # noqa: PLC0415 - as above

    running.down()


def outputs(
    name: Annotated[str | None, typer.Argument(help="one of them, such as web_api.api_url; all by default")] = None,
    *,
    target: TargetOption = Target.LOCAL,
    stage: StageOption = None,
    region: RegionOption = None,
) -> None:
    """Print the deployed patterns' names and addresses as one JSON document, or one of them as it is."""
    from patterns_cli.commands import looking  # noqa: PLC0415 - as above

    looking.outputs(target, stage, region, name=name)


def env() -> None:
    """Print shell lines that point the AWS CLI and kubectl at the local platform: eval "$(patterns env)"."""
    from patterns_cli.commands import looking  # noqa: PLC0415 - as above

    looking.env()


def status(
    target: TargetOption = Target.LOCAL,
    stage: StageOption = None,
    region: RegionOption = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="for programs, on standard output")] = False,
) -> None:
    """Show every pattern's health, queue depths and dead letters. Fails when something is wrong."""
    from patterns_cli.commands import looking  # noqa: PLC0415 - as above

    looking.status(target, stage, region, as_json=as_json)


def demo(
    patterns: Patterns = None,
    *,
    stay: Annotated[bool, typer.Option("--stay", help="keep the platform up afterwards")] = False,
    seed: Annotated[int, typer.Option(help="of the generated orders")] = 1,
    orders: Annotated[int, typer.Option(min=20, help="how many orders are placed")] = 200,
) -> None:
    """Bring everything up from nothing, send real orders through it, show what was seen, bring it down."""
    from patterns_infra.registry import select  # noqa: PLC0415 - as above

    select(",".join(patterns or []))
    from patterns_cli import demo as demonstration  # noqa: PLC0415 - as above

    raise typer.Exit(demonstration.run(patterns or [], stay=stay, seed=seed, orders=orders))


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
    from patterns_cli.commands import partner as command  # noqa: PLC0415 - as above

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


def token(
    address: Annotated[str | None, typer.Argument(metavar="[EMAIL]", help="the same as --email")] = None,
    *,
    email: Annotated[
        str | None, typer.Option(metavar="EMAIL", help="the customer; customer@example.com by default for target local")
    ] = None,
    target: TargetOption = Target.LOCAL,
    stage: StageOption = None,
    region: RegionOption = None,
    yes: Yes = False,
) -> None:
    """Sign a customer in, up first if need be, and print an ID token: TOKEN=$(patterns token)."""
    from patterns_cli.commands import customer_token as command  # noqa: PLC0415 - as above

    command.token(command.one_address(address, email), target, stage, region, yes=yes)
