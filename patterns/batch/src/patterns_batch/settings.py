"""What the program is told by its environment, read once, when it starts."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from tempfile import gettempdir
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from patterns_batch.errors import BadInput

__all__ = ["Settings"]

_Value = TypeVar("_Value")


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
        shard_lines: ``SHARD_LINES``, order lines in one shard of a file; 10,000,000 by default.
        shard_bytes: ``SHARD_BYTES``, bytes of the table in one of its shards; 1 GiB by default.
        max_shards: ``MAX_SHARDS``, 32 by default.
        segments: ``SEGMENTS``, scanned at once by one shard of the table; 4 by default.
        chunk_lines: ``CHUNK_LINES``, read at a time; what a shard may lose when it is killed; 1,000,000 by default.
        checkpoint_seconds: ``CHECKPOINT_SECONDS`` between checkpoints that nobody asked for; 60 by default.
        reject_share: ``REJECT_SHARE``, above which bad rows fail the run; 0.01 by default.
        rejects_listed: ``REJECTS_LISTED``, bad rows of a shard that are listed, not only counted; 10,000 by default.
        top_customers: ``TOP_CUSTOMERS`` shown for each currency; 10 by default.
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
    shard_bytes: int
    max_shards: int
    segments: int
    chunk_lines: int
    checkpoint_seconds: int
    reject_share: float
    rejects_listed: int
    top_customers: int

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
            shard_bytes=read.whole("SHARD_BYTES", 1 << 30),
            max_shards=read.whole("MAX_SHARDS", 32),
            segments=read.whole("SEGMENTS", 4),
            chunk_lines=read.whole("CHUNK_LINES", 1_000_000),
            checkpoint_seconds=read.whole("CHECKPOINT_SECONDS", 60),
            reject_share=read.value("REJECT_SHARE", "0.01", _share, "a number from 0 to 1"),
            rejects_listed=read.whole("REJECTS_LISTED", 10_000, least=0),
            top_customers=read.whole("TOP_CUSTOMERS", 10, least=0),
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

    def whole(self, variable: str, default: int, *, least: int = 1) -> int:
        def parse(text: str) -> int:
            if not (text.isascii() and text.isdigit() and int(text) >= least):
                raise ValueError
            return int(text)

        return self.value(variable, str(default), parse, f"a whole number from {least}")

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
