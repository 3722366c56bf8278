"""The command line, `patterns`: what can be said, and nothing more; the work is in `patterns_cli.commands`.

Standard output is for programs (JSON, shell lines); everything for people goes to standard error.
"""

import os
import sys
from typing import Annotated

import typer

from patterns_cli.app import choose, cost, messages, reports, running, stacks
from patterns_cli.commands.failures import INTERRUPTED, one_line_errors

__all__ = ["app", "main"]

app = typer.Typer(
    name="patterns",
    help="One shop, four serverless and container patterns, on this machine or in an AWS account.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

_COMMANDS = (
    running.up,
    running.down,
    running.outputs,
    running.env,
    running.status,
    messages.dead_letters,
    messages.redrive,
    messages.publish,
    messages.erase_customer,
    messages.relay,
    messages.journey,
    messages.replay,
    reports.report,
    stacks.deploy,
    stacks.bootstrap,
    stacks.destroy,
    choose.choose,
    running.demo,
    running.partner,
    running.token,
)
"""In the order of ``--help``; a function's name, with hyphens, is its command's."""

for _command in _COMMANDS:
    app.command()(_command)
app.add_typer(cost.app, name="cost")
app.add_typer(stacks.images, name="images")


@app.callback()
def for_every_command(
    *, debug: Annotated[bool, typer.Option(help="show where an error came from", envvar="PATTERNS_DEBUG")] = False
) -> None:
    """Keep what applies to every command."""
    if debug:
        os.environ["PATTERNS_DEBUG"] = "1"


def main() -> None:
    """Run the command line."""
    with one_line_errors():
        # Not standalone: click would print a usage text of its own.
        code = app(standalone_mode=False) or 0
        if code == INTERRUPTED:
            # Typer turns Ctrl-C into this code and says nothing.
            raise KeyboardInterrupt
        sys.exit(code)
