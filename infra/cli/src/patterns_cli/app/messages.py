"""Commands that operate deployed patterns: messages, events and the data of orders."""

from typing import Annotated

import typer

from patterns_cli.app.options import RegionOption, StageOption, TargetOption, Yes
from patterns_infra.settings import Target

__all__ = ["dead_letters", "erase_customer", "journey", "publish", "redrive", "relay", "replay"]


def dead_letters(
    queue: Annotated[str | None, typer.Argument(metavar="[QUEUE]", help="all of them, counted, by default")] = None,
    *,
    target: TargetOption = Target.LOCAL,
    stage: StageOption = None,
    region: RegionOption = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="JSON Lines with the bodies, which hold email addresses, on standard output")
    ] = False,
    most: Annotated[int, typer.Option("--max", min=1, max=10_000, help="how many messages to look at")] = 100,
) -> None:
    """Show dead letters and why they failed, and leave them where they are (received once more, as SQS counts)."""
    from patterns_cli.commands import dead_letters as looking_at  # noqa: PLC0415 - each command imports only its own

    looking_at.dead_letters(queue, target, stage, region, as_json=as_json, most=most)


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
    target: TargetOption = Target.LOCAL,
    stage: StageOption = None,
    region: RegionOption = None,
    yes: Yes = False,
) -> None:
    """Put a dead-letter queue's messages back into the queue that they came from, on AWS after asking."""
    from patterns_cli.commands import redriving  # noqa: PLC0415 - as above

    order = redriving.RedriveOrder(queue, dry_run=dry_run, most=most, rate=rate, repaired=repaired)
    redriving.redrive(order, target, stage, region, yes=yes)


def publish(
    file: Annotated[str, typer.Argument(metavar="FILE", help="events as JSON Lines; - is standard input")],
    *,
    strict: Annotated[bool, typer.Option("--strict", help="check all lines first, publish none if one is bad")] = False,
    target: TargetOption = Target.LOCAL,
    stage: StageOption = None,
    region: RegionOption = None,
    yes: Yes = False,
) -> None:
    """Publish events to the topic of the pattern async, on AWS after asking. Bad lines are named and left out."""
    from patterns_cli.commands import publishing  # noqa: PLC0415 - as above

    publishing.publish(file, target, stage, region, strict=strict, yes=yes)


def erase_customer(
    who: Annotated[str, typer.Argument(metavar="CUSTOMER", help="address or customer id (the claim sub)")],
    *,
    wait: Annotated[bool, typer.Option("--wait", help="until its ID tokens have expired, and erase once more")] = False,
    target: TargetOption = Target.LOCAL,
    stage: StageOption = None,
    region: RegionOption = None,
    yes: Yes = False,
) -> None:
    """Delete a customer's account, cancel open orders, and erase the address from all orders, on AWS after asking."""
    from patterns_cli.commands import erase_customer as command  # noqa: PLC0415 - as above

    command.erase_customer(who, target, stage, region, wait=wait, yes=yes)


def relay(
    orders: Annotated[
        list[str], typer.Argument(metavar="ORDER…", help="orders' ids; - reads them from standard input")
    ],
    *,
    from_table: Annotated[
        bool, typer.Option("--from-table", help="make the events again from the orders in the table")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say which events would be put on the bus")] = False,
    target: TargetOption = Target.LOCAL,
    stage: StageOption = None,
    region: RegionOption = None,
    yes: Yes = False,
) -> None:
    """Put events that are missing on the event bus, made again from the orders in the table, on AWS after asking."""
    from patterns_cli.commands import relaying  # noqa: PLC0415 - as above

    relaying.relay(orders, target, stage, region, from_table=from_table, dry_run=dry_run, yes=yes)


def journey(
    order: Annotated[str, typer.Argument(metavar="ORDER", help="the order's id")],
    *,
    start: Annotated[
        str | None,
        typer.Option("--from", metavar="TIME", help="read logs since; by default since the order's id was made"),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="how many log lines to read")] = 1_000,
    as_json: Annotated[bool, typer.Option("--json", help="for programs, on standard output")] = False,
    as_otlp: Annotated[bool, typer.Option("--otlp", help="OTLP/JSON for trace viewers, on standard output")] = False,
    target: TargetOption = Target.LOCAL,
    stage: StageOption = None,
    region: RegionOption = None,
) -> None:
    """Show every step of one order across all patterns, with times, from their logs."""
    from patterns_cli.commands import journey as command  # noqa: PLC0415 - as above

    options = command.JourneyOptions(order, start, limit, as_json=as_json, as_otlp=as_otlp)
    command.journey(options, target, stage, region)


def replay(
    *,
    start: Annotated[str, typer.Option("--from", metavar="TIME", help="with its zone, as 2026-11-30T06:00:00Z")],
    end: Annotated[str | None, typer.Option("--to", metavar="TIME", help="now by default")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what would be replayed to whom")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="for programs, on standard output")] = False,
    target: TargetOption = Target.LOCAL,
    stage: StageOption = None,
    region: RegionOption = None,
    yes: Yes = False,
) -> None:
    """Give the archived events of a time to their consumers on the event bus again, on AWS after asking."""
    from patterns_cli.commands import replaying  # noqa: PLC0415 - as above

    options = replaying.ReplayOptions(start, end, dry_run=dry_run, as_json=as_json)
    replaying.replay(options, target, stage, region, yes=yes)
