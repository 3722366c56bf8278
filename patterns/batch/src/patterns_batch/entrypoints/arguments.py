"""The command line of the steps."""

import argparse
import re

__all__ = ["parse"]

_EXPORT = re.compile(r"[A-Za-z0-9-]{1,64}", re.ASCII)
_RUN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}", re.ASCII)


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Return the arguments, ``step`` among them; bad ones end the process with 2 and one line that names them."""
    parser = _Parser(prog="python -m patterns_batch", description="Make a sales report, step by step.")
    steps = parser.add_subparsers(dest="step", required=True, metavar="STEP")
    plan = _step(steps, "plan", "freeze what the run depends on into its manifest")
    of = plan.add_mutually_exclusive_group(required=True)
    of.add_argument("--date", metavar="YYYY-MM-DD", help="report this day of the orders table")
    of.add_argument("--input", metavar="s3://BUCKET/KEY", help="report this file of order lines")
    plan.add_argument(
        "--export",
        default="",
        type=_export,
        metavar="EXPORT_ID",
        help="with --date: read this point-in-time export of the table, below exports/RUN_ID; empty for none",
    )
    plan.add_argument(
        "--content",
        default="",
        metavar="versionId=ID|etag=TAG",
        help="with --input: report this version of the file; empty for the current one",
    )
    shard = _step(steps, "shard", "work off one shard of the plan")
    shard.add_argument("--shard", required=True, type=_number, metavar="N", help="from 0")
    combine = _step(steps, "combine", "add up one group of shards, where there are many")
    combine.add_argument("--group", required=True, type=_number, metavar="N", help="from 0")
    _step(steps, "merge", "merge the shards into the files of the report")
    _step(steps, "publish", "publish the report, and bring the index up to date")
    _step(steps, "report", "merge and publish: one start of a container less")
    steps.add_parser("health", help="check that the program can work here: engine, scratch disk, settings")
    return parser.parse_args(arguments)


class _Parser(argparse.ArgumentParser):
    """Ends as every failure does: with the reason on one line, and no usage before it."""

    def error(self, message: str) -> "argparse.NoReturn":  # type: ignore[name-defined] # a string, never evaluated
        self.exit(2, f"{self.prog}: {message}\n")


def _step(steps: "argparse._SubParsersAction[_Parser]", name: str, told: str) -> argparse.ArgumentParser:
    parser = steps.add_parser(name, help=told, description=told)
    parser.add_argument(
        "--run", required=True, type=_run, metavar="RUN_ID", help="letters, digits, - and _; at most 80"
    )
    return parser


def _run(text: str) -> str:
    if not _RUN.fullmatch(text):
        raise argparse.ArgumentTypeError("must be letters, digits, - and _, at most 80 of them")
    return text


def _export(text: str) -> str:
    if text and not _EXPORT.fullmatch(text):
        raise argparse.ArgumentTypeError("must be the last part of an export's ARN, such as 01695353076000-06e2188f")
    return text


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError("must be a whole number from 0")
    return int(text)
