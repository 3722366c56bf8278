"""Parquet files whose metadata is sound and whose data is not: each is refused as damaged, whichever step reads it."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from patterns_batch.errors import BadInput
from patterns_batch.testing import lines_of, make_orders, parquet_of

DAY = date(2026, 11, 22)
World = Any
LINES = lines_of(make_orders(200, day=DAY))


def test_a_parquet_file_that_is_damaged_inside_is_told(world: World) -> None:
    """Its metadata is sound, so that only reading it shows."""
    content = bytearray(parquet_of(LINES))
    content[100:400] = bytes(300)
    world.drop("a.parquet", bytes(content))
    with pytest.raises(BadInput, match=r"^s3://inbox/a.parquet: is damaged: its data cannot be read from row 1 on$"):
        world.merge(world.plan("a.parquet"))


def test_a_time_that_no_microseconds_hold_is_damage(world: World) -> None:
    """Milliseconds that the engine cannot convert fail as it reads them."""
    content = (Path(__file__).with_name("corpus") / "instant-ms-utc.parquet").read_bytes()
    stored = int(datetime(2026, 11, 22, 8, 15, tzinfo=UTC).timestamp() * 1000).to_bytes(8, "little")
    world.drop("a.parquet", content.replace(stored, (1 << 62).to_bytes(8, "little"), 1))
    with pytest.raises(BadInput, match=r"^s3://inbox/a.parquet: is damaged: its data cannot be read from row 1 on$"):
        world.merge(world.plan("a.parquet"))


def test_damage_where_a_file_is_cut_is_told_by_the_plan(world: World) -> None:
    """There the plan reads the orders' ids."""
    whole = parquet_of(lines_of(make_orders(3000, day=DAY)))
    path = world.settings.scratch / "whole.parquet"
    path.write_bytes(whole)
    with duckdb.connect() as engine:
        found = engine.execute(
            "SELECT data_page_offset, total_compressed_size FROM parquet_metadata(?) "
            "WHERE row_group_id = 1 AND path_in_schema = 'order_id'",
            [str(path)],
        )
        begin, size = found.fetchall()[0]
    world.drop("a.parquet", whole[:begin] + bytes(size // 2) + whole[begin + size // 2 :])
    world.set(shard_lines=2048)
    with pytest.raises(BadInput, match=r"^s3://inbox/a.parquet: is damaged: its data cannot be read$"):
        world.plan("a.parquet")
