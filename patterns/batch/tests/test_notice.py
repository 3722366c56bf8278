"""What the mail of a published report says."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from patterns_batch.page.notice import notice_subject, notice_text
from patterns_batch.testing import csv_of, lines_of, make_orders

DAY = date(2026, 11, 22)
World = Any
CORPUS = Path(__file__).with_name("corpus")
MINUS, DAY_TITLE = "\u2212", "Sales on Sunday, November 22, 2026"


def document(currency: str, revenue: int, *, before: int | None = None, week: int | None = None) -> dict[str, Any]:
    """Return a day's document of one currency."""
    day = {
        "date": str(DAY),
        "revenue": revenue,
        "orders": 42,
        "day_before": None if before is None else {"revenue": before},
        "week_before": None if week is None else {"revenue": week},
    }
    of = {"currency": currency, "revenue": revenue, "orders": 42, "days": [day], "returns": {"amount": 0}}
    return {"date": str(DAY), "rows": {"read": 300, "rejected": 0}, "currencies": [of]}


@pytest.mark.parametrize(
    ("currency", "revenue", "shown"),
    [
        ("EUR", 123450, "€1,234.50"),
        ("JPY", 123450, "¥123,450"),
        ("BHD", 123450, "BHD\u00a0123.450"),
        ("EUR", 5, "€0.05"),
    ],
)
def test_money_has_its_currency_s_minor_units(currency: str, revenue: int, shown: str) -> None:
    """None for yen, three for dinar."""
    text = notice_text(document(currency, revenue), "https://link", "patterns report --date 2026-11-22")
    assert text.startswith(f"{DAY_TITLE}: {shown} from 42 orders.\n")


def test_the_sentence_says_how_revenue_changed_and_what_was_rejected() -> None:
    """Against the day before and the same weekday a week before, as the page does."""
    told = document("EUR", 112500, before=100000, week=150000)
    told["rows"] = {"read": 12345, "rejected": 5}
    changed = f"+12.5% vs. the day before, {MINUS}25.0% vs. a week before"
    assert notice_text(told, "https://link/x", "patterns report --date 2026-11-22").splitlines() == [
        f"{DAY_TITLE}: €1,125.00 from 42 orders ({changed}).",
        "5 of 12,345 rows were rejected and are not in the figures.",
        "",
        "The report: https://link/x",
        "By command: patterns report --date 2026-11-22",
    ]


def test_the_mail_is_in_the_shop_s_language() -> None:
    """With the figures as that language writes them."""
    told = document("JPY", 112500, before=100000, week=150000)
    told["rows"] = {"read": 12345, "rejected": 5}
    told["currencies"][0]["returns"]["amount"] = 500
    changed, returned = f"前日比 +12.5%、前週同曜日比 {MINUS}25.0%", "このほかに返品・返金が \uffe5500 あります"
    assert notice_text(told, "https://link/x", "patterns report", "ja").splitlines() == [
        f"売上日報 2026年11月22日(日)\uff1a売上高 \uffe5112,500、注文件数 42件\uff08{changed}\uff09。{returned}。",
        "12,345行のうち5行は不備があるため集計に含まれていません。",
        "",
        "レポート: https://link/x",
        "コマンド: patterns report",
    ]


def test_a_day_without_orders_says_so() -> None:
    """In the subject, too."""
    empty = {"date": str(DAY), "rows": {"read": 0, "rejected": 0}, "currencies": []}
    assert notice_text(empty, "l", "c").startswith(f"{DAY_TITLE}: there were no orders.\nNo row was rejected.\n")
    assert notice_subject(empty) == "Sales of 2026-11-22: no orders"


@pytest.mark.parametrize("name", ["orders.csv", "注文 März.csv", f"{'x' * 200}.csv", "a\nb.csv"])
def test_a_subject_is_one_that_sns_takes(name: str) -> None:
    """Fewer than a hundred characters of ASCII on one line, whatever the file is called."""
    of_file = {**document("EUR", 112500), "input": f"s3://inbox/{name}"}
    del of_file["date"]
    subject = notice_subject(of_file)
    assert len(subject) < 100
    assert subject.isascii()
    assert subject.isprintable()
    assert subject.endswith(".csv: 1,125.00 EUR")
    assert notice_subject(of_file, "en-ZA").endswith(".csv: 1 125,00 EUR")
    assert notice_subject(of_file, "en-DE").endswith(".csv: 1.125,00 EUR")


@pytest.mark.parametrize("prefix", ["", "https://console/s3/object/reports?region=x&prefix="])
def test_a_published_report_leaves_its_notice_in_the_run(world: World, prefix: str) -> None:
    """Its link leads to the page; on AWS through the console, whose address has no secret and no end."""
    world.set(report_link=prefix, stage="dev")
    world.table.kept = make_orders(60, day=DAY, days=9)
    world.merge(world.plan(DAY))
    pointer = world.steps.publisher.publish(world.plan(DAY))
    notice = json.loads(world.objects.kept["runs/run/notice.json"])
    facts = notice["facts"]
    assert (facts["report"], facts["pointer"], facts["bucket"]) == (f"date={DAY}", pointer, "reports")
    assert facts["summary"][0]["revenue"] == world.result()["currencies"][0]["revenue"]
    assert facts["page"] in world.objects.kept
    assert facts["text"] == notice["text"]
    encoded = facts["page"].replace("/", "%2F").replace("=", "%3D")
    assert facts["link"] == (prefix + encoded if prefix else f"https://reports.invalid/{facts['page']}")
    assert f"The report: {facts['link']}\n" in notice["text"]
    assert (" --target aws --stage dev\n" in notice["text"]) == bool(prefix)
    assert notice["subject"].startswith(f"Sales of {DAY}: ")
    assert not any("notice" in key for key in world.objects.kept if key.startswith("reports/"))


def test_a_file_s_notice_has_its_period(world: World) -> None:
    """A file knows no day before; its command names it."""
    orders = [*make_orders(3, day=DAY), *make_orders(3, day=DAY + timedelta(days=1), seed=2)]
    world.drop("my orders.csv", csv_of(lines_of(orders)))
    world.set(reject_share=1.0)
    world.merge(world.plan("my orders.csv"))
    world.steps.publisher.publish(world.plan("my orders.csv"))
    text = json.loads(world.objects.kept["runs/run/notice.json"])["text"]
    assert "Sales from my orders.csv, Nov 22 \u2013 23, 2026: " in text.replace("\u2009", " ")
    assert "By command: patterns report --input 's3://inbox/my orders.csv'\n" in text


def test_a_currency_that_has_only_returns_has_a_sentence(world: World) -> None:
    """Without a period, as no order was placed; the report is published."""
    world.drop("returns.csv", (CORPUS / "returns-of-another-currency.csv").read_bytes())
    world.merge(world.plan("returns.csv"))
    world.steps.publisher.publish(world.plan("returns.csv"))
    text = json.loads(world.objects.kept["runs/run/notice.json"])["text"]
    assert text.splitlines()[:2] == [
        "Sales from returns.csv, Sunday, November 22, 2026: €6.90 from 1 order.",
        "Sales from returns.csv, Sunday, November 22, 2026: $0.00 from 0 orders; $7.00 of returns are not in it.",
    ]
