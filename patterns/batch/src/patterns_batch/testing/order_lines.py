"""Orders as the shop sees them, and as files of order lines; the same ones for the same seed."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import duckdb

from patterns_batch.engine.database import quoted
from patterns_shared.domain.catalogue import find_product
from patterns_shared.domain.orders import Order, OrderLine, OrderStatus
from patterns_shared.testing import OrderGenerator

__all__ = ["COLUMNS", "csv_of", "json_lines_of", "lines_of", "make_orders", "parquet_of"]

COLUMNS = ("order_id", "customer_id", "placed_at", "status", "currency", "sku", "quantity", "unit_price")
Line = Mapping[str, Any]

_STATUSES = (*(OrderStatus.FULFILLED,) * 7, OrderStatus.PLACED, OrderStatus.REJECTED, OrderStatus.CANCELLED)
_TYPES = {"placed_at": "TIMESTAMPTZ", "quantity": "INTEGER", "unit_price": "BIGINT"}


def make_orders(count: int, *, day: date, days: int = 1, seed: int = 1, currency: str = "EUR") -> list[Order]:
    """Return orders of the days that end with ``day``, in the order in which they were placed."""
    random, baskets = Random(seed), OrderGenerator(seed)
    begin = datetime.combine(day, datetime.min.time(), UTC) - timedelta(days=days - 1)
    moments = sorted(int(random.random() * days * 86_400) for _ in range(count))
    return [
        Order(
            order_id=str(UUID(int=(seed << 96) + (number << 32) + int(random.random() * 2**32), version=4)),
            customer_id=str(UUID(int=int(random.random() ** 2 * (count / 3 + 1)) + 1, version=4)),
            contact_email="ada@example.com",
            lines=tuple(
                OrderLine(line.sku, line.quantity, find_product(line.sku).unit_price) for line in baskets.basket()
            ),
            currency=currency,
            status=_STATUSES[int(random.random() * len(_STATUSES))],
            placed_at=begin + timedelta(seconds=moment),
            order_version=1,
        )
        for number, moment in enumerate(moments)
    ]


def lines_of(orders: Iterable[Order]) -> list[dict[str, Any]]:
    """Return the orders as order lines, the input's rows."""
    return [
        {
            "order_id": order.order_id,
            "customer_id": order.customer_id,
            "placed_at": order.placed_at.isoformat(),
            "status": order.status.value,
            "currency": order.currency,
            "sku": line.sku,
            "quantity": line.quantity,
            "unit_price": line.unit_price,
        }
        for order in orders
        for line in order.lines
    ]


def csv_of(lines: Iterable[Line], columns: Sequence[str] = COLUMNS, *, delimiter: str = ",") -> bytes:
    """Return a CSV file with a header."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, delimiter=delimiter, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return text.getvalue().encode()


def json_lines_of(lines: Iterable[Line]) -> bytes:
    """Return a JSON Lines file."""
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def parquet_of(
    lines: Sequence[Line],
    *,
    row_group_size: int = 2048,
    types: Mapping[str, str] | None = None,
    columns: Sequence[str] = COLUMNS,
) -> bytes:
    """Return a Parquet file; ``types`` are DuckDB's, for columns that should not have the usual one.

    Row groups have a multiple of 2048 rows: DuckDB writes no smaller ones.
    """
    chosen = {**dict.fromkeys(columns, "VARCHAR"), **_TYPES, **(types or {})}
    selected = ", ".join(f"({name}::{chosen[name]}) AS {name}" for name in columns)
    with TemporaryDirectory() as folder, duckdb.connect() as database:
        source, target = Path(folder, "lines.jsonl"), Path(folder, "lines.parquet")
        source.write_bytes(json_lines_of(lines))
        read = dict.fromkeys(columns, "VARCHAR")
        database.execute("SET TimeZone = 'UTC'")
        database.execute(
            f"COPY (SELECT {selected} FROM read_json({quoted(source)}, columns = {read})) "
            f"TO {quoted(target)} (FORMAT parquet, ROW_GROUP_SIZE {row_group_size})"
        )
        return target.read_bytes()
