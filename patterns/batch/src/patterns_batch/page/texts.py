"""The words of a page: one value for each language, so that the type checker finds a text that a language lacks."""

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["Texts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """All words of the pages and mails. ``{…}`` are places for figures and names, formatted already.

    Attributes:
        name: the language, in itself, for the switch.
        days_of_file, file_count, rest, days_counted, files_counted, mail_orders: for one and for many; the same
            text twice in languages without a plural.
        statuses: of an order, by its name in the data.
    """

    name: str
    day_title: str
    file_title: str
    index_title: str
    days_of_file: tuple[str, str]
    file: str
    file_count: tuple[str, str]
    zone: str
    counted: str
    previous: str
    rejected: str
    no_sales: str
    empty_day: str
    empty_file: str
    clock_gap: str
    clock_repeat: str

    revenue: str
    orders: str
    units: str
    basket: str
    cancellations: str
    returns: str
    net_revenue: str
    day_before: str
    week_before: str
    from_nothing: str

    by_month: str
    by_year: str
    by_day: str
    revenue_by_hour: str
    orders_by_hour: str
    top_products: str
    orders_by_status: str
    statuses: Mapping[str, str]

    day: str
    month: str
    hour: str
    product: str
    customer: str
    status: str
    share: str
    lines: str
    value: str
    amount: str
    of_money: str
    day_count: str
    cancelled: str
    than_day_before: str
    than_week_before: str

    months: str
    days: str
    products: str
    customers: str
    hours: str
    returned: str
    returned_note: str
    cost: str
    cost_elsewhere: str
    shown_of: str
    rest: tuple[str, str]
    not_listed: str

    contents: str
    days_counted: tuple[str, str]
    files_counted: tuple[str, str]
    files: str
    files_of: str
    no_reports: str
    report: str
    uploaded: str
    rejected_rows: str
    no_orders: str
    earlier_version: str
    earlier: str

    mail_sales: str
    mail_orders: tuple[str, str]
    mail_changes: str
    mail_comma: str
    mail_returns: str
    mail_nothing: str
    mail_rejected: str
    mail_none_rejected: str
    mail_report: str
    mail_command: str
