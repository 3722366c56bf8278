"""A point-in-time export of the orders table, as DynamoDB leaves it in the bucket.

Its layout: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport.Output.html
Keys within its manifests are not relied on: where all files are follows from the export's id.
"""

import base64
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import md5, sha256
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

from patterns_batch.application.ports import Objects, Stopping
from patterns_batch.application.run_keys import RunKeys
from patterns_batch.errors import BadInput, Stopped
from patterns_batch.manifest import ExportSource, Shard
from patterns_batch.settings import Settings

__all__ = ["fetch_export", "plan_export"]

_AT_ONCE = 4
_PIECE = 1 << 20
_FORMAT, _TYPE = "DYNAMODB_JSON", "FULL_EXPORT"


@dataclass(frozen=True, slots=True)
class _File:
    """A data file: its name, how many items it has, and the MD5 of its bytes in base64."""

    name: str
    items: int
    md5: str


def plan_export(
    objects: Objects, keys: RunKeys, export: str, settings: Settings
) -> tuple[ExportSource, tuple[Shard, ...]]:
    """Return the export as a source, and its files divided into shards of about as many items each.

    Raises:
        BadInput: the export is not there, is not whole, or of another kind.
    """
    folder = keys.export_folder(export)
    name = f"export {export}"
    summary = json.loads(_read(objects, f"{folder}/manifest-summary.json", name))
    for field, wanted in (("outputFormat", _FORMAT), ("exportType", _TYPE)):
        if summary.get(field, wanted) != wanted:
            raise BadInput(f"its {field} is {summary[field]} and must be {wanted}", file=name)
    text = _read(objects, f"{folder}/manifest-files.json", name)
    files = _files(text)
    listed = sum(file.items for file in files)
    if listed != summary["itemCount"]:
        raise BadInput(f"its files have {listed} items, and it should have {summary['itemCount']}", file=name)
    source = ExportSource(
        table=summary["tableArn"].rpartition("/")[2],
        arn=summary["tableArn"],
        export=export,
        exported_at=summary["exportTime"],
        files_sha256=sha256(text).hexdigest(),
        size=summary["billedSizeBytes"],
    )
    most = min(settings.max_shards, max(1, len(files)))
    shards = max(1, min(most, -(-summary["billedSizeBytes"] // settings.shard_bytes)))
    return source, _cut([file.items for file in files], shards)


def fetch_export(
    objects: Objects, keys: RunKeys, source: ExportSource, shard: Shard, folder: Path, *, stopping: Stopping
) -> list[Path]:
    """Write the shard's data files to a folder, and return them; those without items are left out.

    Raises:
        BadInput: a file is not there, or is not what the export says.
        Stopped: the container is being stopped. Nothing is kept: the next try fetches the same files.
    """
    place, name = keys.export_folder(source.export), f"export {source.export}"
    text = _read(objects, f"{place}/manifest-files.json", name)
    if sha256(text).hexdigest() != source.files_sha256:
        raise BadInput("its list of files has changed since the run was planned: start another run", file=name)

    def fetch(file: _File) -> Path:
        if stopping():
            raise Stopped("stopped while the export was read")
        path = folder / file.name
        try:
            objects.download(f"{place}/data/{file.name}", path)
        except KeyError:
            raise BadInput(f"its file {file.name} is not there", file=name) from None
        if _md5(path) != file.md5:
            raise BadInput(f"its file {file.name} is not the one that was written: its MD5 is another", file=name)
        return path

    chosen = [file for file in _files(text)[slice(*shard.files)] if file.items]
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        return list(threads.map(fetch, chosen))


def _read(objects: Objects, key: str, name: str) -> bytes:
    text = objects.read(key)
    if text is None:
        raise BadInput(f"is not there, or not whole: there is no {key}", file=name)
    return text


def _files(text: bytes) -> list[_File]:
    lines: list[dict[str, Any]] = [json.loads(line) for line in text.splitlines() if line]
    return [_File(line["dataFileS3Key"].rpartition("/")[2], line["itemCount"], line["md5Checksum"]) for line in lines]


def _cut(items: Sequence[int], shards: int) -> tuple[Shard, ...]:
    """Return shards of whole files, each with about as many items; fewer where some would have no file."""
    before, total = list(accumulate(items, initial=0)), sum(items)
    ends = [next(n for n, sum_ in enumerate(before) if sum_ * shards >= total * k) for k in range(1, shards)]
    borders = sorted({0, *ends, len(items)})
    ranges = list(pairwise(borders)) or [(0, 0)]
    return tuple(Shard(number=number, files=files) for number, files in enumerate(ranges))


def _md5(path: Path) -> str:
    digest = md5(usedforsecurity=False)
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return base64.b64encode(digest.digest()).decode()
