"""The parts of a page that a command writes, between markers; the prose around them is written by hand."""

__all__ = ["between_markers", "replace_between"]


def replace_between(page: str, begin: str, end: str, text: str) -> str:
    """Return the page with ``text`` between its markers.

    Raises:
        ValueError: the page has not both markers, in their order.
    """
    before, _, after = _cut(page, begin, end)
    return f"{before}{begin}\n\n{text}\n\n{end}{after}"


def between_markers(page: str, begin: str, end: str) -> str:
    """Return what stands between the markers, without the space around it.

    Raises:
        ValueError: as above.
    """
    return _cut(page, begin, end)[1].strip()


def _cut(page: str, begin: str, end: str) -> tuple[str, str, str]:
    before, found, rest = page.partition(begin)
    inside, also_found, after = rest.partition(end)
    if not (found and also_found):
        raise ValueError(f"the page must have a line {begin} and after it a line {end}")
    return before, inside, after
