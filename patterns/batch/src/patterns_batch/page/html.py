"""The report as one page: figures, charts and tables for each currency. It needs no network and runs no script."""

from html import escape
from typing import Any

from patterns_batch.page.charts import Chart, bars, lines, ranking
from patterns_batch.page.figures import change, grouped, money, share, short_money
from patterns_batch.page.styles import page
from patterns_batch.page.tables import table

__all__ = ["render"]

_EXPLAINED = "Revenue is that of placed and fulfilled orders; rejected and cancelled ones are counted beside it."
_TOP = 10
"""Products in the chart; the table has more."""
_MOST = 200
"""Rows of a table: the page stays a page. The other files of the report have all."""

Document = dict[str, Any]


def render(document: Document) -> str:
    """Return the page of the report that ``report_document`` made."""
    subject = document.get("date") or document["input"]
    rows = document["rows"]
    parts = [
        f"<h1>Sales report: {escape(subject)}</h1>",
        f'<p class="soft">Days and hours of {escape(document["time_zone"])}. {_EXPLAINED}</p>',
    ]
    if rows["rejected"]:
        parts.append(
            f'<p class="note">{grouped(rows["rejected"])} of {grouped(rows["read"])} rows were bad and are not in the '
            "figures; <code>rejects.jsonl</code> beside this page lists them.</p>"
        )
    if not document["currencies"]:
        parts.append('<p class="note"><b>No orders.</b> Nothing was placed on this day.</p>')
    parts += [_currency(each) for each in document["currencies"]]
    return page(f"Sales report: {escape(subject)}", "\n".join(parts))


def _currency(each: Document) -> str:
    return "\n".join(
        [
            f"<section>\n<h2>{escape(each['currency'])}</h2>",
            _tiles(each),
            f'<div class="grid">\n{_charts(each)}\n</div>',
            f'<div class="grid wide">\n{_tables(each)}\n</div>\n</section>',
        ]
    )


def _tiles(each: Document) -> str:
    code = each["currency"]
    tiles = [
        ("Revenue", money(each["revenue"], code), "revenue"),
        ("Orders", grouped(each["orders"]), "orders"),
        ("Units", grouped(each["units"]), "units"),
        ("Average basket", money(each["average_basket"], code), "average_basket"),
        ("Cancellations", grouped(each["cancellations"]), "cancellations"),
    ]
    (day,) = each["days"] if len(each["days"]) == 1 else (None,)
    compared = {
        name: f"<small>{change(each[name], day['day_before'], name)} to the day before</small>"
        f"<small>{change(each[name], day['week_before'], name)} to the week before</small>"
        for _, _, name in tiles
        if day
    }
    shown = [f'<div class="tile">{title}<b>{value}</b>{compared.get(name, "")}</div>' for title, value, name in tiles]
    return "\n".join(['<div class="tiles">', *shown, "</div>"])


def _charts(each: Document) -> str:
    code = each["currency"]
    hours = {hour["hour"]: hour for hour in each["hours"]}
    every_hour = [f"{hour:02}" for hour in range(24)]
    top = each["products"][:_TOP]
    drawn = [
        ("Revenue by hour", bars, every_hour, [hours.get(hour, {}).get("revenue", 0) for hour in range(24)], True),
        ("Orders by hour", bars, every_hour, [hours.get(hour, {}).get("orders", 0) for hour in range(24)], False),
        ("Products by revenue", ranking, [one["sku"] for one in top], [one["revenue"] for one in top], True),
        (
            "Orders by status",
            ranking,
            [status["status"].capitalize() for status in each["statuses"]],
            [status["orders"] for status in each["statuses"]],
            False,
        ),
    ]
    if len(each["days"]) > 1:
        days = [day["date"][5:] for day in each["days"]]
        drawn.insert(0, ("Revenue by day", lines, days, [day["revenue"] for day in each["days"]], True))
    charts = []
    for title, draw, labels, values, is_money in drawn:
        title_told = f"{title}, {code}" if is_money else title
        written = (lambda value: short_money(value, code)) if is_money else grouped
        svg = draw(Chart(title=title_told, labels=labels, series={title: values}, written=written))
        charts.append(f'<figure class="chart" style="margin:0"><h3>{escape(title_told)}</h3>{svg}</figure>')
    return "\n".join(charts)


def _tables(each: Document) -> str:
    days, products = each["days"], each["products"]

    def amount(value: int) -> str:
        return money(value, each["currency"]).partition(" ")[0]

    shown = [
        table(
            ["Day", "Orders", "Revenue", "Basket", "Cancelled", "Day before", "Week before"],
            [
                (
                    day["date"],
                    grouped(day["orders"]),
                    amount(day["revenue"]),
                    amount(day["average_basket"]),
                    grouped(day["cancellations"]),
                    change(day["revenue"], day["day_before"], "revenue"),
                    change(day["revenue"], day["week_before"], "revenue"),
                )
                for day in days[-_MOST:]
            ],
            title="Days, and how revenue changed",
        ),
        table(
            ["Product", "Orders", "Units", "Revenue", "Share"],
            [
                (
                    one["sku"],
                    grouped(one["orders"]),
                    grouped(one["units"]),
                    amount(one["revenue"]),
                    share(one["revenue"], each["revenue"]),
                )
                for one in products[:_MOST]
            ],
            title=f"Products ({grouped(len(products))})",
            folded=len(products) > 2 * _TOP,
        ),
        table(
            ["Customer", "Orders", "Revenue"],
            [(one["customer"], grouped(one["orders"]), amount(one["revenue"])) for one in each["top_customers"]],
            title="Top customers, by pseudonym",
        ),
        table(
            ["Status", "Orders", "Units", "Value"],
            [
                (one["status"].capitalize(), grouped(one["orders"]), grouped(one["units"]), amount(one["revenue"]))
                for one in each["statuses"]
            ],
            title="Status of the orders",
        ),
        table(
            ["Hour", "Orders", "Units", "Revenue"],
            [
                (f"{one['hour']:02}:00", grouped(one["orders"]), grouped(one["units"]), amount(one["revenue"]))
                for one in each["hours"]
            ],
            title="Hours",
            folded=True,
        ),
    ]
    return "\n".join(shown)
