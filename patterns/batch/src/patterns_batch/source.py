"""What a run reads: the orders table, an export of it, or files; all that later steps must know of it."""

from dataclasses import dataclass

__all__ = ["ExportSource", "FileSource", "FilesSource", "Range", "Source", "TableSource", "TextHead"]

Range = tuple[int, int]
"""Begin and end, the end not included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSource:
    """The orders table.

    Attributes:
        table: its name, as it was published when the run was planned.
        arn: its ARN.
        segments: into how many the scan is divided, over all shards.
        size: in bytes, as of some hours before.
    """

    table: str
    arn: str
    segments: int
    size: int = 0

    @property
    def address(self) -> str:
        """How people name it."""
        return self.table


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportSource:
    """The orders table as it was at one moment: a point-in-time export, in the run's own folder of the bucket.

    Attributes:
        table: the table's name.
        arn: its ARN.
        export: the export's id, last part of its ARN.
        exported_at: the moment, in ISO 8601.
        files_sha256: of the list of its data files, in hex.
        size: of what was exported, in bytes.
    """

    table: str
    arn: str
    export: str
    exported_at: str
    files_sha256: str
    size: int = 0

    @property
    def address(self) -> str:
        """How people name it."""
        return self.table


@dataclass(frozen=True, slots=True, kw_only=True)
class TextHead:
    """How a text file is read; of a Parquet file, its format alone.

    Attributes:
        format: ``parquet``, ``csv``, ``jsonl`` (an object on each line) or ``json`` (an array, or printed objects).
        encoding: ``utf-8`` or ``utf-16``.
        cr_ends: whether CR alone ends a line.
        header_lines: lines before the first row.
        width: of a CSV file, how many columns it has; else 0.
        places: of a CSV file, where the wanted columns are among them, from 0; else empty.
        delimiter: of a CSV file; else empty.
    """

    format: str
    encoding: str = "utf-8"
    cr_ends: bool = False
    header_lines: int = 0
    width: int = 0
    places: tuple[int, ...] = ()
    delimiter: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSource(TextHead):
    """One version of one object, and how it is read.

    Attributes:
        bucket: where it is.
        key: its key.
        version_id: its version; None in a bucket without versions.
        etag: what it must still be when it is read.
        modified: when this version was put, in ISO 8601 and UTC.
        size: in bytes.
        compression: ``none``, ``gzip`` or ``zstd``; of a Parquet file always ``none``.
        footer: of a Parquet file, the bytes that hold its metadata.
        rows: of a Parquet file, how many it has.
        decimals: of a large text file, whether most prices, in places all over it, have decimals: its parts read alike.
            None leaves it to all of its prices, which are then in one part.
    """

    bucket: str
    key: str
    version_id: str | None
    etag: str
    modified: str
    size: int
    compression: str
    footer: Range = (0, 0)
    rows: int = 0
    decimals: bool | None = None

    @property
    def address(self) -> str:
        """How people name it."""
        return f"s3://{self.bucket}/{self.key}"

    @property
    def content(self) -> str:
        """What tells this version from others under the same key."""
        return f"versionId={self.version_id}" if self.version_id else f"etag={self.etag}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesSource:
    """One file of orders, or several for one report.

    Attributes:
        given: address of the object that the report was asked of: the file, or the manifest that lists the files.
        address: how people name what is reported: as ``given``, or as the manifest says.
        modified: when that object was put, in ISO 8601 and UTC.
        files: in the order in which they count; of orders with one id the first one counts.
    """

    given: str
    address: str
    modified: str
    files: tuple[FileSource, ...]

    @property
    def listed(self) -> bool:
        """Whether a manifest lists the files."""
        return len(self.files) != 1 or self.files[0].address != self.given


Source = TableSource | ExportSource | FilesSource
