"""`patterns cost refresh` against a server of this machine that has AWS's lists as they are formed."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from patterns_cli.app import main
from patterns_cli.commands import cost_refresh as command
from patterns_cli.commands.cost_refresh import cost_refresh
from patterns_cli.costs.price_list import BASE, LISTED, PriceListError, address_of, read_service
from patterns_cli.costs.prices import PRICES_FILE, Confidence, PriceList

HEAD = [
    '"FormatVersion","v1.0"',
    '"Disclaimer","This pricing list is for informational purposes only."',
    '"Publication Date","2026-11-27T18:04:12Z"',
    '"Version","20261127180412"',
    '"OfferCode","AWSQueueService"',
    (
        '"SKU","OfferTermCode","RateCode","TermType","PriceDescription","EffectiveDate","StartingRange","EndingRange",'
        '"Unit","PricePerUnit","Currency","Product Family","serviceCode","Location","usageType","operation"'
    ),
]


def row(usage: str, price: str, *, start: str = "0", term: str = "OnDemand", operation: str = "") -> str:
    """Return a line of a list, as the file's format has it."""
    return (
        f'"ABC","JRTC","ABC.JRTC.6YS6","{term}","{price}, with a comma and a ""word""","2026-11-01","{start}","Inf",'
        f'"Requests","{price}","USD","API Request","Service","Asia Pacific (Tokyo)","{usage}","{operation}"'
    )


@dataclass
class Lists:
    """The server: a text for each path; what is not there is a 404."""

    base: str
    files: dict[str, str] = field(default_factory=dict)

    def put(self, service: str, *rows: str, region: str = "ap-northeast-1") -> None:
        """Let a service have a list."""
        self.files[address_of(service, region, "")] = "\n".join([*HEAD, *rows]) + "\n"


@pytest.fixture
def lists() -> Iterator[Lists]:
    """Return a price list's server with nothing on it."""
    found: dict[str, str] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            text = found.get(self.path)
            self.send_response(404 if text is None else 200)
            self.end_headers()
            self.wfile.write((text or "").encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Lists(f"http://127.0.0.1:{server.server_port}", found)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a price file of two services in Tokyo, and one price that no list has."""
    kept = {"sqs.request", "ec2.m7i_large_hour", "vpc.nat_gateway_hour", "lambda.durable_operation"}
    records = [
        x for x in json.loads(PRICES_FILE.read_text())["prices"] if x["region"] == "ap-northeast-1" and x["id"] in kept
    ]
    copy = tmp_path / "prices.json"
    copy.write_text(json.dumps({"about": "prices", "prices": records}))
    return copy


def test_the_first_paid_tier_on_demand_is_taken(lists: Lists) -> None:
    """Not a reservation, not a free tier, not a later tier, not another usage that ends alike, not another currency."""
    lists.put(
        "AWSQueueService",
        row("APN1-Requests-Tier1", "0.0000000000"),
        row("APN1-Requests-Tier1", "0.0000004000", start="1000000"),
        row("APN1-Requests-Tier1", "0.0000003000", start="100000000000"),
        row("APN1-Requests-Tier1", "0.1", term="Reserved"),
        row("APN1-Fair-Requests-Tier1", "0.0000005"),
        row("APN1-Requests-FIFO-Tier1", "0.0000005"),
        row("APN1-Requests-Tier1", "0.000003").replace('"USD"', '"CNY"'),
    )
    found = read_service("AWSQueueService", "ap-northeast-1", lists.base)
    assert found.prices == {"sqs.request": Decimal("0.0000004")}


def test_a_prefix_is_the_regions_or_none(lists: Lists) -> None:
    """us-east-1 has none or USE1, KMS the region's name."""
    lists.put("AWSQueueService", row("Requests-Tier1", "0.0000004"), region="us-east-1")
    lists.put("awskms", row("us-east-1-KMS-Keys", "1"), row("us-east-1-KMS-Requests", "0.000003"), region="us-east-1")
    assert read_service("AWSQueueService", "us-east-1", lists.base).prices == {"sqs.request": Decimal("0.0000004")}
    assert read_service("awskms", "us-east-1", lists.base).prices == {
        "kms.key_month": Decimal(1),
        "kms.request": Decimal("0.000003"),
    }


def test_a_machine_is_found_by_its_operation(lists: Lists) -> None:
    """The same usage type has a price for each operating system."""
    linux = row("APN1-BoxUsage:m7i.large", "0.1302", operation="RunInstances")
    windows = row("APN1-BoxUsage:m7i.large", "0.2222", operation="RunInstances:0002")
    lists.put("AmazonEC2", windows, linux)
    found = read_service("AmazonEC2", "ap-northeast-1", lists.base)
    assert found.prices == {"ec2.m7i_large_hour": Decimal("0.1302")}
    lists.put("AmazonEC2", linux, row("APN1-BoxUsage:m7i.large", "0.14", operation="RunInstances"))
    found = read_service("AmazonEC2", "ap-northeast-1", lists.base)
    assert (found.prices, found.ambiguous) == ({}, ("ec2.m7i_large_hour",))


@pytest.mark.parametrize("text", ["", "<html>", "SKU\n1,2\n", '"SKU","TermType"\n"a","OnDemand"\n'])
def test_what_is_no_price_list(lists: Lists, text: str) -> None:
    """The message names the service."""
    lists.files[address_of("AWSQueueService", "ap-northeast-1", "")] = text
    with pytest.raises(PriceListError, match=r"AWSQueueService: what came is no price list"):
        read_service("AWSQueueService", "ap-northeast-1", lists.base)


def test_what_is_found_is_confirmed(lists: Lists, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With address, day and figure; what is not found stays; a list that is not there is said, with exit code 1."""
    lists.put("AWSQueueService", row("APN1-Requests-Tier1", "0.00000055"))
    with pytest.raises(SystemExit, match="1"):
        cost_refresh([], base=lists.base, dry_run=False, as_json=False, file=file)
    said = capsys.readouterr().err
    assert "ap-northeast-1 sqs.request: 0.40 is 0.55 now" in said
    assert "left as it is: ap-northeast-1 lambda.durable_operation: has to be looked up by hand" in said
    assert "not read: ap-northeast-1 AmazonEC2: ap-northeast-1 has no list there (HTTP 404)" in said
    prices = PriceList.read("ap-northeast-1", file)
    price = prices["sqs.request"]
    assert (price.figure, price.confidence) == (Decimal("0.55"), Confidence.CONFIRMED)
    assert price.read == datetime.now(UTC).date()
    assert price.source == address_of("AWSQueueService", "ap-northeast-1", lists.base)
    assert prices["ec2.m7i_large_hour"].confidence is Confidence.QUOTED
    assert json.loads(file.read_text())["about"] == "prices"


def test_a_dry_run_writes_nothing(lists: Lists, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And the same figure is no change, however it is written."""
    before = file.read_text()
    lists.put("AWSQueueService", row("APN1-Requests-Tier1", "0.0000004000"))
    lists.put("AmazonEC2", row("APN1-NatGateway-Hours", "0.0620000000"))
    cost_refresh(["ap-northeast-1"], base=lists.base, dry_run=True, as_json=True, file=file)
    answer = json.loads(capsys.readouterr().out)
    assert (answer["read"], answer["written"], answer["changed"], answer["failed"]) == (2, False, [], [])
    assert "ap-northeast-1 ec2.m7i_large_hour: the list of AmazonEC2 does not have it" in answer["missing"]
    assert file.read_text() == before


def test_without_a_network(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every list is named, and the file stays as it is."""
    before = file.read_text()
    with pytest.raises(SystemExit, match="1"):
        cost_refresh([], base="http://127.0.0.1:1", dry_run=False, as_json=False, file=file)
    said = capsys.readouterr().err
    assert said.count("not read: ") == 2
    assert "0 prices confirmed" in said
    assert file.read_text() == before


def test_the_file_keeps_its_form(lists: Lists, file: Path) -> None:
    """A record a line, so that a refresh is a small difference; written twice, it is the same."""
    lists.put("AWSQueueService", row("APN1-Requests-Tier1", "0.0000004"))
    lists.put("AmazonEC2", row("APN1-NatGateway-Hours", "0.062"))
    cost_refresh([], base=lists.base, dry_run=False, as_json=True, file=file)
    once = file.read_text()
    assert len(once.splitlines()) == 4 + 4 + 1
    assert '"figure": "0.40"' in once
    cost_refresh([], base=lists.base, dry_run=False, as_json=True, file=file)
    assert file.read_text() == once


def test_every_price_that_is_listed_is_in_the_file() -> None:
    """The table of usage types has no id that is nowhere used, and its server is the command's default."""
    assert set(LISTED) <= {price.id for price in PriceList.read()}
    assert BASE == "https://pricing.us-east-1.amazonaws.com"


@pytest.mark.parametrize(
    ("arguments", "code", "line"),
    [
        (["--region", "mars"], 2, "there are no prices of region 'mars' (choose from: us-east-1, ap-northeast-1)"),
        (["now"], 2, "unexpected extra argument"),
    ],
)
def test_a_wrong_order_is_refused(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    line: str,
) -> None:
    """Before anything is read."""

    def read(*_: Any) -> None:  # noqa: ANN401
        raise AssertionError

    monkeypatch.setattr(command, "read_service", read)
    monkeypatch.setattr("sys.argv", ["patterns", "cost", "refresh", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == code
    assert line in capsys.readouterr().err
