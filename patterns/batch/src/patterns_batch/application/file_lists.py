"""A manifest that lists the files of one report, in the form that Amazon Redshift's COPY and UNLOAD have.

https://docs.aws.amazon.com/redshift/latest/dg/loading-data-files-using-manifest.html

``{"entries": [{"url": "s3://bucket/key"}, …]}``, with a ``version_id`` or an ``etag`` for another content than the
current one. ``name``, the address of a prefix, is how people name the files together. Other members are ignored, and so
is ``mandatory``: a report without a file that was listed would be a wrong one.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from patterns_batch.application.report_names import parse_address, parse_content
from patterns_batch.errors import BadInput

__all__ = ["MOST_FILES", "FileList", "ListedFile", "is_file_list", "is_marker", "parse_file_list"]

MOST_FILES = 10_000
"""Files of one report; a plan asks for each two or three times."""
_ENDING = ".manifest"
_NO_ORDERS = re.compile(r"(.*/)?([_.][^/]*|[^/]*\.crc)?")
"""Folders, and files that Hadoop, Spark and desktops add to a folder, such as ``_SUCCESS`` and ``.part-0.crc``."""


@dataclass(frozen=True, slots=True)
class ListedFile:
    """One file; ``content`` tells its version from others (`parse_content`), and is empty for the current one."""

    bucket: str
    key: str
    content: str = ""

    @property
    def address(self) -> str:
        """How people name it."""
        return f"s3://{self.bucket}/{self.key}"


@dataclass(frozen=True, slots=True)
class FileList:
    """The files, in the order of the list; ``name`` is how people name them together, or empty."""

    name: str
    files: tuple[ListedFile, ...]


def is_file_list(key: str) -> bool:
    """Whether an object is a list of files, by its name."""
    return key.lower().endswith(_ENDING)


def is_marker(key: str) -> bool:
    """Whether an object is a marker without orders, by its name."""
    return _NO_ORDERS.fullmatch(key) is not None


def parse_file_list(text: bytes, file: str) -> FileList:
    """Return the files that a list with this address names.

    Raises:
        BadInput: it is none, names nothing, or something that is no file, or one twice.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise BadInput('is no JSON; a list of files is {"entries": [{"url": "s3://bucket/key"}]}', file=file) from None
    entries = document.get("entries") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise BadInput('has no list "entries", such as {"entries": [{"url": "s3://bucket/key"}]}', file=file)
    found = [_entry(entry, number, file) for number, entry in enumerate(entries, start=1)]
    files = tuple(each for each in found if not is_marker(each.key))
    _check(files, file)
    return FileList(_name(document, file), files)


def _entry(entry: object, number: int, file: str) -> ListedFile:
    given: Mapping[str, Any] = entry if isinstance(entry, dict) else {}
    try:
        bucket, key = parse_address(str(given.get("url", "")))
        version, etag = str(given.get("version_id") or ""), str(given.get("etag") or "").strip('"')
        content = f"versionId={version}" if version else f"etag={etag}" if etag else ""
        return ListedFile(bucket, key, parse_content(content))
    except BadInput:
        reason = f'entry {number} must have a "url" such as s3://bucket/key, and "version_id" or "etag" as S3 has them'
        raise BadInput(reason, file=file) from None


def _check(files: Sequence[ListedFile], file: str) -> None:
    if not files:
        raise BadInput("lists no files", file=file)
    if len(files) > MOST_FILES:
        raise BadInput(f"lists {len(files)} files; one report takes at most {MOST_FILES}", file=file)
    seen = set[str]()
    for each in files:
        if each.address in seen:
            raise BadInput(f"lists {each.address} twice", file=file)
        if is_file_list(each.key):
            raise BadInput(f"lists {each.address}, which is a list itself: give the files", file=file)
        seen.add(each.address)


def _name(document: Mapping[str, Any], file: str) -> str:
    name = document.get("name", "")
    if name and not (isinstance(name, str) and re.fullmatch(r"s3://[^\x00-\x1f\x7f]{1,1100}", name)):
        raise BadInput('its "name" must be the address of a prefix, such as s3://bucket/2026-11/', file=file)
    return str(name)
