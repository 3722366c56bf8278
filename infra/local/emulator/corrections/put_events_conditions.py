"""The condition keys ``events:source`` and ``events:detail-type``.

AWS checks ``PutEvents`` against them, so that a role can be held to its own source. The emulator does not give them
to its policy check, where a missing key matches nothing: a statement with such a condition allows no event at all.

Corrected for requests to one bus. AWS judges each entry for itself; here entries that differ in the key are refused
together, since no statement allows a value that is none of theirs.
"""

import json
from collections.abc import Iterable
from typing import Any

from ministack.core import iam_actions

__all__ = ["correct"]

_original = iam_actions.request_tag_context
_KEYS = {"events:source": "Source", "events:detail-type": "DetailType"}


def correct() -> None:
    """Add the keys where the emulator collects a request's own condition keys."""
    iam_actions.request_tag_context = _context


def _context(service: str, iam_action: str, body: bytes, params: dict[str, Any]) -> dict[str, Any]:
    context = dict(_original(service, iam_action, body, params))
    if (service, iam_action) != ("events", "events:PutEvents"):
        return context
    try:
        entries = json.loads(body or b"{}").get("Entries", [])
        for key, field in _KEYS.items():
            context[key] = _common(entry.get(field, "") for entry in entries)
    except (ValueError, AttributeError):
        return context
    return context


def _common(values: Iterable[str]) -> str:
    distinct = sorted(set(values))
    return distinct[0] if len(distinct) == 1 else ", ".join(distinct)
