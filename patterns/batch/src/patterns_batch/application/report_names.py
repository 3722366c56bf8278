"""What a report is called: one name for the claim, the manifest and the published folder.

The state machine names the report of a file in the same way (`patterns_infra.constructs.batch.report_input`).
"""

import re
from datetime import date
from hashlib import sha256

from patterns_batch.errors import BadInput

__all__ = ["parse_address", "parse_content", "parse_date", "report_of_day", "report_of_file"]

_CONTENT = re.compile(r"(versionId|etag)=[!-~]{1,1024}")


def report_of_day(day: date) -> str:
    """Return the name of a day's report."""
    return f"date={day}"


def report_of_file(bucket: str, key: str, content: str) -> str:
    """Return a name that people recognise and that no other file has, nor this one with another content."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", key.rpartition("/")[2])[:80].strip("-.")
    return f"input={name}-{sha256(f's3://{bucket}/{key}?{content}'.encode()).hexdigest()[:16]}"


def parse_date(text: str) -> date:
    """Return the day.

    Raises:
        BadInput: it is none.
    """
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    # The form is looked at, too: other forms of ISO 8601 would name the same report in another way.
    if day is None or str(day) != text:
        raise BadInput(f"--date must be a day such as 2026-11-22, not {text!r}")
    return day


def parse_address(text: str) -> tuple[str, str]:
    """Return bucket and key.

    Raises:
        BadInput: the text is no ``s3://bucket/key``.
    """
    bucket, _, key = text.removeprefix("s3://").partition("/")
    if not text.startswith("s3://") or not bucket or not key:
        raise BadInput(f"--input must be s3://bucket/key, not {text!r}")
    return bucket, key


def parse_content(text: str) -> str:
    """Return what tells a file's version from others under its key; empty for the current version.

    Raises:
        BadInput: the text is neither ``versionId=ID`` nor ``etag=TAG``.
    """
    if text and not _CONTENT.fullmatch(text):
        raise BadInput(f"--content must be versionId=ID or etag=TAG, not {text!r}")
    return text
