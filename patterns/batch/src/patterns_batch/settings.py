"""What the program is told by its environment, read once, when it starts."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from tempfile import gettempdir
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from patterns_batch.errors import BadInput

__all__ = ["LEAST_GIB", "MOST_GIB", "Settings"]

LEAST_GIB, MOST_GIB = 21, 200
"""Scratch disk that ECS gives a task on Fargate: ``sizeInGiB`` of ``EphemeralStorage`` in RunTask's overrides."""

_Value = TypeVar("_Value")
_LOCALE = re.compile("(en|ja)(-[A-Z]{2}|-[0-9]{3})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings of all steps; those after ``secret`` have defaults.

    Attributes:
        stage: ``STAGE``, name of the deployment.
        bucket: ``REPORT_BUCKET``, where runs and reports are kept.
        secret: ``PSEUDONYM_SECRET_ARN``, the secret whose value keys the customers' pseudonyms.
        version: ``APP_VERSION``, of this code; the package's own by default.
        time_zone: ``TIME_ZONE``, whose days and hours are reported; UTC by default.
        memory_mb: ``MEMORY_MB``, what the process may take at its peak, in MiB; 600 by default.
        threads: ``THREADS``, of the engine; as many as there are processors by default.
        scratch: ``SCRATCH_DIR``, a folder on a disk; the machine's temporary folder by default.
        shard_lines: ``SHARD_LINES``, order lines in one shard of a Parquet file; 10,000,000 by default.
        shard_text_bytes: ``SHARD_TEXT_BYTES``, bytes of text in one shard of a file; 256 MiB by default.
        shard_bytes: ``SHARD_BYTES``, bytes of the table in one of its shards; 1 GiB by default.
        max_shards: ``MAX_SHARDS``, 32 by default.
        shard_limit: ``SHARD_LIMIT``, how many the state machine can run; a plan of more is refused; 1,024 by default.
        merge_group: ``MERGE_GROUP``, most shards that one merge adds up; of more, groups go before it; 32 by default.
        disk_gib: ``DISK_GIB``, scratch disk that a task has at least, from 21 to 200 GiB; 21 by default.
        segments: ``SEGMENTS``, scanned at once by one shard of the table; 4 by default.
        chunk_lines: ``CHUNK_LINES``, read at a time; what a shard may lose when it is killed; 1,000,000 by default.
        checkpoint_seconds: ``CHECKPOINT_SECONDS`` between checkpoints without a request; 60 by default.
        reject_share: ``REJECT_SHARE``, above which bad rows fail the run; 0.01 by default.
        rejects_listed: ``REJECTS_LISTED``, bad rows of a shard that are listed, not only counted; 10,000 by default.
        report_link: ``REPORT_LINK``, an address that a published key is added to, such as the S3 console's; by default
            links are signed by the task, and end with its credentials.
        top_customers: ``TOP_CUSTOMERS`` shown for each currency; 10 by default.
        prices: ``PRICES`` of files: ``minor`` units, ``major`` units, or ``auto`` by each price; ``auto`` by default.
        region: ``AWS_REGION``, whose list prices the report's cost is computed from; us-east-1 by default.
        task_cpu: ``TASK_CPU``, what the task is paid for: 1024 for a virtual processor; 1024 by default.
        task_memory: ``TASK_MEMORY``, the same in MiB; 2048 by default.
        locale: ``LOCALE``, the page's first language, with the region whose figures and dates it has: ``en``,
            ``en-GB``, ``ja`` …; ``en`` by default.
        returns: ``RETURNS``, rows with a negative quantity or price: ``apart``, or ``rejected``; apart by default.
    """

    stage: str
    bucket: str
    secret: str
    version: str
    time_zone: str
    memory_mb: int
    threads: int
    scratch: Path
    shard_lines: int
    shard_text_bytes: int
    shard_bytes: int
    max_shards: int
    shard_limit: int
    merge_group: int
    disk_gib: int
    segments: int
    chunk_lines: int
    checkpoint_seconds: int
    reject_share: float
    rejects_listed: int
    report_link: str
    top_customers: int
    prices: str
    returns: str
    locale: str
    region: str
    task_cpu: int
    task_memory: int

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Read the settings.

        Raises:
            BadInput: naming the first variable that is absent or has an impossible value.
        """
        read = _Reader(environment)
        return cls(
            stage=read.text("STAGE"),
            bucket=read.text("REPORT_BUCKET"),
            secret=read.text("PSEUDONYM_SECRET_ARN"),
            version=read.text("APP_VERSION", version("patterns-batch")),
            time_zone=read.value("TIME_ZONE", "UTC", _zone, "a time zone's name, such as Europe/Berlin"),
            memory_mb=read.whole("MEMORY_MB", 600, least=300),
            threads=read.whole("THREADS", os.cpu_count() or 1),
            scratch=read.value("SCRATCH_DIR", gettempdir(), _folder, "a folder that can be written to"),
            shard_lines=read.whole("SHARD_LINES", 10_000_000),
            shard_text_bytes=read.whole("SHARD_TEXT_BYTES", 256 << 20),
            shard_bytes=read.whole("SHARD_BYTES", 1 << 30),
            max_shards=read.whole("MAX_SHARDS", 32),
            shard_limit=read.whole("SHARD_LIMIT", 1024),
            merge_group=read.whole("MERGE_GROUP", 32, least=2),
            disk_gib=read.whole("DISK_GIB", LEAST_GIB, least=LEAST_GIB, most=MOST_GIB),
            segments=read.whole("SEGMENTS", 4),
            chunk_lines=read.whole("CHUNK_LINES", 1_000_000),
            checkpoint_seconds=read.whole("CHECKPOINT_SECONDS", 60),
            reject_share=read.value("REJECT_SHARE", "0.01", _share, "a number from 0 to 1"),
            rejects_listed=read.whole("REJECTS_LISTED", 10_000, least=0),
            report_link=environment.get("REPORT_LINK", ""),
            top_customers=read.whole("TOP_CUSTOMERS", 10, least=0),
            prices=read.choice("PRICES", "auto", "minor", "major"),
            returns=read.choice("RETURNS", "apart", "rejected"),
            region=read.text("AWS_REGION", "us-east-1"),
            task_cpu=read.whole("TASK_CPU", 1024),
            task_memory=read.whole("TASK_MEMORY", 2048),
            locale=read.value("LOCALE", "en", _locale, "en or ja, with a region if need be, such as en-GB"),
        )


class _Reader:
    """Reads one variable at a time; a variable that is empty counts as absent."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def text(self, variable: str, default: str = "") -> str:
        value = self._environment.get(variable) or default
        if not value:
            raise BadInput(f"environment variable {variable} is not set")
        return value

    def whole(self, variable: str, default: int, *, least: int = 1, most: int | None = None) -> int:
        def parse(text: str) -> int:
            if not (text.isascii() and text.isdigit() and least <= int(text) <= (most or int(text))):
                raise ValueError
            return int(text)

        must = f"a whole number from {least}" + (f" to {most}" if most else "")
        return self.value(variable, str(default), parse, must)

    def choice(self, variable: str, *choices: str) -> str:
        """Return one of the choices, the first by default."""

        def parse(text: str) -> str:
            if text not in choices:
                raise ValueError
            return text

        return self.value(variable, choices[0], parse, f"one of {', '.join(choices)}")

    def value(self, variable: str, default: str, parse: Callable[[str], _Value], must: str) -> _Value:
        try:
            return parse(self.text(variable, default))
        except ValueError:
            raise BadInput(f"environment variable {variable} must be {must}") from None


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError):
        raise ValueError from None
    return name


def _locale(text: str) -> str:
    if not _LOCALE.fullmatch(text):
        raise ValueError
    return text


def _share(text: str) -> float:
    share = float(text)
    if not 0 <= share <= 1:
        raise ValueError
    return share


def _folder(text: str) -> Path:
    folder = Path(text)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ValueError
    return folder
