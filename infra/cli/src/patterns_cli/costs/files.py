"""The data files of the costs, which readers change: a mistake in one is named with its place."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

__all__ = ["CostFileError", "read_records"]


class CostFileError(ValueError):
    """A data file cannot be read; the text names the file and the record."""


def read_records(file: Path, key: str) -> list[dict[str, Any]]:
    """Return the records of a JSON file's one list; numbers with a fraction are decimals.

    Raises:
        CostFileError: the file is not there, not JSON, or has no such list of objects.
    """
    try:
        content = json.loads(file.read_text(), parse_float=Decimal)
        records = content[key]
    except OSError as error:
        raise CostFileError(f"{file.name} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise CostFileError(f"{file.name} is not a JSON object with the list {key!r}: {error}") from error
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise CostFileError(f"{file.name}: {key!r} is not a list of objects")
    return records
