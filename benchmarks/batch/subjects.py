"""The programs of measured processes: ``python -m benchmarks.batch.subjects NAME FILE FOLDER``.

Each prints what it came to, so that all can be seen to have counted the same.
"""

import json
import shutil
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from hashlib import md5
from pathlib import Path

import duckdb

from patterns_batch.application.ports import ObjectVersion, StoredObject
from patterns_batch.bootstrap import Ports, Steps, steps_with
from patterns_batch.manifest import FileSource, Manifest, Range
from patterns_batch.settings import Settings
from patterns_batch.testing import FixedPseudonyms, InMemoryOrdersTable
from patterns_batch.testing.plain_sums import plain_sums

__all__ = ["SUBJECTS", "FolderInputs", "FolderObjects", "counted"]

MEMORY_MB = 600

_QUERY = """
    WITH orders AS MATERIALIZED (
        SELECT order_id, min(date_trunc('hour', placed_at)) AS hour, min(currency) AS currency, min(status) AS status,
               min(customer_id) AS customer_id, sum(quantity * unit_price) AS revenue
        FROM lines GROUP BY order_id
    ), products AS (
        SELECT date_trunc('hour', placed_at) AS hour, sku, currency, status, count(*) AS orders,
               sum(quantity) AS units, sum(quantity * unit_price) AS revenue
        FROM lines GROUP BY ALL
    ), baskets AS (
        SELECT hour, currency, status, count(*) AS orders, sum(revenue) AS revenue FROM orders GROUP BY ALL
    ), customers AS (
        SELECT customer_id, currency, count(*) AS orders, sum(revenue) AS revenue
        FROM orders WHERE status IN ('PLACED', 'FULFILLED') GROUP BY ALL
    )
    SELECT (SELECT count(*) FROM products), (SELECT sum(orders) FROM baskets), (SELECT sum(revenue) FROM products),
           (SELECT max(revenue) FROM customers)"""

_TYPED = """
    CREATE TABLE read AS
    SELECT order_id, customer_id, TRY_CAST(placed_at AS TIMESTAMPTZ) AS placed_at, status, currency, sku,
           TRY_CAST(quantity AS BIGINT) AS quantity, TRY_CAST(unit_price AS BIGINT) AS unit_price
    FROM read_csv('{path}', header = true, all_varchar = true)"""
_CHECKED = """
    CREATE VIEW lines AS FROM read
    WHERE length(order_id) BETWEEN 1 AND 128 AND length(customer_id) BETWEEN 1 AND 128 AND length(sku) BETWEEN 1 AND 128
      AND placed_at >= to_timestamp(0) AND placed_at < now()
      AND status IN ('PLACED', 'FULFILLED', 'REJECTED', 'CANCELLED') AND regexp_full_match(currency, '[A-Z]{3}')
      AND quantity BETWEEN 1 AND 999 AND unit_price BETWEEN 0 AND 1000000000"""


class FolderObjects:
    """A bucket in a folder; S3 itself is not part of what is measured."""

    def __init__(self, folder: Path) -> None:
        """Keep objects below the folder."""
        self._folder = folder

    def read(self, key: str) -> bytes | None:
        """Return the object's bytes."""
        path = self._folder / key
        return path.read_bytes() if path.exists() else None

    def write(self, key: str, content: bytes) -> None:
        """Put the object."""
        path = self._folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def create(self, key: str, content: bytes) -> bool:
        """Put the object unless there is one."""
        if (self._folder / key).exists():
            return False
        self.write(key, content)
        return True

    def replace(self, key: str, content: bytes, seen: bytes) -> bool:
        """Put the object in the place of this one."""
        if self.read(key) != seen:
            return False
        self.write(key, content)
        return True

    def upload(self, key: str, path: Path) -> None:
        """Put the file."""
        target = self._folder / key
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)

    def download(self, key: str, path: Path) -> None:
        """Write the object to the file."""
        shutil.copyfile(self._folder / key, path)

    def listing(self, prefix: str) -> Iterable[StoredObject]:
        """Return the objects."""
        for path in sorted((self._folder / prefix).rglob("*")):
            if path.is_file():
                digest = md5(path.read_bytes(), usedforsecurity=False).hexdigest()
                yield StoredObject(str(path.relative_to(self._folder)), digest)

    def link(self, key: str) -> str:
        """Return the file's address."""
        return (self._folder / key).as_uri()


class FolderInputs:
    """Input files in a folder; a fetch copies what is asked for, as one from S3 would."""

    def __init__(self, folder: Path) -> None:
        """Take files from the folder."""
        self._folder = folder

    def describe(self, bucket: str, key: str, content: str = "") -> ObjectVersion:  # noqa: ARG002 - the port's
        """Return the file's size and time."""
        found = (self._folder / key).stat()
        return ObjectVersion(None, key, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC))

    def read(self, source: FileSource, part: Range) -> bytes:
        """Return a part."""
        with (self._folder / source.key).open("rb") as file:
            file.seek(part[0])
            return file.read(part[1] - part[0])

    def fetch(self, source: FileSource, parts: Sequence[Range], path: Path) -> None:
        """Copy the parts."""
        path.touch()
        with (self._folder / source.key).open("rb") as file, path.open("r+b") as out:
            out.truncate(source.size)
            for begin, end in parts:
                file.seek(begin)
                out.seek(begin)
                while (left := end - file.tell()) > 0:
                    out.write(file.read(min(left, 1 << 20)))


def steps_of(path: Path, folder: Path, shards: int = 0) -> tuple[Steps, Manifest]:
    """Return the steps on this folder, and the plan of the file: as one shard, or as so many, each of one thread."""
    each = {
        "MAX_SHARDS": str(shards),
        "SHARD_LINES": "1",
        "SHARD_TEXT_BYTES": "1",
        "THREADS": "1",
    }
    environment = {
        "STAGE": "bench",
        "REPORT_BUCKET": "reports",
        "PSEUDONYM_SECRET_ARN": "secret",
        "SCRATCH_DIR": str(folder),
        "MEMORY_MB": str(MEMORY_MB),
        "SHARD_LINES": "1000000000",
        "SHARD_TEXT_BYTES": "1000000000000",
        **(each if shards else {}),
    }
    ports = Ports(
        objects=FolderObjects(folder),
        inputs=FolderInputs(path.parent),
        table=InMemoryOrdersTable(),
        pseudonyms=FixedPseudonyms(),
    )
    steps = steps_with(Settings.from_environment(environment), ports, lambda: False)
    return steps, steps.planner.plan_input("run", "inbox", path.name)


def shard(path: Path, folder: Path) -> dict[str, int]:
    """Plan the file as one shard, and work it off."""
    steps, manifest = steps_of(path, folder)
    steps.sharder.work(manifest, 0)
    return counted(folder)


def counted(folder: Path) -> dict[str, int]:
    """Return what the shard in this folder came to."""
    partial = json.loads((folder / "runs/run/partials/0000.json").read_text())
    baskets = folder / partial["files"]["baskets.parquet"]["key"]
    with duckdb.connect() as database:
        orders, revenue = database.execute(f"SELECT sum(orders), sum(revenue) FROM '{baskets}'").fetchall()[0]
    return {"lines": partial["read"], "orders": int(orders), "revenue": int(revenue)}


def report(path: Path, folder: Path) -> dict[str, int]:
    """Do all steps, up to the published page."""
    came_to = shard(path, folder)
    steps, manifest = steps_of(path, folder)
    steps.merger.merge(manifest)
    steps.publisher.publish(manifest)
    return came_to


def query(path: Path, folder: Path) -> dict[str, int]:
    """Ask DuckDB the hand-written query, with the memory that our engine gets; of text, about rows that are good."""
    with duckdb.connect(config={"memory_limit": "450MB", "temp_directory": str(folder / "spill")}) as database:
        if path.suffix == ".csv":
            database.execute(_TYPED.format(path=path))
            database.execute(_CHECKED)
        else:
            database.execute(f"CREATE VIEW lines AS FROM read_parquet('{path}')")
        ((_, orders, revenue, _),) = database.execute(_QUERY).fetchall()
        (lines,) = database.execute("SELECT count(*) FROM lines").fetchall()[0]
    return {"lines": int(lines), "orders": int(orders), "revenue": int(revenue)}


def loop(_: Path, folder: Path) -> dict[str, int]:
    """Loop over dictionaries in Python, read from JSON Lines as such programs do."""
    rows = folder / "lines.jsonl"
    with rows.open() as file:
        sums = plain_sums(json.loads(line) for line in file)
    orders = sum(sum_of[0] for sum_of in sums["baskets"].values())
    revenue = sum(sum_of[1] for sum_of in sums["baskets"].values())
    lines = sum(sum_of[0] for sum_of in sums["products"].values())
    return {"lines": lines, "orders": orders, "revenue": revenue}


SUBJECTS = {"shard": shard, "report": report, "query": query, "loop": loop}

if __name__ == "__main__":
    print(json.dumps(SUBJECTS[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))))
