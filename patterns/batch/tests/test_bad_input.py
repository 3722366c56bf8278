import gzip
import json
import sys
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patterns_batch.engine.prices import HINT
from patterns_batch.errors import BadInput
from patterns_batch.testing import COLUMNS, csv_of, json_lines_of, lines_of, make_orders, parquet_of

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

DAY = date(2026, 11, 22)
World = Any
LINES = lines_of(make_orders(200, day=DAY))
FORMATS: dict[str, Callable[..., bytes]] = {"a.csv": csv_of, "a.jsonl": json_lines_of, "a.parquet": parquet_of}


def with_row(row: int, **changes: object) -> list[dict[str, Any]]:
    """Return good lines of which one, counted from 1, is changed."""
    return [{**line, **changes} if number == row else line for number, line in enumerate(LINES, start=1)]


def order_of(row: int) -> list[int]:
    """Return the rows, from 1, of the order that the row belongs to."""
    return [number for number, line in enumerate(LINES, start=1) if line["order_id"] == LINES[row - 1]["order_id"]]


SECOND_ROWS = [row for row in range(2, len(LINES)) if len(order_of(row)) > 2 and row == order_of(row)[1]]
"""The second rows of all orders with at least three."""
ROW = SECOND_ROWS[0]

BAD_VALUES: list[tuple[dict[str, Any], str, str]] = [
    ({"quantity": -1000}, "quantity", "must be 1 to 999"),
    ({"quantity": 0}, "quantity", "must be 1 to 999"),
    ({"quantity": 1000}, "quantity", "must be 1 to 999"),
    ({"quantity": -1, "unit_price": -1}, "unit_price", "must not be negative where the quantity is negative, too"),
    ({"unit_price": -2_000_000_000}, "unit_price", "must be at most 1000000000"),
    ({"unit_price": 2_000_000_000}, "unit_price", "must be at most 1000000000"),
    ({"currency": "USD"}, "currency", "is not that of the order's first row; an order has one currency"),
    ({"currency": "euro"}, "currency", "must be an ISO 4217 code, such as EUR"),
    ({"status": "SHIPPED"}, "status", "must be PLACED, FULFILLED, REJECTED or CANCELLED"),
    ({"customer_id": "another customer"}, "customer_id", "is not that of the order's first row"),
    ({"placed_at": "2026-11-22T23:59:58Z"}, "placed_at", "is not that of the order's first row"),
    ({"placed_at": "2027-01-01T00:00:00Z"}, "placed_at", "is in the future"),
    ({"placed_at": "1969-12-31T23:59:59Z"}, "placed_at", "is before 1970"),
    ({"sku": "x" * 129}, "sku", "is longer than 128 characters"),
    *(({name: ""}, name, "is missing") for name in COLUMNS),
]
UNREADABLE_VALUES: list[tuple[dict[str, Any], str, str]] = [
    ({"quantity": "three"}, "quantity", "must be a whole number"),
    ({"quantity": "1.5"}, "quantity", "must be a whole number"),
    ({"unit_price": "12,5"}, "unit_price", HINT["auto"]),
    ({"unit_price": "690.0"}, "unit_price", HINT["auto"]),
    ({"quantity": "99999999999999999999"}, "quantity", "must be a whole number"),
    ({"placed_at": "22.11.2026"}, "placed_at", "must be a time such as 2026-11-22T09:30:00Z"),
    ({"placed_at": "infinity"}, "placed_at", "must be a time such as 2026-11-22T09:30:00Z"),
]


@pytest.mark.parametrize("key", FORMATS)
def test_bad_rows_are_told_with_their_places(world: World, key: str) -> None:
    """File, row and column, each; and each takes its order with it, since half an order is a wrong one."""
    cases = BAD_VALUES if key.endswith("parquet") else [*BAD_VALUES, *UNREADABLE_VALUES]
    lines: list[dict[str, Any]] = [dict(line) for line in LINES]
    expected: dict[int, tuple[str, str]] = {}
    others: dict[int, int] = {}
    for (changes, column, reason), row in zip(cases, SECOND_ROWS, strict=False):
        lines[row - 1] |= {name: None if value == "" else value for name, value in changes.items()}
        expected[row] = (column, reason)
        # A row without an order's id belongs to none: what stood around it are two orders of one id; the first counts.
        around = order_of(row)[2:] if changes == {"order_id": ""} else [each for each in order_of(row) if each != row]
        others |= dict.fromkeys(around, row)
    world.set(reject_share=1.0)
    world.drop(key, FORMATS[key](lines))
    document = world.merge(world.plan(key))
    told = {reject["row"]: reject for reject in world.rejects()}
    assert len(expected) == len(cases)
    assert {row: (told[row]["column"], told[row]["reason"]) for row in expected} == expected
    assert {reject["file"] for reject in told.values()} == {f"s3://inbox/{key}"}
    assert sorted(told) == sorted([*expected, *others])
    assert {told[row]["column"] for row in others} == {"order_id"}
    assert document["rows"] == {"read": len(LINES), "rejected": len(told)}


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda line: line + b",more", "has more values than the header"),
        (lambda line: line.rpartition(b",")[0], "has fewer values than the header"),
        (lambda line: b'"' + line, "a quotation mark is not closed"),
    ],
)
def test_a_line_that_is_no_row_of_the_csv_spoils_no_other(
    world: World, spoil: Callable[[bytes], bytes], reason: str
) -> None:
    """Above all a quote that is never closed must not swallow the rest of the file."""
    world.set(reject_share=0.5)
    text = csv_of(LINES).splitlines()
    text[ROW] = spoil(text[ROW])
    world.drop("a.csv", b"\n".join(text))
    document = world.merge(world.plan("a.csv"))
    told = {reject["row"]: reject for reject in world.rejects()}
    assert (told[ROW]["column"], told[ROW]["reason"]) == (None, reason)
    assert document["rows"]["read"] == len(LINES)


def test_a_line_that_is_no_json_object_spoils_no_other(world: World) -> None:
    """Each line stands for itself; empty lines are counted as lines, and are no rows."""
    world.set(reject_share=0.5)
    text = json_lines_of(LINES).splitlines()
    text[ROW - 1] = b"[1, 2]"
    text.insert(5, b"")
    world.drop("a.jsonl", b"\r\n".join(text))
    document = world.merge(world.plan("a.jsonl"))
    told = {reject["row"]: reject for reject in world.rejects()}
    assert told[ROW + (ROW > 5)]["reason"] == "is no JSON object"
    assert document["rows"]["read"] == len(LINES)


@pytest.mark.parametrize("key", FORMATS)
def test_a_duplicate_order_is_counted_once(world: World, key: str) -> None:
    """Its later rows are bad ones, and say where the order stands already."""
    world.set(reject_share=0.5, chunk_lines=200)
    world.drop(key, FORMATS[key]([*LINES, *(LINES[row - 1] for row in order_of(ROW))]))
    document = world.merge(world.plan(key))
    rejects = world.files()["rejects.jsonl"].decode().splitlines()
    assert len(rejects) == document["rows"]["rejected"] == len(order_of(ROW))
    assert f'"row": {len(LINES) + 1}, "column": "order_id", "reason": "is a duplicate' in rejects[0]
    assert f"the order stands in row {order_of(ROW)[0]} already" in rejects[0]
    world.drop(f"good-{key}", FORMATS[key](LINES))
    good = world.merge(world.plan(f"good-{key}", run="good"))
    assert good["currencies"] == document["currencies"]


def test_orders_that_are_there_three_times_are_counted_once(world: World) -> None:
    """In other chunks each time, with returns and products that are twice in an order: all is taken back twice."""
    world.set(reject_share=1, chunk_lines=150)
    lines = [{**line, "quantity": -1} if row % 9 == 8 else line for row, line in enumerate(LINES)]
    lines = [{**line, "sku": "same"} if row % 7 == 6 else line for row, line in enumerate(lines)]
    world.drop("a.csv", csv_of(lines * 3))
    world.drop("good.csv", csv_of(lines))
    document = world.merge(world.plan("a.csv"))
    good = world.merge(world.plan("good.csv", run="good"))
    assert document["rows"] == {"read": 3 * len(LINES), "rejected": 2 * len(LINES)}
    assert document["currencies"] == good["currencies"]
    assert good["currencies"][0]["returns"]["lines"]


def test_an_order_of_more_than_fifty_lines_is_told(world: World) -> None:
    """As the shop takes none; fifty it takes."""
    world.set(reject_share=1.0)
    long = [
        {**LINES[0], "order_id": name, "sku": f"sku-{n}"} for name, size in (("a", 50), ("b", 51)) for n in range(size)
    ]
    world.drop("a.jsonl", json_lines_of(long))
    document = world.merge(world.plan("a.jsonl"))
    told = {reject["row"]: reject["reason"] for reject in world.rejects()}
    assert document["rows"] == {"read": 101, "rejected": 51}
    assert told[101] == "the order has more than 50 lines"
    assert sorted(told) == list(range(51, 102))


class TestTooManyBadRows:
    """The threshold."""

    def test_past_it_the_run_fails_and_says_where_to_look(self, world: World) -> None:
        """With the first bad rows in the reason, and nothing that could be published."""
        world.set(reject_share=0.01)
        world.drop("a.csv", csv_of(with_row(ROW, quantity=0)))
        count = len(order_of(ROW))
        with pytest.raises(BadInput, match=rf"^{count} of {len(LINES)} rows are bad \(.*%, allowed are 1.00%\): s3://"):
            world.merge(world.plan("a.csv"))
        assert not [key for key in world.objects.kept if "/result" in key]

    def test_the_reason_names_the_rows_that_are_bad_themselves(self, world: World) -> None:
        """Not the rest of their orders, which comes before them; all of them are stored with the run."""
        world.set(reject_share=0)
        bad = {order_of(row)[-1]: order_of(row)[0] for row in SECOND_ROWS[:3]}
        lines = [{**line, "quantity": 0} if row in bad else line for row, line in enumerate(LINES, start=1)]
        world.drop("a.csv", csv_of(lines))
        manifest = world.plan("a.csv")
        with pytest.raises(BadInput) as raised:
            world.merge(manifest)
        told = [f"s3://inbox/a.csv, row {row}, column quantity: must be 1 to 999" for row in bad]
        assert str(raised.value).partition("): ")[2] == f"{'; '.join(told)}; …"
        kept = [json.loads(line) for line in world.objects.kept["runs/run/rejects.jsonl"].splitlines()]
        assert [each["row"] for each in kept] == sorted(row for each in bad for row in order_of(each))

    def test_up_to_it_the_run_goes_on(self, world: World) -> None:
        """With exactly as many bad rows as are allowed."""
        world.set(reject_share=len(order_of(ROW)) / len(LINES))
        world.drop("a.csv", csv_of(with_row(ROW, quantity=0)))
        assert world.merge(world.plan("a.csv"))["rows"]["rejected"] == len(order_of(ROW))

    def test_only_the_first_are_listed(self, world: World) -> None:
        """A file of nothing but bad rows does not become a list as long."""
        world.set(reject_share=1, rejects_listed=5, chunk_lines=150)
        world.drop("a.csv", csv_of([{**line, "quantity": 0} for line in LINES]))
        document = world.merge(world.plan("a.csv"))
        assert document["rows"] == {"read": len(LINES), "rejected": len(LINES)}
        assert [reject["row"] for reject in world.rejects()] == [1, 2, 3, 4, 5]
        assert document["currencies"] == []


@pytest.mark.parametrize("key", ["a.csv", "a.parquet"])
@pytest.mark.parametrize("column", COLUMNS)
def test_a_missing_column_is_told_by_the_plan(world: World, key: str, column: str) -> None:
    """Before anything else is started."""
    world.drop(key, FORMATS[key](LINES, columns=[name for name in COLUMNS if name != column]))
    with pytest.raises(BadInput, match=rf"^s3://inbox/{key}, column {column}: is missing"):
        world.plan(key)
    assert not world.objects.kept


@pytest.mark.parametrize(
    ("column", "kind", "reason"),
    [
        ("quantity", "BLOB", "is BLOB and must be an integer"),
        ("unit_price", "DOUBLE", "is DOUBLE and must be an integer or a decimal: minor units .*"),
        ("placed_at", "DATE", "is DATE and must be a timestamp in UTC"),
        ("sku", "BLOB", "is BLOB and must be a text"),
    ],
)
def test_a_column_of_a_wrong_type_is_told_by_the_plan(world: World, column: str, kind: str, reason: str) -> None:
    """A Parquet file says what it holds."""
    world.drop("a.parquet", parquet_of(LINES, types={column: kind}))
    with pytest.raises(BadInput, match=rf"^s3://inbox/a.parquet, column {column}: {reason}$"):
        world.plan("a.parquet")


NO_FILES_OF_ORDERS = [
    ("a.csv", b"", "is empty"),
    ("a.csv", b"\n", "is empty"),
    ("a.csv", csv_of([]), "is empty: it has no rows"),
    ("a.jsonl", b"\n\n", "is empty"),
    ("a.csv.gz", gzip.compress(b""), "is empty"),
    ("a.csv.gz", gzip.compress(csv_of([])), "is empty: it has no rows"),
    ("a.parquet", parquet_of([]), "is empty: it has no rows"),
    ("a.csv.gz", csv_of(LINES), "is no gzip file"),
    ("a.csv.zst", csv_of(LINES), "is no zstd file"),
    ("a.csv", csv_of(LINES).decode().encode("utf-16-be"), "is not in UTF-8; UTF-16 is read when it begins with"),
    ("a.parquet", csv_of(LINES), "is cut short, or is no Parquet file: it does not end as one"),
    ("a.parquet", parquet_of(LINES)[:-100], "is cut short, or is no Parquet file: it does not end as one"),
    ("a.parquet", b"PAR1", "is cut short, or is no Parquet file: it does not end as one"),
    ("a.parquet", parquet_of(LINES)[:-400] + parquet_of(LINES)[-8:], "is no sound Parquet file"),
]


@pytest.mark.parametrize(
    ("key", "content", "reason"), NO_FILES_OF_ORDERS, ids=[str(number) for number in range(len(NO_FILES_OF_ORDERS))]
)
def test_a_file_that_is_no_file_of_orders_is_told(world: World, key: str, content: bytes, reason: str) -> None:
    """Each with what is wrong with it."""
    world.drop(key, content)
    with pytest.raises(BadInput, match=rf"^s3://inbox/{key}(, row \d+)?: {reason}"):
        world.merge(world.plan(key))


@pytest.mark.parametrize(("ending", "pack"), [("gz", gzip.compress), ("zst", zstd.compress)])
def test_a_compressed_file_that_is_cut_short_is_told(world: World, ending: str, pack: Callable[[bytes], bytes]) -> None:
    """Wherever it was cut: what is there must not pass for all there is."""
    whole = pack(csv_of(LINES * 3))
    for length in (len(whole) - 1, len(whole) - 4, len(whole) // 2):
        world.drop(f"a{length}.csv.{ending}", whole[:length])
        with pytest.raises(BadInput, match=rf"^s3://inbox/a{length}.csv.{ending}: is cut short"):
            world.merge(world.plan(f"a{length}.csv.{ending}", run=f"{ending}{length}"))
    world.drop(f"whole.csv.{ending}", pack(csv_of(LINES)))
    assert world.merge(world.plan(f"whole.csv.{ending}", run=ending))["rows"]["rejected"] == 0


@pytest.mark.parametrize("key", ["a.txt", "a", "a.csv.bz2", "a.parquet.gz", "a.xlsx"])
def test_an_unknown_format_is_told(world: World, key: str) -> None:
    """By its name: what it may be instead."""
    world.drop(key, b"anything")
    with pytest.raises(BadInput, match=rf"^{key}: is of no known format: its name must end in .csv"):
        world.plan(key)


def test_other_delimiters_and_columns_are_read(world: World) -> None:
    """As spreadsheets write them: semicolons, a mark of the byte order, columns in another order and more of them."""
    more = [{**line, "note": 'says "hello"; twice'} for line in LINES]
    content = csv_of(more, columns=["note", *reversed(COLUMNS)], delimiter=";")
    world.drop("a.csv", b"\xef\xbb\xbf" + content.replace(b"\n", b"\r\n"))
    assert world.merge(world.plan("a.csv"))["rows"] == {"read": len(LINES), "rejected": 0}


@pytest.mark.fuzz
@given(
    rows=st.lists(
        st.fixed_dictionaries(
            {name: st.one_of(st.none(), st.text(max_size=8), st.integers(-5, 2000)) for name in COLUMNS}
        ),
        min_size=1,
        max_size=8,
    )
)
def test_any_row_is_counted_or_rejected(make_world: Callable[[], World], rows: list[dict[str, Any]]) -> None:
    """Whatever JSON can say: no row is lost, and none is a bug."""
    world = make_world()
    world.set(reject_share=1)
    world.drop("a.jsonl", json_lines_of([*LINES, *rows]))
    document = world.merge(world.plan("a.jsonl"))
    assert document["rows"]["read"] == len(LINES) + len(rows)
    assert document["rows"]["rejected"] == len(rows)
