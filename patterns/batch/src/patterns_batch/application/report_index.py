"""The index of all reports: made again from a listing of their pointers whenever one is published."""

import json
from collections.abc import Iterable
from typing import Any

from patterns_batch.application.pointers import read_pointer
from patterns_batch.application.ports import Objects
from patterns_batch.errors import TryAgain
from patterns_batch.manifest import EarlierReport
from patterns_batch.page.index import render_index

__all__ = ["ReportIndex"]

_INDEX = "reports/index.json"
_NO_REPORTS = b'{"reports": []}'
_ROUNDS = 20
"""Times to list the reports before the index is left to a concurrent publisher."""
_FACTS = ("report", "empty", "read", "bad", "summary")
Entry = dict[str, Any]


class ReportIndex:
    """Reads and writes ``reports/index.json`` and ``reports/index.html``."""

    def __init__(self, objects: Objects) -> None:
        """Take the bucket of reports; nothing is read yet."""
        self._objects = objects

    def report_before(self, address: str, modified: str, report: str) -> EarlierReport | None:
        """Return the report of the version that a file had before the one put at ``modified``; None without one."""
        found = [
            entry
            for entry in self._entries()
            if entry.get("input") == address and entry["modified"] <= modified and entry["report"] != report
        ]
        last = max(found, key=_age, default=None)
        return EarlierReport(last["report"], last["page"]) if last else None

    def update(self, locale: str, time_zone: str) -> None:
        """Make the index again from a listing, until a listing shows what it was made from.

        So the last writer has seen every report that was published before.
        """
        seen: dict[str, str] = {}
        known = {str(entry["pointer"]): entry for entry in self._entries()}
        for _ in range(_ROUNDS):
            listed = {
                found.key: found.etag
                for found in self._objects.listing("reports/")
                if found.key.count("/") == 2 and found.key.endswith("/report.json")  # noqa: PLR2004 - reports/{report}/report.json
            }
            if listed == seen:
                return
            for key, etag in listed.items():
                if known.get(key, {}).get("etag") != etag:
                    known[key] = self._entry(key, etag)
            entries = _in_order(known[key] for key in listed)
            self._objects.write(_INDEX, json.dumps({"reports": entries}, indent=1).encode() + b"\n")
            self._objects.write("reports/index.html", render_index(entries, locale, time_zone).encode())
            seen = listed

    def _entries(self) -> list[Entry]:
        entries: list[Entry] = json.loads(self._objects.read(_INDEX) or _NO_REPORTS)["reports"]
        return entries

    def _entry(self, key: str, etag: str) -> Entry:
        found = read_pointer(self._objects, key)
        if found is None:
            raise TryAgain(f"{key} was deleted while the index was made")
        named, facts = found
        told = {name: facts[name] for name in _FACTS}
        # A report of before these were written has neither.
        of_file: Entry = {name: facts[name] for name in ("input", "modified") if name in facts}
        return {"pointer": key, "etag": etag, "page": named["sales.html"].key, **told, **of_file}


def _age(entry: Entry) -> tuple[str, str]:
    return entry["modified"], entry["report"]


def _in_order(entries: Iterable[Entry]) -> list[Entry]:
    """Return the newest day first, the newest version of a file first; ``previous`` names the version before."""
    ordered = sorted(entries, key=_place, reverse=True)
    later = [*ordered[1:], None]
    return [{**entry, "previous": _previous(entry, following)} for entry, following in zip(ordered, later, strict=True)]


def _place(entry: Entry) -> tuple[str, str, str, str]:
    kind, _, name = str(entry["report"]).partition("=")
    return kind, entry.get("input", name), entry.get("modified", ""), name


def _previous(entry: Entry, following: Entry | None) -> str | None:
    same = following is not None and "input" in entry and following.get("input") == entry["input"]
    return str(following["report"]) if following is not None and same else None
