"""The command that makes sales reports."""

from typing import Annotated

import typer

from patterns_cli.app.options import RegionOption, StageOption, TargetOption, Yes
from patterns_infra.settings import Target

__all__ = ["report"]


def report(
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[rejects RUN]", help="the bad rows of a run, as JSON Lines, also of one that failed"),
    ] = None,
    *,
    date: Annotated[str | None, typer.Option("--date", metavar="YYYY-MM-DD", help="a day of the orders table")] = None,
    given: Annotated[
        list[str] | None,
        typer.Option(
            "--input",
            metavar="FILE",
            help="a file of orders, here or s3://INBOX/KEY; several make one report, as do a folder and s3://INBOX/PREFIX/",
        ),
    ] = None,
    first: Annotated[str | None, typer.Option("--from", metavar="YYYY-MM-DD", help="first of many days")] = None,
    last: Annotated[
        str | None, typer.Option("--to", metavar="YYYY-MM-DD", help="last of many days; yesterday by default")
    ] = None,
    missing: Annotated[
        bool, typer.Option("--missing", help="days without a report, of the last month or from --from on")
    ] = False,
    again: Annotated[bool, typer.Option("--again", help="also when the report is there")] = False,
    save: Annotated[
        str | None, typer.Option(metavar="FOLDER", help="where the page is saved; .local/reports for target local")
    ] = None,
    target: TargetOption = Target.LOCAL,
    stage: StageOption = None,
    region: RegionOption = None,
    yes: Yes = False,
    as_json: Annotated[bool, typer.Option("--json", help="for programs, on standard output")] = False,
) -> None:
    """Make sales reports by the pattern batch and follow them, on AWS after asking. Ctrl-C leaves one to itself."""
    from pathlib import Path  # noqa: PLC0415 - each command imports only its own

    from patterns_cli.commands import report_rejects, reporting  # noqa: PLC0415 - as above
    from patterns_cli.reporting.wanted import Wanted  # noqa: PLC0415 - as above

    if words:
        report_rejects.report_rejects(words, target, stage, region)
        return
    folder = Path(save) if save else None
    if first or last or missing:
        from patterns_cli.commands import report_days  # noqa: PLC0415 - as above
        from patterns_cli.reporting.wanted_days import WantedDays  # noqa: PLC0415 - as above

        one = date or next(iter(given or ()), None)
        days = WantedDays.of_options(first, last, missing=missing, one=one, again=again)
        options = report_days.DaysOptions(days, again=again, folder=folder, as_json=as_json)
        report_days.report_days(options, target, stage, region, yes=yes)
        return
    wanted = Wanted.of_options(date, given[0] if given else None, *(given or ())[1:])
    order = reporting.ReportOrder(wanted, again=again, folder=folder, as_json=as_json)
    reporting.report(order, target, stage, region, yes=yes)
