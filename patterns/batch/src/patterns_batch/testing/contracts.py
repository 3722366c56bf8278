"""What every bucket, input, orders table and secret does, whatever is behind it.

Subclass a contract and give it the fixtures that it names.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from patterns_batch.application.ports import Inputs, Objects, OrdersTable, Pseudonyms
from patterns_batch.days import compared_days, day_range
from patterns_batch.errors import BadInput
from patterns_batch.manifest import FileSource
from patterns_batch.testing.order_lines import make_orders
from patterns_shared.domain.orders import Order

__all__ = ["InputsContract", "ObjectsContract", "OrdersTableContract", "PseudonymsContract"]

# ruff: noqa: S101 - a contract suite asserts, and expected figures are clearest as figures

_DAY = date(2026, 11, 22)


class ObjectsContract:
    """The contract of ``Objects``: a fixture ``objects`` that is empty."""

    def test_what_was_put_is_read(self, objects: Objects) -> None:
        """The last of it; and nothing where nothing was put."""
        assert objects.read("a/b") is None
        objects.write("a/b", b"one")
        objects.write("a/b", b"two")
        assert objects.read("a/b") == b"two"

    def test_the_first_of_two_creations_stays(self, objects: Objects) -> None:
        """So that two tries of one step leave one result."""
        assert objects.create("a", b"first") is True
        assert objects.create("a", b"second") is False
        assert objects.read("a") == b"first"

    def test_only_what_was_seen_is_replaced(self, objects: Objects) -> None:
        """So that of two who change one object, each from what it read, none takes back what the other did."""
        objects.write("a", b"first")
        assert objects.replace("a", b"second", b"first") is True
        assert objects.replace("a", b"third", b"first") is False
        assert objects.replace("b", b"first", b"seen") is False
        assert (objects.read("a"), objects.read("b")) == (b"second", None)

    def test_files_go_up_and_come_down(self, objects: Objects, tmp_path: Path) -> None:
        """Byte for byte."""
        content = bytes(range(256)) * 5000
        (tmp_path / "up").write_bytes(content)
        objects.upload("folder/file.parquet", tmp_path / "up")
        objects.download("folder/file.parquet", tmp_path / "down")
        assert (tmp_path / "down").read_bytes() == content
        with pytest.raises(KeyError):
            objects.download("folder/other", tmp_path / "down")

    def test_a_listing_has_all_and_tells_change(self, objects: Objects) -> None:
        """In order; another content has another tag."""
        for number in (2, 0, 1):
            objects.write(f"many/{number}", b"x")
        objects.write("other", b"x")
        before = list(objects.listing("many/"))
        assert [found.key for found in before] == [f"many/{number}" for number in range(3)]
        objects.write("many/0", b"y")
        after = list(objects.listing("many/"))
        assert after[0].etag != before[0].etag
        assert after[1:] == before[1:]


class InputsContract:
    """The contract of ``Inputs``: a fixture ``inputs``, and ``drop`` that puts an object into bucket ``inbox``."""

    @staticmethod
    def _source(inputs: Inputs, key: str) -> FileSource:
        found = inputs.describe("inbox", key)
        return FileSource(
            bucket="inbox",
            key=key,
            version_id=found.version_id,
            etag=found.etag,
            modified=found.modified.isoformat(),
            size=found.size,
            format="csv",
            compression="none",
        )

    def test_parts_are_read_where_they_are(
        self, inputs: Inputs, drop: Callable[[str, bytes], None], tmp_path: Path
    ) -> None:
        """The file is as long as the object; what was not asked for is empty, and can be asked for later."""
        drop("a b+c.csv", b"0123456789")
        source = self._source(inputs, "a b+c.csv")
        assert (source.size, inputs.read(source, (2, 5))) == (10, b"234")
        inputs.fetch(source, [(0, 2), (7, 10)], tmp_path / "file")
        assert (tmp_path / "file").read_bytes() == b"01" + bytes(5) + b"789"
        inputs.fetch(source, [(2, 4)], tmp_path / "file")
        assert (tmp_path / "file").read_bytes() == b"0123" + bytes(3) + b"789"

    def test_what_is_not_there_is_named(self, inputs: Inputs) -> None:
        """A retry would not find it either."""
        with pytest.raises(BadInput, match=r"^s3://inbox/nothing: is not there"):
            inputs.describe("inbox", "nothing")

    def test_a_content_that_is_gone_is_refused(self, inputs: Inputs, drop: Callable[[str, bytes], None]) -> None:
        """The report of what was announced is not made of what came after."""
        drop("b.csv", b"before")
        announced = inputs.describe("inbox", "b.csv")
        assert inputs.describe("inbox", "b.csv", f"etag={announced.etag}") == announced
        drop("b.csv", b"after!")
        assert inputs.describe("inbox", "b.csv").content != announced.content
        with pytest.raises(BadInput, match=r"^s3://inbox/b.csv: has changed since the run was planned"):
            inputs.describe("inbox", "b.csv", f"etag={announced.etag}")

    def test_what_has_changed_is_refused(
        self, inputs: Inputs, drop: Callable[[str, bytes], None], tmp_path: Path
    ) -> None:
        """A run is of one version: another one would make another report."""
        drop("a.csv", b"before")
        source = self._source(inputs, "a.csv")
        drop("a.csv", b"after!")
        for read in (
            lambda: inputs.read(source, (0, 3)),
            lambda: inputs.fetch(source, [(0, 3)], tmp_path / "file"),
        ):
            with pytest.raises(BadInput, match="has changed since the run was planned"):
                read()


class OrdersTableContract:
    """The contract of ``OrdersTable``: a fixture ``table_of`` that returns a table with these orders."""

    def test_every_order_of_the_days_is_in_one_segment(
        self, table_of: Callable[[Sequence[Order]], OrdersTable]
    ) -> None:
        """Once, with what the report needs and nothing that it does not."""
        orders = make_orders(120, day=_DAY, days=10)
        table = table_of(orders)
        found = table.find()
        days = [day_range(day, "UTC") for day in (_DAY, *compared_days(_DAY))]
        wanted = [order for order in orders if order.placed_at.date() in {_DAY, *compared_days(_DAY)}]
        items = []
        for segment in range(3):
            start = None
            while True:
                page = table.scan(found.name, (segment, 3), days, start)
                assert b"\n" not in page.text
                items += json.loads(page.text)["Items"]
                start = page.next_start
                if start is None:
                    break
        assert sorted(item["order_id"]["S"] for item in items) == sorted(order.order_id for order in wanted)
        of_one = next(item for item in items if item["order_id"]["S"] == wanted[0].order_id)
        assert of_one["placed_at"]["S"] == wanted[0].placed_at.isoformat()
        assert len(of_one["lines"]["L"]) == len(wanted[0].lines)

    def test_a_day_begins_and_ends_where_it_should(self, table_of: Callable[[Sequence[Order]], OrdersTable]) -> None:
        """Its first microsecond is in, that of the next day is not."""
        midnight = datetime(2026, 11, 22, tzinfo=UTC)
        moments = [midnight + timedelta(days=day, microseconds=more) for day in (0, 1) for more in (-1, 0, 1)]
        order = make_orders(1, day=_DAY)[0]
        table = table_of([replace(order, order_id=f"order-{n}", placed_at=moment) for n, moment in enumerate(moments)])
        page = table.scan(table.find().name, (0, 1), [day_range(_DAY, "UTC")], None)
        assert sorted(item["order_id"]["S"] for item in json.loads(page.text)["Items"]) == [
            "order-1",
            "order-2",
            "order-3",
        ]


class PseudonymsContract:
    """The contract of ``Pseudonyms``: a fixture ``pseudonyms``, and ``rotate`` that gives it another key."""

    def test_a_version_keeps_its_key(self, pseudonyms: Pseudonyms, rotate: Callable[[], None]) -> None:
        """So that a rotation between two tries does not make two reports of one run."""
        before = pseudonyms.current_version()
        key = pseudonyms.key(before)
        rotate()
        after = pseudonyms.current_version()
        assert after != before
        assert pseudonyms.key(after) != key
        assert pseudonyms.key(before) == key

    def test_a_version_that_is_gone_is_named(self, pseudonyms: Pseudonyms) -> None:
        """No retry brings it back."""
        with pytest.raises(BadInput, match="no longer has the version"):
            pseudonyms.key("7b1b9f0e-0000-4000-8000-000000000000")
