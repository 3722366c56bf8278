"""Publishing a finished report: its files under names of their own, then one object that names them.

Readers follow ``reports/{report}/report.json``, so they see the report of before or this one, and never a mix.
"""

import json
import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from patterns_batch.application.analytics import Analytics, source_of
from patterns_batch.application.costs import cost_of
from patterns_batch.application.pointers import fetch, read_pointer, upload, write_pointer
from patterns_batch.application.ports import Objects
from patterns_batch.application.report_index import ReportIndex
from patterns_batch.application.run_keys import RunKeys
from patterns_batch.application.usage import Usage, tasks_of
from patterns_batch.application.workplace import workplace
from patterns_batch.errors import TryAgain
from patterns_batch.manifest import FilesSource, Manifest
from patterns_batch.page.cost import cost_text, with_cost
from patterns_batch.page.languages import languages
from patterns_batch.page.notice import notice_subject, notice_text
from patterns_batch.settings import Settings

__all__ = ["Publisher"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """Publishes runs."""

    settings: Settings
    objects: Objects
    usage: Usage

    def publish(self, manifest: Manifest) -> str:
        """Publish the run's report and its tables, bring the index up to date, and return the report's pointer's key.

        Raises:
            TryAgain: the run is not merged.
        """
        done = read_pointer(self.objects, RunKeys(manifest.run).result)
        if done is None:
            raise TryAgain(f"run {manifest.run} is not merged")
        named, facts = done
        key = f"reports/{manifest.report}/report.json"
        # Named by what is in it: the same report is the same files, and another one overwrites none of them.
        version = _digest(named[name].sha256 for name in sorted(named))
        cost = self._cost(manifest, sum(file.size for file in named.values()))
        folder = _digest([version, json.dumps(cost)])
        with workplace(self.settings) as place:
            fetch(self.objects, named, place.folder)
            page = place.folder / "sales.html"
            page.write_text(with_cost(page.read_text("utf-8"), cost, manifest.locale), "utf-8")
            published = {
                name: upload(self.objects, f"reports/{manifest.report}/{folder}/{name}", place.folder / name)
                for name in sorted(named)
            }
            document = json.loads((place.folder / "sales.json").read_bytes())
            Analytics(self.objects).publish(place, manifest, published, version)
        summary = _summary(document)
        told = {
            **{name: facts[name] for name in ("report", "read", "bad", "empty")},
            "source": source_of(manifest),
            "cost": cost,
        }
        source = manifest.source
        of_file = {"input": source.address, "modified": source.modified} if isinstance(source, FilesSource) else {}
        write_pointer(self.objects, key, published, once=False, **told, **of_file, summary=summary)
        ReportIndex(self.objects).update(self.settings.locale, self.settings.time_zone)
        self._note(manifest, document, published["sales.html"].key, {**told, "pointer": key, "summary": summary})
        return key

    def _cost(self, manifest: Manifest, stored: int) -> dict[str, Any]:
        """Return what the run cost up to now: once for a run, so that a try that is repeated publishes the same."""
        key = RunKeys(manifest.run).cost
        tasks = [*tasks_of(self.objects, manifest.run), self.usage.so_far("publish")]
        on_aws = bool(self.settings.report_link)
        cost = cost_of(tasks, stored=stored, region=self.settings.region, charged=on_aws)
        self.objects.create(key, json.dumps(cost).encode())
        kept: dict[str, Any] = json.loads(self.objects.read(key) or b"null")
        return kept

    def _note(self, manifest: Manifest, document: dict[str, Any], page: str, facts: dict[str, Any]) -> None:
        """Keep what the mail says. It is no part of the report: a link may be signed, and ends."""
        prefix = self.settings.report_link
        link = prefix + quote(page, safe="") if prefix else self.objects.link(page)
        option = f"--date {document['date']}" if "date" in document else f"--input {shlex.quote(document['input'])}"
        where = f" --target aws --stage {self.settings.stage}" if prefix else ""
        own, *_ = languages(manifest.locale)
        text = notice_text(document, link, f"patterns report {option}{where}", manifest.locale)
        text += f"{cost_text(facts['cost'], own)}\n"
        facts |= {"bucket": self.settings.bucket, "page": page, "link": link, "text": text}
        notice = {"subject": notice_subject(document, manifest.locale), "text": text, "facts": facts}
        content = json.dumps(notice, indent=1, ensure_ascii=False).encode() + b"\n"
        self.objects.write(RunKeys(manifest.run).notice, content)


def _digest(texts: Iterable[str]) -> str:
    return sha256("".join(texts).encode()).hexdigest()[:16]


def _summary(document: dict[str, object]) -> list[dict[str, object]]:
    currencies = document["currencies"]
    assert isinstance(currencies, list)  # noqa: S101 - for the type checker; the document is ours
    names = ("currency", "orders", "units", "revenue", "average_basket", "cancellations")
    return [{name: currency[name] for name in names} for currency in currencies]
