"""Names that others chose, such as products and files, made fit for a page."""

from html import escape
from unicodedata import category

__all__ = ["named", "visible"]

_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Cs", "Zl", "Zp"})
"""Controls, formats (some turn the direction of what follows), unassigned, surrogates, ends of lines."""
_JOINERS = frozenset("\u200c\u200d")
"""Formats that scripts and emoji need."""
_REPLACED = "\ufffd"


def visible(name: str) -> str:
    """Return the name with a mark for each character that cannot be shown, or that changes how others are shown."""
    hidden = {each for each in name if category(each) in _UNSEEN and each not in _JOINERS}
    return "".join(_REPLACED if each in hidden else each for each in name) if hidden else name


def named(name: str) -> str:
    """Return the name as HTML, whose direction does not reach what is around it."""
    return f"<bdi>{escape(visible(name))}</bdi>"
