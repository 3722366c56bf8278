"""Reading the orders table: a shard's segments at once, page by page, kept as they come."""

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

from patterns_batch.application.ports import Objects, OrdersTable, Page, Stopping
from patterns_batch.application.run_keys import RunKeys
from patterns_batch.errors import Stopped
from patterns_batch.manifest import Manifest, Range, Shard, TableSource

__all__ = ["scan"]

_Start = dict[str, dict[str, str]] | None


def scan(
    table: OrdersTable, objects: Objects, manifest: Manifest, shard: Shard, folder: Path, *, stopping: Stopping
) -> list[Path]:
    """Write the shard's pages to files in the folder, one page a line, and return them.

    Raises:
        Stopped: the container is being stopped; the pages so far are kept, and the next try goes on after them.
    """
    keys = RunKeys(manifest.run)
    progress = _Progress.resumed(objects, keys, shard, folder)
    path = folder / f"pages-{len(progress.parts)}.jsonl"
    source = manifest.source
    assert isinstance(source, TableSource)  # noqa: S101 - for the type checker; only a table has segments
    with path.open("wb") as out:
        for segment, page in _pages(table, source, progress.open_segments, manifest.days, stopping):
            out.write(page.text + b"\n")
            progress.segments[segment] = page.next_start
            progress.done[segment] = page.next_start is None
    if stopping():
        progress.save(objects, keys, shard, path)
        raise Stopped("stopped while the table was read")
    return [*progress.files, path]


class _Progress:
    """Where each segment goes on, and the files of pages that earlier tries left."""

    def __init__(self, shard: Shard) -> None:
        self.segments: dict[int, _Start] = dict.fromkeys(shard.segments)
        self.done: dict[int, bool] = dict.fromkeys(shard.segments, False)
        self.parts: list[str] = []
        self.files: list[Path] = []

    @property
    def open_segments(self) -> dict[int, _Start]:
        return {segment: start for segment, start in self.segments.items() if not self.done[segment]}

    @classmethod
    def resumed(cls, objects: Objects, keys: RunKeys, shard: Shard, folder: Path) -> "_Progress":
        progress = cls(shard)
        kept = objects.read(keys.shard_file(shard.number, "scan.json"))
        if kept:
            told: dict[str, Any] = json.loads(kept)
            progress.parts = told["parts"]
            progress.segments = {int(segment): start for segment, start in told["segments"].items()}
            progress.done = {int(segment): done for segment, done in told["done"].items()}
            for number, part in enumerate(progress.parts):
                progress.files.append(folder / f"pages-{number}.jsonl")
                objects.download(part, progress.files[-1])
        return progress

    def save(self, objects: Objects, keys: RunKeys, shard: Shard, path: Path) -> None:
        part = keys.shard_file(shard.number, path.name)
        objects.upload(part, path)
        told = {"parts": [*self.parts, part], "segments": self.segments, "done": self.done}
        objects.write(keys.shard_file(shard.number, "scan.json"), json.dumps(told).encode())


def _pages(
    table: OrdersTable, source: TableSource, starts: dict[int, _Start], days: Sequence[Range], stopping: Stopping
) -> Iterator[tuple[int, Page]]:
    """Return pages as they come, one at a time of each segment; ends early when the container is being stopped."""
    if not starts:
        return
    with ThreadPoolExecutor(len(starts)) as threads:

        def ask(segment: int, start: _Start) -> Future[Page]:
            return threads.submit(table.scan, source.table, (segment, source.segments), days, start)

        asked = {ask(segment, start): segment for segment, start in starts.items()}
        while asked:
            for answered in wait(asked, return_when=FIRST_COMPLETED).done:
                segment, page = asked.pop(answered), answered.result()
                if page.next_start is not None and not stopping():
                    asked[ask(segment, page.next_start)] = segment
                yield segment, page
