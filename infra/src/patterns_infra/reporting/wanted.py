"""What a report is wanted of: a day, a file in S3, or a file on this machine; looked at before anything is started."""

import os
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Self

from botocore.exceptions import ClientError, ParamValidationError

from patterns_infra.place import AwsClient
from patterns_infra.reporting.deployed import DeployedBatch
from patterns_infra.reporting.errors import InputRefused

__all__ = ["FORMATS", "Wanted"]

FORMATS = (".csv", ".jsonl", ".ndjson", ".json", ".parquet")
"""Endings of files that the batch reads; a test holds them against its program."""
_COMPRESSED = (".gz", ".zst")
_S3 = "s3://"


@dataclass(frozen=True, slots=True)
class Wanted:
    """One of the three.

    Attributes:
        day: of the orders table.
        address: ``s3://bucket/key`` of a file in the inbox.
        path: a file on this machine.
    """

    day: date | None = None
    address: str = ""
    path: Path | None = None

    @classmethod
    def of_options(cls, day: str | None, given: str | None) -> Self:
        """Read ``--date`` and ``--input``, and look at what can be seen without a deployment.

        Raises:
            InputRefused: naming the option.
        """
        if day is not None and given is not None:
            raise InputRefused("--date and --input do not go together: a report is of a day or of a file")
        if day is not None:
            return cls(day=_day(day))
        if given is None:
            raise InputRefused("--date or --input is needed, such as --date 2026-11-22 or --input orders.csv")
        remote = given.startswith(_S3)
        if not given or (remote and not re.fullmatch(r"s3://[^/]+/.+", given)):
            raise InputRefused(f"--input must be s3://bucket/key or a file, not {given!r}")
        wanted = cls(address=given) if remote else cls(path=_readable(given))
        _check_ending(given)
        return wanted

    def check(self, batch: DeployedBatch) -> None:
        """Look at what only the deployment can tell.

        Raises:
            InputRefused: the day lies ahead; or the file is not there, or not in the inbox.
        """
        if self.day:
            today, zone = batch.today()
            if self.day > today:
                raise InputRefused(f"--date {self.day} is in the future: it is {today} in {zone}")
        elif self.address:
            _check_object(batch, self.address)


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or str(day) != text:
        raise InputRefused(f"--date must be a day such as 2026-11-22, not {text!r}")
    return day


def _check_ending(name: str) -> None:
    plain = name.lower()
    for ending in _COMPRESSED:
        if plain.endswith(ending):
            plain = plain.removesuffix(ending)
            break
    packed = plain != name.lower()
    if not plain.endswith(FORMATS) or (packed and plain.endswith(".parquet")):
        *texts, parquet = FORMATS
        raise InputRefused(
            f"--input {name}: the name must end in {', '.join(texts)} (compressed: also {' or '.join(_COMPRESSED)}) "
            f"or {parquet}"
        )


def _readable(name: str) -> Path:
    path = Path(name)
    try:
        with path.open("rb") as stream:
            empty = not stream.read(1)
    except OSError as error:
        raise InputRefused(f"--input {name}: {os.strerror(error.errno or 0)}") from error
    if empty:
        raise InputRefused(f"--input {name}: the file is empty")
    return path


def _check_object(batch: DeployedBatch, address: str) -> None:
    bucket, _, key = address.removeprefix(_S3).partition("/")
    s3 = batch.place.client("s3")
    _ask(s3, "head_bucket", f"--input {address}: there is no bucket {bucket}", Bucket=bucket)
    if bucket != batch.inbox:
        raise InputRefused(
            f"--input {address}: the batch reads files of its inbox only; copied to s3://{batch.inbox}/ "
            "the file is reported on by itself"
        )
    found = _ask(s3, "head_object", f"--input {address}: there is no such object", Bucket=bucket, Key=key)
    if not found["ContentLength"]:
        raise InputRefused(f"--input {address}: the object is empty")


def _ask(s3: AwsClient, operation: str, missing: str, **names: str) -> dict[str, int]:
    """Ask for a bucket's or an object's head; both answer without a body, so that the status is the reason."""
    try:
        answer: dict[str, int] = getattr(s3, operation)(**names)
    except ParamValidationError as error:
        raise InputRefused(missing) from error
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        if status in {400, 404}:
            raise InputRefused(missing) from error
        if status == 403:  # noqa: PLR2004 - forbidden
            raise InputRefused(f"--input s3://{'/'.join(names.values())}: you may not read it") from error
        raise
    return answer
