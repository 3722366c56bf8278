"""Mistakes in the data files, which readers change, are told with file and record."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from patterns_cli.costs.files import CostFileError
from patterns_cli.costs.inputs import Inputs
from patterns_cli.costs.lines import Line, Usage
from patterns_cli.costs.prices import PRICES_FILE, PriceList, regions_of
from patterns_cli.costs.usage import PatternUsage, read_usage, usage_text

PRICE = next(x for x in json.loads(PRICES_FILE.read_text())["prices"] if x["id"] == "sqs.request")


def written(folder: Path, content: object) -> Path:
    """Return a file with this content, as JSON unless it is a text."""
    file = folder / "data.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return file


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", {"prices": 1}, {"prices": [1]}])
def test_no_list_of_prices(tmp_path: Path, content: object) -> None:
    """Empty, cut, another type, or a list of something else."""
    with pytest.raises(CostFileError, match=r"^data\.json"):
        PriceList.read("us-east-1", written(tmp_path, content))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """The message has its name."""
    with pytest.raises(CostFileError, match=r"data\.json cannot be read: No such file"):
        Inputs.read(tmp_path / "data.json")


@pytest.mark.parametrize(
    "change",
    [{"figure": "cheap"}, {"confidence": "sure"}, {"read": "yesterday"}, {"colour": "red"}, {"figure": None}],
)
def test_a_wrong_price(tmp_path: Path, change: dict[str, Any]) -> None:
    """The message has the price's id."""
    with pytest.raises(CostFileError, match=r"data\.json: price sqs\.request: "):
        PriceList.read("us-east-1", written(tmp_path, {"prices": [PRICE | change]}))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"value": "many"}, "input a: "),
        ({"value": -1}, "a must not be -1"),
        ({"value": "NaN"}, "a must not be NaN"),
        ({"measured_by": "b"}, "must be either measured or assumed"),
        ({"extra": 1}, "input a: "),
    ],
)
def test_a_wrong_input(tmp_path: Path, change: dict[str, Any], why: str) -> None:
    """A figure of one's own that cannot be."""
    record = {"id": "a", "value": 1, "unit": "b", "assumed": "c"} | change
    with pytest.raises(CostFileError, match=why):
        Inputs.read(written(tmp_path, {"inputs": [record]}))


def test_usage_is_read_as_it_was_written(tmp_path: Path) -> None:
    """With the quantity to the last digit, also of one without a fraction; two at one price are one."""
    twice = PatternUsage((Line("a", "", (Usage("sqs.request", 2), Usage("sqs.request", 3))),), ())
    (line,) = read_usage(written(tmp_path, usage_text({"x": twice})))["x"].by_orders
    assert line.usages == (Usage("sqs.request", Decimal(5)),)
    lines = (Line("a", "é", (Usage("sqs.request", 1_000_000), Usage("sns.request", Decimal("0.125")))),)
    usage = {"x": PatternUsage(lines, ())}
    assert read_usage(written(tmp_path, usage_text(usage))) == usage


@pytest.mark.parametrize("record", [{}, {"pattern": "x", "by_orders": [{}], "by_month": []}])
def test_wrong_usage(tmp_path: Path, record: dict[str, Any]) -> None:
    """A field that is missing is named."""
    with pytest.raises(CostFileError, match=r"data\.json cannot be read: KeyError"):
        read_usage(written(tmp_path, {"patterns": [record]}))


def test_regions_are_those_of_the_file() -> None:
    """The two that have prices."""
    assert regions_of() == ("us-east-1", "ap-northeast-1")


def test_both_regions_have_the_prices_that_are_used() -> None:
    """What is used by the patterns has a price in each region."""
    used = {
        usage.price
        for pattern in read_usage().values()
        for line in (*pattern.by_orders, *pattern.by_month)
        for usage in line.usages
    }
    for region in regions_of():
        prices = PriceList.read(region)
        assert all(prices[price].figure > 0 for price in used)
