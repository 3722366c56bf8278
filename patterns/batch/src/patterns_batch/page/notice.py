"""What a mail says of a published report: a sentence for each currency, the rejected rows, and where the page is."""

from typing import Any

from patterns_batch.page.languages import Language, languages
from patterns_batch.page.titles import changes_of, file_name, title_of

__all__ = ["notice_subject", "notice_text"]

Document = dict[str, Any]
_LONGEST = 99
"""Characters of a subject: SNS takes fewer than 100, of ASCII, on one line."""


def notice_subject(document: Document, locale: str = "en") -> str:
    """Return the subject: of what, and the revenue where there is one currency; in English, since it is ASCII."""
    currencies = document["currencies"]
    worth = "" if currencies else ": no orders"
    if len(currencies) == 1:
        code, formats = currencies[0]["currency"], languages(locale)[0].formats
        worth = f": {formats.amount(currencies[0]['revenue'], code)} {code}"
    room = _LONGEST - len("Sales of ") - len(worth)
    plain = f"Sales of {(document.get('date') or file_name(document))[-room:]}{worth}".replace("\u00a0", " ").replace(
        "\u202f", " "
    )
    return "".join(each if " " <= each <= "~" else "?" for each in plain)[:_LONGEST]


def notice_text(document: Document, link: str, command: str, locale: str = "en") -> str:
    """Return the mail; ``link`` leads to the page, and ``command`` shows it to a reader with the repository."""
    language, *_ = languages(locale)
    texts, rows = language.texts, document["rows"]
    bad, read = (language.formats.whole(rows[name]) for name in ("rejected", "read"))
    rejected = texts.mail_rejected.format(bad=bad, read=read) if rows["rejected"] else texts.mail_none_rejected
    nothing = texts.mail_nothing.format(title=title_of(document, language))
    lines = [_sales(each, document, language) for each in document["currencies"]] or [nothing]
    links = [texts.mail_report.format(link=link), texts.mail_command.format(command=command)]
    return "\n".join([*lines, rejected, "", *links, ""])


def _sales(each: Document, document: Document, language: Language) -> str:
    texts = language.texts
    return texts.mail_sales.format(
        title=title_of(document, language),
        revenue=language.formats.money(each["revenue"], each["currency"]),
        orders=language.counted(texts.mail_orders, each["orders"]),
        changes=_changes(each, document, language),
        returns=_returns(each, language),
    )


def _changes(each: Document, document: Document, language: Language) -> str:
    """Return how a day's revenue changed, as the page says it; a file's days are compared there."""
    if "date" not in document:
        return ""
    (day,), texts = each["days"], language.texts
    changes = changes_of(day, "revenue", language)
    return texts.mail_changes.format(changes=texts.mail_comma.join(changes)) if changes else ""


def _returns(each: Document, language: Language) -> str:
    amount = each["returns"]["amount"]
    if not amount:
        return ""
    return language.texts.mail_returns.format(amount=language.formats.money(amount, each["currency"]))
