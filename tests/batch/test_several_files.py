"""Several files for one report, on the deployed platform: a prefix by the command, and a list that is dropped."""

import json
import secrets
from typing import Any

import pytest
from tests.clients import administrator
from tests.commands import patterns
from tests.reports import Reports

from patterns_batch.testing.order_lines import csv_of, json_lines_of
from patterns_local.platform import Platform

pytestmark = pytest.mark.integration


def row(order: str, quantity: int) -> dict[str, Any]:
    """Return a row of an order, worth so many times 690."""
    return {
        "order_id": order,
        "customer_id": "c1",
        "placed_at": "2026-01-05T10:00:00Z",
        "status": "FULFILLED",
        "currency": "EUR",
        "sku": "TEA-ASSAM-100",
        "quantity": quantity,
        "unit_price": 690,
    }


def test_the_files_below_a_prefix_make_one_report(platform: Platform, reports: Reports) -> None:
    """Made once for the versions that are there; a list that is dropped makes one, too, and its files start none."""
    salt = secrets.token_hex(4)
    prefix, list_key = f"parts/{salt}/", f"lists/{salt}.manifest"
    good = [row(f"{salt}-{number}", 1) for number in range(300)]
    for name, content in (
        ("", b""),
        ("_SUCCESS", b""),
        ("_temporary/0/part-9.csv", csv_of([row(f"{salt}-9", 9)])),
        ("part-0.csv", csv_of(good[:150])),
        ("day=5/part-1.jsonl", json_lines_of([*good[150:], good[0]])),
    ):
        reports.put(f"{prefix}{name}", content)
    address = reports.address(prefix)
    run = patterns(platform, "report", "--input", address, "--json")
    assert run.returncode == 0, run.stderr
    made = json.loads(run.stdout)
    assert made["rows"] == {"read": 301, "rejected": 1}
    bucket, _, key = made["files"]["sales.json"].removeprefix("s3://").partition("/")
    s3 = administrator(platform, "s3")
    figures = json.load(s3.get_object(Bucket=bucket, Key=key)["Body"])
    assert figures["input"] == address
    assert [each["revenue"] for each in figures["currencies"]] == [300 * 690]
    (reject,) = map(json.loads, patterns(platform, "report", "rejects", made["execution"]).stdout.splitlines())
    # Files come in the order of their keys.
    assert (reject["file"], reject["row"]) == (f"{address}part-0.csv", 1)
    assert reject["reason"].endswith(f"the order stands in row 151 of {address}day=5/part-1.jsonl already")
    again = json.loads(patterns(platform, "report", "--input", address, "--json").stdout)
    assert (again["made_before"], again["pointer"]) == (True, made["pointer"])

    entries = [{"url": reports.address(f"{prefix}{name}")} for name in ("part-0.csv", "day=5/part-1.jsonl")]
    ended = reports.started_by(list_key, json.dumps({"entries": entries}))
    assert ended["status"] == "SUCCEEDED", ended.get("cause")
    assert reports.of(reports.address(f"{prefix}part-0.csv")) == []
