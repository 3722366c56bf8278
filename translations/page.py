"""A Japanese page, and the record in its first line of the English page that it was made from."""

import hashlib
import re
from dataclasses import dataclass, replace
from pathlib import Path

from translations.markdown import without_generated_parts

__all__ = ["NoRecord", "Record", "TranslatedPage", "digest_of"]

_RECORD = re.compile(
    r"<!-- translation of (?P<source>[\w/.-]+)(?:, with (?P<parts>[\w ]+))?(?:, sha256 (?P<digest>[0-9a-f]*))? -->\n"
)


class NoRecord(Exception):
    """A page's first line does not say what it is a translation of."""


@dataclass(frozen=True, slots=True)
class Record:
    """What a page was made from: the source's path in the repository, and the digest of its text then."""

    source: str
    digest: str = ""
    parts: frozenset[str] = frozenset()
    """Generated parts of the source that the page has by hand, so that they count."""

    def __str__(self) -> str:
        """Return it as the page's first line has it."""
        parts = f", with {' and '.join(sorted(self.parts))}" if self.parts else ""
        return f"<!-- translation of {self.source}{parts}, sha256 {self.digest} -->\n"


@dataclass(frozen=True, slots=True)
class TranslatedPage:
    """A Japanese page of a repository."""

    path: Path
    record: Record
    text: str
    """What follows the record."""

    @classmethod
    def read(cls, path: Path) -> "TranslatedPage":
        """Read a page.

        Raises:
            NoRecord: its first line is no record.
        """
        text = path.read_text(encoding="utf-8")
        found = _RECORD.match(text)
        if not found:
            raise NoRecord(f"its first line must be: {Record('docs/NAME.md', '…')}".rstrip())
        parts = frozenset(found["parts"].split(" and ")) if found["parts"] else frozenset[str]()
        return cls(path, Record(found["source"], found["digest"] or "", parts), text[found.end() :])

    def write(self, digest: str) -> "TranslatedPage":
        """Record the source's digest in the page's file, and return the page as it is then."""
        page = replace(self, record=replace(self.record, digest=digest))
        self.path.write_text(f"{page.record}{page.text}", encoding="utf-8")
        return page


def digest_of(source: str, parts: frozenset[str] = frozenset()) -> str:
    """Return the digest of a source's text: generated parts and line breaks do not count."""
    words = " ".join(without_generated_parts(source, parts).split())
    return hashlib.sha256(words.encode()).hexdigest()
