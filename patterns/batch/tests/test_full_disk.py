"""A full disk is refused at once, with the size that is needed."""

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from patterns_batch.application.disk import GIB, disk_for
from patterns_batch.errors import BadInput
from patterns_batch.manifest import FileSource, FilesSource, Part, Shard, TableSource
from patterns_batch.settings import Settings

IN_A_MOUNT = ("unshare", "--user", "--map-root-user", "--mount")


def _may_mount(folder: Path) -> bool:
    mount = [*IN_A_MOUNT, "mount", "-t", "tmpfs", "tmpfs", str(folder)]
    return sys.platform == "linux" and subprocess.run(mount, capture_output=True, check=False).returncode == 0


@pytest.fixture
def on_small_disk(tmp_path: Path) -> Any:  # noqa: ANN401 - a function
    """Return a function that runs Python on a file system of so many MiB, as ``disk``, and returns what it prints."""
    if not _may_mount(tmp_path):
        pytest.skip("this machine gives no namespace in which a file system could be mounted")

    def run(program: str, *, mib: int) -> str:
        mount = f'mount -t tmpfs -o size={mib}m tmpfs "$0" && exec "$1" -c "$2" "$0"'
        command = [*IN_A_MOUNT, "sh", "-c", mount, str(tmp_path), sys.executable, textwrap.dedent(program)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


STEP = """
    import sys
    from datetime import date
    from pathlib import Path
    from patterns_batch.application.workplace import workplace
    from patterns_batch.errors import BadInput
    from patterns_batch.settings import Settings
    SPILLING = "SET memory_limit = '40MiB'; CREATE TABLE a AS SELECT hash(i) FROM range(20000000) t(i)"
    environment = {"STAGE": "a", "REPORT_BUCKET": "b", "PSEUDONYM_SECRET_ARN": "c", "THREADS": "1", "MEMORY_MB": "300"}
    try:
        with workplace(Settings.from_environment({**environment, "SCRATCH_DIR": sys.argv[1]}), 25) as place:
            WORK
    except BadInput as error:
        print(error.exit_code, error)
"""
FULL = (
    r"2 the scratch disk is full: it has 0\.\d GiB, and this step needs about (\d+) GiB: deploy with task_disk_gib=\1,"
)


@pytest.mark.parametrize(
    "work",
    [
        pytest.param('(place.folder / "input").write_bytes(bytes(64 << 20))', id="a file of ours"),
        pytest.param(
            """place.database.execute(
                f"COPY (SELECT random() a, random() b FROM range(9000000)) TO '{place.folder}/x' (FORMAT parquet)")""",
            id="a file of the engine's",
        ),
        pytest.param("place.database.execute(SPILLING)", id="what the engine spills"),
    ],
)
def test_a_full_disk_is_refused(on_small_disk: Any, work: str) -> None:  # noqa: ANN401
    """Whichever write fills it: exit code 2, with at least the size that the plan asked for."""
    said = on_small_disk(STEP.replace("WORK", work), mib=32)
    found = re.search(FULL, said)  # the engine may have shown its progress before
    assert found, said
    assert int(found[1]) >= 25


def test_the_size_is_reckoned_from_what_is_done(on_small_disk: Any) -> None:  # noqa: ANN401
    """A tenth of the work took 30 MiB of 32, and 2 were in use before: all of it needs ten times as much."""
    work = """
            (place.folder / "packed").write_bytes(bytes(2 << 20))
            place.disk._planned = 0
            from patterns_batch.application import scratch_disk
            scratch_disk.gib = lambda size: round(size / 2**20)
            with place.disk.filled_by(lambda: 0.1):
                (place.folder / "rows").write_bytes(bytes(64 << 20))
"""
    needed = int(on_small_disk(STEP.replace("            WORK", work), mib=32).split("needs about ")[1].split()[0])
    assert 310 < needed < 345


SHARD = """
    import os, sys
    from datetime import UTC, datetime
    from patterns_batch.bootstrap import Ports, steps_with
    from patterns_batch.errors import BadInput
    from patterns_batch.settings import Settings
    from patterns_batch.testing import (
        COLUMNS, FixedPseudonyms, InMemoryInputs, InMemoryObjects, InMemoryOrdersTable
    )
    line = "%s,%s,2026-11-22T00:00:00Z,PLACED,EUR,%s,1,100"
    names = (os.urandom(44).hex() for _ in iter(int, 1))
    rows = (line % (name[:36], name[36:72], name[72:]) for name in names)
    content = "\\n".join([",".join(COLUMNS), *(next(rows) for _ in range(LINES))]).encode()
    environment = {"STAGE": "a", "REPORT_BUCKET": "b", "PSEUDONYM_SECRET_ARN": "c", "THREADS": "1", "MEMORY_MB": "600"}
    inputs = InMemoryInputs()
    inputs.kept["inbox", "a.csv"] = content
    ports = Ports(objects=InMemoryObjects(), inputs=inputs, table=InMemoryOrdersTable(), pseudonyms=FixedPseudonyms(),
                  now=lambda: datetime(2026, 11, 24, tzinfo=UTC))
    steps = steps_with(Settings.from_environment({**environment, "SCRATCH_DIR": sys.argv[1]}), ports, lambda: False)
    manifest = steps.planner.plan_input("run", "inbox", "a.csv")
    try:
        print("done", steps.sharder.work(manifest, 0).read)
    except BadInput as error:
        print(error.exit_code, error)
    print(*os.listdir(sys.argv[1]))
"""


@pytest.mark.parametrize(("lines", "said"), [(20_000, "done 20000"), (90_000, FULL)])
def test_a_shard_on_a_small_disk(on_small_disk: Any, lines: int, said: str) -> None:  # noqa: ANN401
    """Of 16 MiB: one that fits, and one whose rows do not fit as well; nothing is left."""
    first, left = on_small_disk(SHARD.replace("LINES", str(lines)), mib=16).splitlines()[-2:]
    assert re.search(said, first), first
    assert not left


def _file(size: int, **of: Any) -> FileSource:  # noqa: ANN401
    given = {"format": "csv", "compression": "none", "version_id": None, "etag": "e", "modified": "", **of}
    return FileSource(bucket="inbox", key="a", size=size, **given)


def _source(*files: FileSource) -> FilesSource:
    return FilesSource(given="s3://inbox/a", address="s3://inbox/a", modified="", files=files)


def _shard(*sizes: int) -> Shard:
    """Return a shard with a part of each file, from its begin."""
    return Shard(number=0, parts=tuple(Part(file=number, data=(0, size)) for number, size in enumerate(sizes)))


def test_a_small_input_gets_the_least_that_can_be_asked_for() -> None:
    """21 GiB, as ECS has it, or what the stage has set."""
    small = _source(_file(1000))
    assert disk_for(small, [_shard(1000)], least_gib=21) == (21, 21)
    assert disk_for(small, [_shard(1000)], least_gib=50) == (50, 50)


def test_the_disk_grows_with_the_largest_shard() -> None:
    """Text is there as it came and as rows; of Parquet only the shard's own part; the merge compares all orders."""
    assert disk_for(_source(_file(20 * GIB)), [_shard(20 * GIB)], least_gib=21) == (44, 60)
    assert disk_for(_source(_file(20 * GIB)), [_shard(10 * GIB)] * 2, least_gib=21) == (24, 40)
    # Of two files one after the other is fetched, and the rows of both stay.
    assert disk_for(_source(_file(10 * GIB), _file(20 * GIB)), [_shard(10 * GIB, 20 * GIB)], least_gib=21) == (54, 78)
    parquet = _source(_file(80 * GIB, format="parquet", rows=10**9))
    assert disk_for(parquet, [_shard(30 * GIB), _shard(50 * GIB)], least_gib=21) == (54, 102)
    table = TableSource(table="orders", arn="", segments=8, size=100 * GIB)
    assert disk_for(table, [Shard(number=0), Shard(number=1)], least_gib=21) == (154, 154)


def test_what_no_task_can_hold_is_refused_by_the_plan() -> None:
    """With the size, before anything is read; a guess refuses nothing."""
    with pytest.raises(BadInput, match=r"s3://inbox/a: is too large: a shard of it needs 204 GiB of disk, .* 200"):
        disk_for(_source(_file(100 * GIB)), [_shard(100 * GIB)], least_gib=21)
    with pytest.raises(BadInput, match="the merge of it needs 243 GiB"):
        disk_for(_source(_file(GIB, format="parquet", rows=5 * 10**9)), [_shard(GIB)], least_gib=21)
    packed = _source(_file(100 * GIB, compression="gzip"))
    assert disk_for(packed, [_shard(100 * GIB)], least_gib=21) == (200, 200)


@pytest.mark.parametrize("given", ["20", "201", "many"])
def test_only_what_fargate_has_can_be_set(given: str, tmp_path: Path) -> None:
    """From 21 to 200 GiB."""
    environment = {"STAGE": "a", "REPORT_BUCKET": "b", "PSEUDONYM_SECRET_ARN": "c", "SCRATCH_DIR": str(tmp_path)}
    with pytest.raises(BadInput, match="DISK_GIB must be a whole number from 21 to 200"):
        Settings.from_environment({**environment, "DISK_GIB": given, "PATH": os.environ["PATH"]})
