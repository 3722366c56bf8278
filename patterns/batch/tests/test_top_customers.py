"""Who may be among the top customers."""

from pathlib import Path

import pytest

from patterns_batch.engine import customers
from patterns_batch.engine.database import connect
from patterns_batch.engine.terms import Terms
from patterns_batch.engine.totals import Totals

_TERMS = Terms(slot_seconds=3600, before=1 << 60, reported=None, key="key", rejects_listed=10)


@pytest.mark.parametrize(
    ("top", "shards", "expected"),
    [
        (0, 1, []),
        (1, 1, [5]),
        (2, 1, [3, 4, 5]),
        (1, 2, [3, 4, 5]),
        (9, 1, [1, 2, 3, 4, 5]),
        (2_000_000, 1, [1, 2, 3, 4, 5]),
    ],
)
def test_a_customer_with_a_shard_s_share_of_the_bar_is_kept(
    tmp_path: Path, top: int, shards: int, expected: list[int]
) -> None:
    """The bar is the revenue of the last top customer; those level with it are kept, too."""
    with connect(tmp_path, memory_mb=200, threads=1) as database:
        totals = Totals(database, _TERMS)
        database.execute("INSERT INTO customers VALUES (1, 'EUR', 1, 10), (2, 'EUR', 1, 20), (3, 'EUR', 2, 40)")
        database.execute("INSERT INTO customers VALUES (4, 'EUR', 1, 15), (4, 'EUR', 1, 25), (5, 'EUR', 1, 70)")
        assert sorted(customers.candidates(database, totals, top=top, shards=shards)) == expected
