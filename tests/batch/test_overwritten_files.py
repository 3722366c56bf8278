"""A file that is overwritten under its key: every version has a report of its own, and leads to the one before."""

import json
import posixpath
import re
import secrets
from urllib.parse import unquote

import pytest
from tests.clients import administrator
from tests.reports import Ended, Reports
from tests.waiting import eventually

from patterns_local.platform import Platform

pytestmark = pytest.mark.integration


def lines(quantity: int) -> str:
    """Return a file of one order, worth so many times 690."""
    return (
        "order_id,customer_id,placed_at,status,currency,sku,quantity,unit_price\n"
        f"o1,c1,2026-01-05T10:00:00Z,FULFILLED,EUR,TEA-ASSAM-100,{quantity},690\n"
    )


def report_of(ended: Ended) -> str:
    """Return the name of the report that an execution made."""
    assert ended["status"] == "SUCCEEDED", ended.get("cause")
    output = json.loads(ended["output"])
    assert output["outcome"] == "REPORTED"
    return str(output["report"])


def revenue(reports: Reports, report: str) -> int:
    """Return the revenue that a report has."""
    (currency,) = json.loads(reports.files(report)["sales.json"] or b"")["currencies"]
    return int(currency["revenue"])


def page_of(reports: Reports, report: str) -> str:
    """Return the key of a report's page."""
    return str(reports.read(f"reports/{report}/report.json")["files"]["sales.html"]["key"])


def links_of(reports: Reports, page: str) -> set[str]:
    """Return the keys that a page links to."""
    links = re.findall(r'href="([^"]+)"', (reports.content(page) or b"").decode())
    return {posixpath.normpath(posixpath.join(posixpath.dirname(page), unquote(link))) for link in links}


def test_each_version_of_a_file_has_its_report(platform: Platform, reports: Reports) -> None:
    """Also of a version that is replaced before its run is planned; the same event twice is one report."""
    s3, name = administrator(platform, "s3"), f"daily-{secrets.token_hex(4)}.csv"
    ends = [reports.started_by(name, lines(1))]
    for quantity in (2, 3):
        reports.drop(name, lines(quantity))
    arns = eventually(lambda: found if len(found := reports.of(reports.address(name))) == 3 else None, seconds=60)
    ends += [reports.end(arn) for arn in (arns or []) if arn != ends[0]["executionArn"]]
    made = {revenue(reports, report): report for report in map(report_of, ends)}
    assert sorted(made) == [690, 1380, 2070]
    assert len(set(made.values())) == 3

    again = reports.end(reports.start(**json.loads(ends[0]["input"])))
    assert json.loads(again["output"]) == {"outcome": "STOOD_BACK", "report": made[690]}

    pages = {report: page_of(reports, report) for report in made.values()}
    for amount in (1380, 2070):
        earlier = {page for report, page in pages.items() if report != made[amount]}
        assert earlier & links_of(reports, pages[made[amount]])

    # Two that were put in the same second have no order among themselves; both come after the first.
    index = [entry for entry in reports.read("reports/index.json")["reports"] if entry["report"] in pages]
    assert [entry["previous"] for entry in index] == [*(entry["report"] for entry in index[1:]), None]
    assert index[-1]["report"] == made[690]

    # The analysts' tables have what was put last, or one of those that were put last in one second, and nothing else.
    last = reports.read(f"reports/{index[0]['report']}/report.json")
    rows = reports.content(f"analytics/orders/day=2026-01-05/source={last['source']}/orders.parquet")
    shown = reports.read(f"analytics/published/{last['source']}.json")
    assert shown["report"] in {made[1380], made[2070]}
    assert rows
    assert shown["version"].encode() in rows

    # As S3 tells of it in a bucket without versions.
    etag = s3.head_object(Bucket=reports.outputs["inbox_bucket"], Key=name)["ETag"].strip('"')
    by_content = report_of(reports.end(reports.start(input=reports.address(name), etag=etag)))
    assert by_content not in made.values()
    assert revenue(reports, by_content) == 2070
