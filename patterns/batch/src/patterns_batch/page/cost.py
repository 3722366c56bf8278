"""The report's cost in words: for a place that the page keeps for it, and for the mail.

It is known when a report is published, and differs from run to run; the rest of the page does not.
"""

from collections.abc import Mapping
from datetime import date
from html import escape
from typing import Any

from patterns_batch.page.languages import Language, languages

__all__ = ["cost_place", "cost_text", "with_cost"]


def cost_place(language: Language) -> str:
    """Return what stands in the page until the cost is known."""
    return f"<!-- cost:{language.code} -->"


def with_cost(page: str, cost: Mapping[str, Any], locale: str) -> str:
    """Return the page with the cost in its place, in each language."""
    for language in languages(locale):
        page = page.replace(cost_place(language), f' <span class="cost">{escape(cost_text(cost, language))}</span>')
    return page


def cost_text(cost: Mapping[str, Any], language: Language) -> str:
    """Return a sentence: what the report cost, or would have cost on AWS."""
    texts = language.texts
    text = texts.cost if cost["charged"] else texts.cost_elsewhere
    day = language.formats.day(date.fromisoformat(cost["prices_read"]))
    return text.format(amount=f"{cost['amount']} {cost['currency']}", region=cost["region"], day=day)
