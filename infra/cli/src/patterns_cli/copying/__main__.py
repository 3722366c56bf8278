"""``python -m patterns_cli.copying PATTERN…`` lists the files that patterns need, or copies them into a folder."""

import argparse
import sys
from pathlib import Path

from patterns_cli.copying.copy import CopyError, check_folder, write_copy
from patterns_cli.copying.selection import WORKSPACE_FILES, Selection, select_files
from patterns_infra.paths import REPOSITORY
from patterns_infra.registry import UnknownPattern, select


def main(arguments: list[str]) -> int:
    """Do what the command line says; 2 for what the caller can put right."""
    parser = argparse.ArgumentParser(
        prog="python -m patterns_cli.copying", description="List the files that patterns need, or copy them."
    )
    parser.add_argument("patterns", nargs="+", metavar="PATTERN", help="which patterns")
    parser.add_argument("--to", type=Path, metavar="FOLDER", help="copy them there; it must be empty or not exist")
    parser.add_argument("--whole", action="store_true", help="with the `patterns` command and the local platform")
    given = parser.parse_args(arguments)
    try:
        if given.to:
            check_folder(REPOSITORY, given.to)
        selection = select_files(REPOSITORY, select(",".join(given.patterns)), whole=given.whole)
        if given.to:
            write_copy(REPOSITORY, selection, given.to, whole=given.whole)
    except (UnknownPattern, CopyError) as error:
        sys.stderr.write(f"patterns: {error}\n")
        return 2
    if not given.to:
        sys.stdout.write("".join(f"{name}\n" for name in selection.all))
    sys.stderr.write(f"{_counts(selection)}\n")
    return 0


def _counts(files: Selection) -> str:
    parts = f"{len(files.infra)} of infra/, {len(files.named)} that code opens, {len(WORKSPACE_FILES)} of the workspace"
    return (
        f"{len(files.all)} files: {len(files.own)} of the pattern, {len(files.shared)} of shared/, "
        f"and {len(files.beside)} beside them ({parts})"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
