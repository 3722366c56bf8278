import re
from datetime import date, timedelta
from typing import Any

import pytest

from patterns_batch.page.index import render_index

Entry = dict[str, Any]


def of_day(day: date, *, revenue: int = 123_450, currencies: tuple[str, ...] = ("EUR",)) -> Entry:
    """Return the entry of a day's report."""
    summary = [{"currency": code, "orders": 2, "revenue": revenue} for code in currencies]
    of = {"empty": not currencies, "bad": 0, "summary": summary, "previous": None}
    return {"report": f"date={day}", "page": f"reports/date={day}/0123/sales.html", **of}


def of_file(name: str, modified: str | None, number: int = 0, previous: int | None = None) -> Entry:
    """Return the entry of a file's report; one of before uploads were recorded has neither address nor time."""
    report = f"input=file-{number:016x}"
    of_version = {"input": f"s3://inbox/exports/{name}", "modified": modified} if modified else {}
    summary = [{"currency": "JPY", "orders": 1, "revenue": 500}]
    known = {"previous": None if previous is None else f"input=file-{previous:016x}", **of_version}
    return {
        "report": report,
        "page": f"reports/{report}/ab/sales.html",
        "empty": False,
        "bad": 3,
        "summary": summary,
        **known,
    }


def english(entries: list[Entry], **options: str) -> str:
    """Return the English half of the page."""
    return render_index(entries, **options).split("<main")[1]


def test_contents_lead_to_every_month_of_every_year() -> None:
    """The newest first; each month's table has its days, newest first, in words."""
    newest = date(2026, 11, 22)
    page = english([of_day(newest - timedelta(days=number)) for number in range(400)])
    contents = page.partition("<nav")[2].partition("</nav>")[0]
    assert re.findall(r"<h3>(\d+)</h3>", contents) == ["2026", "2025"]
    links = re.findall(r'<li><a href="#([^"]+)">(\w+)</a> <small>(\d+) days?</small>', contents)
    assert links[0] == ("en-2026-11", "November", "22")
    assert links[-1] == ("en-2025-10", "October", "13")
    assert len(links) == 14
    assert sum(int(count) for *_, count in links) == 400
    assert re.findall(r'<h3 id="([^"]+)">', page) == [anchor for anchor, *_ in links]
    days = re.findall(r'sales\.html">([^<]+)</a>', page)
    assert days[:2] == ["Sun, Nov 22, 2026", "Sat, Nov 21, 2026"]
    assert len(days) == 400


def test_both_languages_have_contents_of_their_own() -> None:
    """No name within the page is there twice; the shop's language is the one that is seen."""
    page = render_index([of_day(date(2026, 11, 22)), of_file("orders.csv", "2026-11-01T00:00:00+00:00")], "ja")
    anchors = re.findall(r' id="([^"]+)"', page)
    assert len(anchors) == len(set(anchors))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(anchors)
    assert page.startswith('<!doctype html>\n<html lang="ja">')
    assert "<title>売上レポート一覧</title>" in page
    assert ">2026年11月22日(日)</a>" in page
    assert ">11月</a> <small>1日分</small>" in page
    assert 'id="in-ja" checked' in page


def test_files_are_listed_by_the_month_of_their_upload_in_the_shop_s_zone() -> None:
    """Apart from the days, with their names and not their addresses, and a link to the version before."""
    entries = [
        of_file("daily <1>.csv", "2026-11-30T23:30:00+00:00", 2, previous=1),
        of_file("daily <1>.csv", "2026-11-29T23:30:00+00:00", 1),
        of_file("older.csv", None, 0),
    ]
    page = english(entries, time_zone="Asia/Tokyo")
    assert re.findall(r'<h3 id="([^"]+)">([^<]+)<', page) == [
        ("en-files-2026-12", "Files, December 2026"),
        ("en-files-2026-11", "Files, November 2026"),
        ("en-files-earlier", "Files, Upload time unknown"),
    ]
    assert re.findall(r"<bdi>([^<]+)</bdi>", page) == ["daily &lt;1&gt;.csv"] * 2 + [f"file-{0:016x}"]
    assert "<td>Dec 1, 2026 8:30\u202fAM</td>" in page
    earlier = re.findall(r'<small><a href="([^"]+)">earlier version</a></small>', page)
    assert earlier == [f"input%3Dfile-{1:016x}/ab/sales.html"]


def test_every_currency_has_its_minor_units() -> None:
    """One below the other; a day without orders says so."""
    page = english(
        [of_day(date(2026, 11, 22), currencies=("BHD", "EUR", "JPY")), of_day(date(2026, 11, 21), currencies=())]
    )
    assert "<td>6</td><td>BHD\u00a0123.450<br>€1,234.50<br>¥123,450</td><td>0</td>" in page
    assert "<td>no orders</td><td></td><td>0</td>" in page


def test_an_index_without_reports_says_so() -> None:
    """Instead of an empty table."""
    page = english([])
    assert "There are no reports yet." in page
    assert "<table" not in page


@pytest.mark.parametrize("moment", ["2026-11-22T10:00:00", "2026-11-22T10:00:00+00:00", "2026-11-22T10:00:00Z"])
def test_a_time_without_an_offset_is_utc(moment: str) -> None:
    """As the first versions of the index have it."""
    assert "Nov 22, 2026 10:00" in english([of_file("a.csv", moment)])
