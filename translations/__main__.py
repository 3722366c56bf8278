"""``python -m translations``: name each Japanese page whose English source has changed, or that is built otherwise.

``--update PAGE`` records the present digest of a page's source, after its revision.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from translations.comparison import complaints_of
from translations.page import NoRecord, TranslatedPage, digest_of

__all__ = ["main"]

REPOSITORY = Path(__file__).resolve().parents[1]


def main(arguments: Sequence[str] | None = None, repository: Path = REPOSITORY) -> int:
    """Check all pages; the exit code is 1 when one is not in step with its source."""
    parser = argparse.ArgumentParser(prog="python -m translations", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--update", nargs="+", type=Path, default=[], metavar="PAGE", help="record the source's digest")
    updated = [path.resolve() for path in parser.parse_args(arguments).update]
    files = sorted((repository / "docs" / "ja").rglob("*.md"))
    if unknown := [path for path in updated if path not in files]:
        parser.error(f"no Japanese page: {', '.join(map(str, unknown))}")

    complaints: dict[Path, list[str]] = {}
    pages: list[TranslatedPage] = []
    for file in files:
        try:
            page = TranslatedPage.read(file)
        except NoRecord as error:
            complaints[file] = [str(error)]
            continue
        source = repository / page.record.source
        if file in updated and source.is_file():
            page = page.write(digest_of(source.read_text(encoding="utf-8"), page.record.parts))
        pages.append(page)
    translated = {page.record.source: page.path.relative_to(repository).as_posix() for page in pages}
    for page in pages:
        complaints[page.path] = list(complaints_of(page, repository, translated))

    for path, sentences in sorted(complaints.items()):
        for sentence in sentences:
            sys.stdout.write(f"{path.relative_to(repository).as_posix()}: {sentence}\n")
    return 1 if any(complaints.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
