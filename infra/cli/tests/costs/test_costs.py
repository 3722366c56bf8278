"""The cost tables: what the pages say is what the prices, the inputs and production's templates give."""

import json
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from patterns_cli.choosing.page import BEGIN as GUIDE_BEGIN
from patterns_cli.choosing.page import END as GUIDE_END
from patterns_cli.choosing.page import PAGES as GUIDE_PAGES
from patterns_cli.costs.counting import count
from patterns_cli.costs.fixed import fixed_lines
from patterns_cli.costs.inputs import INPUTS_FILE, Inputs, UnknownInput
from patterns_cli.costs.lines import Line, Usage, money, table, total
from patterns_cli.costs.overview import OVERVIEW_PAGE, overview
from patterns_cli.costs.pages import BEGIN, END, PAGES, costs_of
from patterns_cli.costs.prices import PRICES_FILE, Confidence, PriceList, UnknownPrice, regions_of
from patterns_cli.costs.usage import USAGE_FILE, read_usage, usage_text
from patterns_cli.costs.web_api import order_lines
from patterns_cli.costs.write_units import item_bytes, put_units, update_units
from patterns_cli.marked_text import between_markers
from patterns_infra.paths import REPOSITORY
from patterns_infra.synthesized import SynthesizedStack

ProductionStack = Callable[[str], SynthesizedStack]
TABLE = {
    "GlobalSecondaryIndexes": [
        {"KeySchema": [{"AttributeName": "customer_id", "KeyType": "HASH"}]},
        {"KeySchema": [{"AttributeName": "customer_status", "KeyType": "HASH"}]},
    ]
}


def item(**texts: str) -> dict[str, Any]:
    """Return an item of texts in the wire's form."""
    return {name: {"S": text} for name, text in texts.items()}


@pytest.mark.parametrize("pattern", PAGES)
def test_a_page_says_what_is_computed(production_stack: ProductionStack, pattern: str) -> None:
    """Change a price, an input or a template, and write the pages again: ``python -m patterns_cli.costs.pages``."""
    computed = costs_of(pattern, production_stack(pattern))
    assert between_markers(PAGES[pattern].read_text(), BEGIN, END) == computed


def test_what_the_command_multiplies_is_what_is_counted(production_stack: ProductionStack) -> None:
    """``patterns cost`` reads a file, which is written with the pages and equals the templates."""
    counted = {name: count(name, production_stack(name), Inputs.read()) for name in PAGES}
    assert USAGE_FILE.read_text() == usage_text(counted)


def test_the_page_of_all_costs_is_what_the_command_says() -> None:
    """Both come from the same bills."""
    assert between_markers(OVERVIEW_PAGE.read_text(), BEGIN, END) == overview()


@pytest.mark.parametrize("pattern", ["web_api", "async"])
def test_a_page_and_the_command_have_the_same_sums(pattern: str) -> None:
    """A million orders cost what the page's first sum says, and being there a month what its second says."""
    text = between_markers(PAGES[pattern].read_text(), BEGIN, END)
    sums = re.findall(r"\*\*together\*\*.*\*\*([\d,.]+ \$)", text)
    usage, prices = read_usage()[pattern], PriceList.read()
    assert sums == [money(total(usage.by_orders, prices)), money(total(usage.by_month, prices))]


def test_no_page_has_a_price_of_its_own() -> None:
    """Amounts of money stand between the markers, on every page; decisions and benchmarks are of their day."""
    docs = REPOSITORY / "docs"
    pages = {REPOSITORY / "README.md", *docs.glob("*.md"), *docs.glob("ja/*.md")} - {docs / "benchmarks.md"}
    for page in sorted(pages):
        text = page.read_text()
        if page in {*PAGES.values(), OVERVIEW_PAGE}:
            text = text.replace(between_markers(text, BEGIN, END), "")
        if page in GUIDE_PAGES.values():
            text = text.replace(between_markers(text, GUIDE_BEGIN, GUIDE_END), "")
        prose = [line for line in text.splitlines() if not line.lstrip().startswith("$ ")]
        wrong = [line for line in prose if any(mark in line for mark in (" $ ", " USD", " dollar"))]
        assert wrong == [], page.name


def test_a_moved_order_takes_four_write_units(production_stack: ProductionStack) -> None:
    """Itself, its entry by customer, and out of one status into another; placing takes two more, and a transaction."""
    lines = {x.driver: x for x in order_lines(production_stack("web_api"), Inputs.read())}
    assert lines["DynamoDB, the outcome"].usages == (Usage("dynamodb.write_unit", 4_000_000),)
    assert lines["DynamoDB, placing"].usages == (Usage("dynamodb.write_unit", 6_000_000),)


def test_write_units_of_a_put() -> None:
    """A kilobyte each, begun ones count; an index takes what it has keys for, and a transaction doubles the table's."""
    assert put_units(TABLE, item(pk="claim")) == 1
    assert put_units(TABLE, item(pk="o", customer_id="c", customer_status="c#PLACED")) == 3
    assert put_units(TABLE, item(pk="o", customer_id="c", customer_status="c#PLACED"), transaction=True) == 4
    assert put_units(TABLE, item(pk="o", customer_id="c", text="x" * 1024)) == 4
    assert put_units({}, item(pk="x" * 1022)) == 1
    assert put_units({}, item(pk="x" * 1023)) == 2


def test_write_units_of_an_update() -> None:
    """Of an index whose key changes the old entry is deleted; nothing changed costs the table alone."""
    before = item(pk="o", customer_id="c", customer_status="c#PLACED", status="PLACED")
    assert update_units(TABLE, before, before) == 1
    assert update_units(TABLE, before, before | item(status="FULFILLED")) == 3
    assert update_units(TABLE, before, before | item(customer_status="c#FULFILLED")) == 4
    assert update_units(TABLE, before, before | item(text="x" * 1500)) == 6


def test_bytes_of_an_item() -> None:
    """Names and values; numbers by two digits a byte, lists and maps with what they take themselves."""
    assert item_bytes({"a": {"S": "é"}}) == 3
    assert item_bytes({"n": {"N": "1234"}}) == 1 + 4
    assert item_bytes({"l": {"L": [{"S": "ab"}]}}) == 1 + 3 + 1 + 2
    assert item_bytes({"m": {"M": {"k": {"S": "v"}}}}) == 1 + 3 + 1 + 2
    assert item_bytes({"f": {"BOOL": True}}) == 2


def test_every_price_says_where_and_when_it_was_read() -> None:
    """An address, a day, how far it is to be trusted; and no price is there that nothing can look up."""
    given = json.loads(PRICES_FILE.read_text())
    assert given["about"]
    for price in (price for region in regions_of() for price in PriceList.read(region)):
        assert price.source.startswith("https://")
        assert price.figure > 0
        assert price.currency == "USD"
        assert (price.read is None) is (price.confidence is Confidence.UNCONFIRMED)
    ids = [x["id"] for x in given["prices"]]
    assert ids == sorted(ids)


def test_a_price_that_is_not_confirmed_says_so() -> None:
    """In the table, beside the figure."""
    shown = {price.id: price.text() for price in PriceList.read()}
    assert shown["apigateway.rest_request"] == "3.50 $ per million requests"
    assert shown["dynamodb.write_unit"] == "0.625 $ per million units *(quoted)*"
    assert shown["cloudwatch.alarm_month"] == "0.10 $ per alarm and month *(unconfirmed)*"


def test_prices_are_of_one_region(tmp_path: Path) -> None:
    """Another region's are beside them, and are not taken for these; a price that is there twice is refused."""
    price = next(x for x in json.loads(PRICES_FILE.read_text())["prices"] if x["id"] == "dynamodb.write_unit")
    file = tmp_path / "prices.json"
    file.write_text(json.dumps({"prices": [price, {**price, "region": "ap-northeast-1", "figure": "0.715"}]}))
    assert PriceList.read("ap-northeast-1", file)["dynamodb.write_unit"].of(1_000_000) == Decimal("0.715")
    assert PriceList.read("us-east-1", file)["dynamodb.write_unit"].of(1_000_000) == Decimal("0.625")
    with pytest.raises(UnknownPrice, match=r"no price dynamodb\.write_unit for eu-west-1"):
        _ = PriceList.read("eu-west-1", file)["dynamodb.write_unit"]
    file.write_text(json.dumps({"prices": [price, price]}))
    with pytest.raises(ValueError, match=r"dynamodb\.write_unit twice"):
        PriceList.read("us-east-1", file)


def test_every_input_is_measured_or_assumed(tmp_path: Path) -> None:
    """What is measured names a test that exists; what is assumed says why; what is not there is named."""
    for given in json.loads(INPUTS_FILE.read_text())["inputs"]:
        if "measured_by" in given:
            assert (REPOSITORY / given["measured_by"]).is_file()
    with pytest.raises(UnknownInput, match=r"has no web_api\.moon"):
        _ = Inputs.read()["web_api.moon"]
    file = tmp_path / "inputs.json"
    file.write_text(json.dumps({"inputs": [{"id": "a", "value": 1, "unit": "b"}]}))
    with pytest.raises(ValueError, match="a must be either measured or assumed"):
        Inputs.read(file)


def test_what_a_stack_has_is_counted(production_stack: ProductionStack) -> None:
    """Every alarm, key, secret, rule and endpoint of the template; nothing is paid by the month and left out."""
    web_api = production_stack("web_api")
    usages = {usage.price: usage.quantity for line in fixed_lines(web_api) for usage in line.usages}
    acls = web_api.all("WAFv2::WebACL")
    assert usages["waf.acl_month"] == len(acls) == 2
    assert usages["waf.rule_month"] == sum(len(acl["Rules"]) for acl in acls)
    assert usages["cloudwatch.alarm_month"] == len(web_api.all("CloudWatch::Alarm"))
    assert usages["kms.key_month"] == len(web_api.all("KMS::Key"))
    assert usages["secretsmanager.secret_month"] == 1
    assert usages["apigateway.cache_half_gb_hour"] == 730
    assert usages["lambda.snapstart_cache_gb_second"] == Decimal("0.5") * 730 * 3600
    batch = {x.driver: x for x in fixed_lines(production_stack("batch"))}
    endpoints = [x for x in production_stack("batch").all("EC2::VPCEndpoint") if "SubnetIds" in x]
    (usage,) = batch["private network"].usages
    assert usage.quantity == 730 * sum(len(x["SubnetIds"]) for x in endpoints)


def test_amounts() -> None:
    """To the cent; what is less is no nothing; the sum is of what was not rounded."""
    assert [money(Decimal(x)) for x in ("0", "0.004", "0.005", "1234.5")] == [
        "0.00 $",
        "under 0.01 $",
        "0.01 $",
        "1,234.50 $",
    ]
    prices = PriceList.read()
    lines = [Line("a", "b", (Usage("waf.rule_month", 2), Usage("waf.acl_month", 1)))] * 2
    assert total(lines, prices) == 14
    rows = table(lines, prices, heading="c").splitlines()
    assert rows[2] == "| a | b | 1.00 $ per rule and month *(quoted)*; 5.00 $ per ACL and month *(quoted)* | 7.00 $ |"
    assert rows[-1] == "| **together** | | | **14.00 $** |"
