"""The options of `patterns cost` and its subcommands; each imports its own work when it runs."""

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

__all__ = ["app"]

_DEFAULT = "month"


class _MonthByDefault(TyperGroup):
    """Takes `patterns cost --orders-per-day …` for `patterns cost month --orders-per-day …`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - typer's copy of click has no types
        """Put the default subcommand in front when none is named."""
        if not args or (args[0] not in self.commands and args[0] != "--help"):
            args = [_DEFAULT, *args]
        parsed: list[str] = super().parse_args(ctx, args)
        return parsed


app = typer.Typer(
    cls=_MonthByDefault,
    help="What the patterns cost; without a subcommand the same as `patterns cost month`.",
    rich_markup_mode=None,
)


@app.command(_DEFAULT)
def month(
    more: Annotated[
        list[str] | None, typer.Argument(metavar="[N]…", help="more numbers, after --orders-per-day N")
    ] = None,
    *,
    orders: Annotated[
        list[str] | None,
        typer.Option(
            "--orders-per-day", metavar="N", help="one or several, 0 to 10^12; by default 1000, 100000 and 10000000"
        ),
    ] = None,
    region: Annotated[str, typer.Option(help="whose prices: us-east-1 or ap-northeast-1")] = "us-east-1",
    patterns: Annotated[
        list[str] | None, typer.Option("--pattern", metavar="PATTERN", help="only these; may be repeated")
    ] = None,
    computes: Annotated[
        list[str] | None,
        typer.Option(
            "--compute",
            metavar="COMPUTE",
            help="the fulfilment of orders on these only: lambda, durable, lambda-managed-instances, fargate, "
            "eks-auto, eks-managed, ec2; may be repeated",
        ),
    ] = None,
    customers: Annotated[int, typer.Option(min=0, help="active in the month, for the web API's Cognito")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="for programs, on standard output")] = False,
) -> None:
    """Show what each pattern costs a month, by component, and the same work on each compute. Needs no network."""
    from patterns_cli.commands import cost as command  # noqa: PLC0415 - each command imports only its own

    numbers = [*(orders or []), *(more or [])]
    command.cost(command.CostOptions(numbers, region, patterns or [], computes or [], customers, as_json))


@app.command()
def stack(
    patterns: Annotated[list[str] | None, typer.Argument(metavar="[PATTERN]…", help="all of them by default")] = None,
    *,
    stage: Annotated[str, typer.Option(help="name of the deployment; production has more of everything")] = "dev",
    region: Annotated[str, typer.Option(help="whose prices: us-east-1 or ap-northeast-1")] = "us-east-1",
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="a setting, for example public_nodes=true")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="for programs, on standard output")] = False,
) -> None:
    """Synthesize the stacks for AWS and show what they cost to leave running for a day and a weekend."""
    from patterns_cli.commands import cost_stack as command  # noqa: PLC0415 - as above

    command.cost_stack(patterns or [], stage=stage, region=region, given=settings or [], as_json=as_json)


@app.command()
def refresh(
    *,
    regions: Annotated[
        list[str] | None, typer.Option("--region", metavar="REGION", help="all of the file by default; may be repeated")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only show what would be written")] = False,
    price_list: Annotated[
        str, typer.Option("--price-list", metavar="URL", help="the price list's server, or a mirror of it")
    ] = "https://pricing.us-east-1.amazonaws.com",
    as_json: Annotated[bool, typer.Option("--json", help="for programs, on standard output")] = False,
) -> None:
    """Read prices from AWS's public price list into docs/prices.json; needs a network and no account."""
    from patterns_cli.commands import cost_refresh as command  # noqa: PLC0415 - as above

    command.cost_refresh(regions or [], base=price_list, dry_run=dry_run, as_json=as_json)
