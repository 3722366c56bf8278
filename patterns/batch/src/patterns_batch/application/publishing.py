"""Publishing a finished report: its files under names of their own, then one object that names them.

Readers follow ``reports/{report}/report.json``, so they see the report of before or this one, and never a mix.
"""

import json
from dataclasses import dataclass
from hashlib import sha256

from patterns_batch.application.pointers import fetch, read_pointer, upload, write_pointer
from patterns_batch.application.ports import Objects
from patterns_batch.application.run_keys import RunKeys
from patterns_batch.application.workplace import workplace
from patterns_batch.errors import TryAgain
from patterns_batch.manifest import Manifest
from patterns_batch.page.index import render_index
from patterns_batch.settings import Settings

__all__ = ["Publisher"]

_INDEX = "reports/index.json"
_NO_REPORTS = b'{"reports": []}'
_ROUNDS = 20
"""Looks at the list of reports before the index is left to whoever publishes at the same time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """Publishes runs."""

    settings: Settings
    objects: Objects

    def publish(self, manifest: Manifest) -> str:
        """Publish the run's report, bring the index up to date, and return the key of the report's pointer.

        Raises:
            TryAgain: the run is not merged.
        """
        done = read_pointer(self.objects, RunKeys(manifest.run).result)
        if done is None:
            raise TryAgain(f"run {manifest.run} is not merged")
        named, facts = done
        key = f"reports/{manifest.report}/report.json"
        # Named by what is in it: the same report is the same files, and another one overwrites none of them.
        version = sha256("".join(named[name].sha256 for name in sorted(named)).encode()).hexdigest()[:16]
        with workplace(self.settings) as place:
            fetch(self.objects, named, place.folder)
            published = {
                name: upload(self.objects, f"reports/{manifest.report}/{version}/{name}", place.folder / name)
                for name in sorted(named)
            }
            summary = _summary(json.loads((place.folder / "sales.json").read_bytes()))
        told = {name: facts[name] for name in ("report", "read", "bad", "empty")}
        write_pointer(self.objects, key, published, once=False, **told, summary=summary)
        self._index()
        return key

    def _index(self) -> None:
        """Make the index again from a listing, until a listing shows what it was made from.

        So whoever writes it last has seen every report that was published before.
        """
        seen: dict[str, str] = {}
        known = {
            str(entry["pointer"]): entry for entry in json.loads(self.objects.read(_INDEX) or _NO_REPORTS)["reports"]
        }
        for _ in range(_ROUNDS):
            listed = {
                found.key: found.etag
                for found in self.objects.listing("reports/")
                if found.key.count("/") == 2 and found.key.endswith("/report.json")  # noqa: PLR2004 - reports/{report}/report.json
            }
            if listed == seen:
                return
            for key, etag in listed.items():
                if known.get(key, {}).get("etag") != etag:
                    known[key] = self._entry(key, etag)
            entries = [known[key] for key in sorted(listed, reverse=True)]
            self.objects.write(_INDEX, json.dumps({"reports": entries}, indent=1).encode() + b"\n")
            self.objects.write("reports/index.html", render_index(entries).encode())
            seen = listed

    def _entry(self, key: str, etag: str) -> dict[str, object]:
        found = read_pointer(self.objects, key)
        if found is None:
            raise TryAgain(f"{key} was deleted while the index was made")
        named, facts = found
        told = {name: facts[name] for name in ("report", "empty", "read", "bad", "summary")}
        return {"pointer": key, "etag": etag, "page": named["sales.html"].key, **told}


def _summary(document: dict[str, object]) -> list[dict[str, object]]:
    currencies = document["currencies"]
    assert isinstance(currencies, list)  # noqa: S101 - for the type checker; the document is ours
    names = ("currency", "orders", "units", "revenue", "average_basket", "cancellations")
    return [{name: currency[name] for name in names} for currency in currencies]
