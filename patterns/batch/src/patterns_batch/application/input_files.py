"""Files of one report: what each of them is, and how they are divided into shards."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import UTC
from itertools import accumulate

from patterns_batch.application.file_lists import FileList, ListedFile, parse_file_list
from patterns_batch.application.parquet_files import FOOTER_TAIL, cut, footer_range, read_footer
from patterns_batch.application.ports import Inputs, ObjectVersion
from patterns_batch.application.text_parts import divide_text
from patterns_batch.application.workplace import workplace
from patterns_batch.engine.lines import COLUMNS
from patterns_batch.errors import BadInput, NoRows
from patterns_batch.manifest import FileSource, Part, Shard
from patterns_batch.reading.text_head import read_head
from patterns_batch.settings import Settings

__all__ = ["InputFiles"]

_FORMATS = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl", ".parquet": "parquet"}
_COMPRESSIONS = {".gz": "gzip", ".zst": "zstd"}
_AT_ONCE = 4
_LARGEST_LIST = 16 << 20
_UNPACKED = 5
"""How many times as large compressed text is taken to be without its compression."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InputFiles:
    """Looks at files when a run is planned."""

    settings: Settings
    inputs: Inputs

    def describe(self, listed: ListedFile) -> FileSource:
        """Return the file's version, format and compression.

        Raises:
            BadInput: it is not there, or of an unknown format.
        """
        file_format, compression = _format_of(listed.key)
        found = self.inputs.describe(listed.bucket, listed.key, listed.content)
        return _source(listed, found, file_format, compression)

    def describe_all(self, listed: Sequence[ListedFile]) -> list[FileSource]:
        """Return the versions, formats and compressions of several files.

        Raises:
            BadInput: one is not there, or of an unknown format.
        """
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            return list(threads.map(self.describe, listed))

    def read_list(self, given: ListedFile) -> tuple[FileSource, FileList]:
        """Return the object that is a list of files, and the files that it names.

        Raises:
            BadInput: it is not there, or is no list of files.
        """
        found = self.inputs.describe(given.bucket, given.key, given.content)
        source = _source(given, found, "manifest", "none")
        if found.size > _LARGEST_LIST:
            raise BadInput(f"has more than {_LARGEST_LIST >> 20} MiB: it is no list of files", file=given.address)
        text = self.inputs.read(source, (0, found.size)) if found.size else b""
        return source, parse_file_list(text, given.address)

    def plan(self, files: Sequence[FileSource], address: str) -> tuple[tuple[FileSource, ...], tuple[Shard, ...]]:
        """Return the files with how they are read, and the shards; of several files some may have no rows.

        ``address`` is how people name them together.

        Raises:
            BadInput: a file is empty, cut short, of an unknown format, or lacks a column; or all have no rows.
        """
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            if len(files) == 1:
                looked_at = [self._look_at(files[0])]
            else:
                looked_at = list(threads.map(self._look_at_one_of_many, files))
            weights = [self._weight(file) for file in looked_at]
            total = sum(weights)
            shards = max(1, min(self.settings.max_shards, -int(-total // 1)))
            # A file is divided where it is more than a shard's even share.
            wanted = [round(weight * shards / total) if total else 1 for weight in weights]
            divided = list(threads.map(self._divide, looked_at, range(len(files)), wanted))
        found = [
            (part, weight / len(parts)) for (_, parts), weight in zip(divided, weights, strict=True) for part in parts
        ]
        if not found:
            raise NoRows("is empty: its files have no rows", file=address)
        return tuple(file for file, _ in divided), _grouped(found, shards)

    def _look_at_one_of_many(self, file: FileSource) -> FileSource:
        try:
            return self._look_at(file)
        except NoRows:
            return replace(file, size=0)

    def _look_at(self, file: FileSource) -> FileSource:
        if not file.size:
            raise NoRows("is empty", file=file.address)
        if file.format == "parquet":
            tail = self.inputs.read(file, (max(0, file.size - FOOTER_TAIL), file.size))
            file = replace(file, footer=footer_range(tail, file.size, file.address))
            with workplace(self.settings) as place:
                path = place.folder / "input.parquet"
                self.inputs.fetch(file, [(0, 4), file.footer], path)
                return replace(file, rows=read_footer(place.database, path, file.address, self.settings.prices))
        head = read_head(
            lambda size: self.inputs.read(file, (0, size)),
            file.size,
            file_format=file.format,
            compression=file.compression,
            wanted=list(COLUMNS),
            file=file.address,
        )
        return replace(file, **asdict(head))

    def _weight(self, file: FileSource) -> float:
        """Return how many shards the file is worth."""
        if file.format == "parquet":
            return file.rows / self.settings.shard_lines
        return file.size * (1 if file.compression == "none" else _UNPACKED) / self.settings.shard_text_bytes

    def _divide(self, file: FileSource, number: int, parts: int) -> tuple[FileSource, tuple[Part, ...]]:
        """Return the file, and at most so many parts of it; none of one without rows."""
        if not file.size:
            return file, ()
        with workplace(self.settings) as place:
            if file.format != "parquet":
                return divide_text(place, self.inputs, file, prices=self.settings.prices, number=number, parts=parts)
            path = place.folder / "input.parquet"
            self.inputs.fetch(file, [(0, 4), file.footer], path)
            given = {"number": number, "parts": max(1, parts)}
            return file, cut(place.database, self.inputs, file, path, prices=self.settings.prices, **given)


def _source(listed: ListedFile, found: ObjectVersion, file_format: str, compression: str) -> FileSource:
    return FileSource(
        bucket=listed.bucket,
        key=listed.key,
        version_id=found.version_id,
        etag=found.etag,
        modified=found.modified.astimezone(UTC).isoformat(),
        size=found.size,
        format=file_format,
        compression=compression,
    )


def _grouped(found: Sequence[tuple[Part, float]], shards: int) -> tuple[Shard, ...]:
    """Return at most so many shards of about the same weight, each of parts that follow each other."""
    total = sum(weight for _, weight in found) or 1.0
    before = accumulate((weight for _, weight in found), initial=0.0)
    groups: dict[int, list[Part]] = {}
    for (part, weight), begin in zip(found, before, strict=False):
        groups.setdefault(int((begin + weight / 2) * shards / total), []).append(part)
    return tuple(Shard(number=number, parts=tuple(parts)) for number, parts in enumerate(groups.values()))


def _format_of(key: str) -> tuple[str, str]:
    name = key.rpartition("/")[2].lower()
    if not name:
        raise BadInput("is a prefix: patterns report --input lists the files below it, with their versions", file=key)
    for ending, compression in {**_COMPRESSIONS, "": "none"}.items():
        for extension, file_format in _FORMATS.items():
            if name.endswith(extension + ending) and not (ending and file_format == "parquet"):
                return file_format, compression
    raise BadInput(
        "is of no known format: its name must end in .csv, .jsonl, .ndjson, .json (with .gz or .zst "
        "behind it when compressed), .parquet, or .manifest for a list of files",
        file=key,
    )
