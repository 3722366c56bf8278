"""What must be true of the built site: nothing is loaded from elsewhere, and every link within it leads somewhere."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

__all__ = ["problems_of"]

_LOADED_BY_LINK = {"stylesheet", "icon", "preload", "modulepreload", "preconnect", "dns-prefetch", "manifest"}
_STYLE = re.compile(r"""(?:url\(\s*|@import\s+)["']?(?P<address>[^"')\s]+)""")
_FOREIGN = re.compile(r"(?:https?:)?//", re.IGNORECASE)


class _Page(HTMLParser):
    """The addresses in a page, each with its line, and whether a browser loads it or a reader follows it."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[tuple[int, str, bool]] = []
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        followed = tag in {"a", "area"} or (tag == "link" and not _LOADED_BY_LINK & set(given.get("rel", "").split()))
        found = [(given[name], not followed) for name in ("src", "href", "data", "poster", "action") if name in given]
        found += [(part.split()[0], True) for part in given.get("srcset", "").split(",") if part.strip()]
        found += [(address, True) for address in _styles(given.get("style", ""))]
        self.addresses += [(self.getpos()[0], address, loaded) for address, loaded in found]
        self._in_style = tag == "style"

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self.addresses += [(self.getpos()[0], address, True) for address in _styles(data)]


def problems_of(site: Path) -> list[str]:
    """Return each address that is loaded from elsewhere, and each within the site that leads to nothing."""
    found = [
        f"{path.relative_to(site)}:{line}: {problem}"
        for path in sorted(site.rglob("*"))
        for line, address, loaded in _addresses(path)
        if (problem := _problem(site, path, address, loaded=loaded))
    ]
    return list(dict.fromkeys(found))


def _addresses(path: Path) -> Iterator[tuple[int, str, bool]]:
    if path.suffix == ".css":
        yield from ((1, address, True) for address in _styles(path.read_text()))
    elif path.suffix in {".html", ".svg"}:
        page = _Page()
        page.feed(path.read_text())
        yield from page.addresses


def _styles(text: str) -> list[str]:
    return [found["address"] for found in _STYLE.finditer(text)]


def _problem(site: Path, page: Path, address: str, *, loaded: bool) -> str | None:
    if _FOREIGN.match(address):
        return f"{address} is loaded from elsewhere" if loaded else None
    parts = urlsplit(address)
    if parts.scheme or not parts.path:
        return None
    folder = site if parts.path.startswith("/") else page.parent
    target = folder / unquote(parts.path).lstrip("/")
    return None if target.exists() else f"{address} leads to nothing"
