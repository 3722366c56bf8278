"""From the shards' sums to one finished report, its files named by one final object."""

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from patterns_batch.application.duplicates import take_back_duplicates
from patterns_batch.application.partials import add_partial
from patterns_batch.application.pointers import NamedFile, fetch, read_pointer, upload, write_pointer
from patterns_batch.application.ports import Objects, Pseudonyms
from patterns_batch.application.reject_lines import reject_lines, rejects
from patterns_batch.application.run_keys import RunKeys
from patterns_batch.application.sharding import terms_of
from patterns_batch.application.sources import Sources
from patterns_batch.application.workplace import Workplace, workplace
from patterns_batch.days import compared_days
from patterns_batch.engine import customers
from patterns_batch.engine.sales import Sales, read_sales, write_tables
from patterns_batch.engine.totals import Totals
from patterns_batch.errors import BadInput
from patterns_batch.manifest import FilesSource, Manifest
from patterns_batch.page.document import encode, report_document
from patterns_batch.page.html import render
from patterns_batch.settings import Settings

__all__ = ["Merged", "Merger"]

_SHOWN = 3
"""Bad rows that the reason of a failure names: those that are bad themselves, without the rest of their orders."""


@dataclass(frozen=True, slots=True)
class Merged:
    """What all shards came to.

    Attributes:
        read: rows.
        bad: rows that are not counted.
        orders: on the reported days, whatever became of them.
        missed: there was none, though there were some on the same weekday a week before: something may be broken.
    """

    read: int
    bad: int
    orders: int
    missed: bool

    @property
    def empty(self) -> bool:
        """Whether there was no order on the reported days."""
        return not self.orders


@dataclass(frozen=True, slots=True, kw_only=True)
class Merger:
    """Merges runs."""

    settings: Settings
    objects: Objects
    sources: Sources
    pseudonyms: Pseudonyms

    def merge(self, manifest: Manifest) -> Merged:
        """Merge the shards into the files of the report.

        Raises:
            BadInput: too many rows are bad.
            TryAgain: a shard, or a group of shards, is not done.
        """
        keys = RunKeys(manifest.run)
        done = read_pointer(self.objects, keys.result)
        if done:
            return Merged(**{name: done[1][name] for name in ("read", "bad", "orders", "missed")})
        with workplace(self.settings, manifest.merge_disk_gib) as place:
            totals = self._added_up(place, manifest)
            self._check_share(place, manifest, totals)
            sales = read_sales(place.database, totals, manifest)
            document = report_document(manifest, sales, totals.read, totals.bad)
            folder = place.made("result")
            (folder / "sales.json").write_bytes(encode(document))
            (folder / "sales.html").write_text(render(document, manifest.locale), encoding="utf-8")
            (folder / "rejects.jsonl").write_bytes(reject_lines(place.database, manifest))
            write_tables(place.database, totals, manifest, folder)
            merged = Merged(totals.read, totals.bad, *_orders(sales, manifest))
            self._put(keys, folder, merged, manifest)
            return merged

    def _added_up(self, place: Workplace, manifest: Manifest) -> Totals:
        terms = terms_of(manifest, self.pseudonyms)
        totals = Totals(place.database, terms)
        customers.create_names(place.database)
        ids: list[Path] = []
        for what, pointer in _parts(manifest):
            folder, others = add_partial(self.objects, place, totals, pointer, f"{what} of run {manifest.run}")
            fetch(self.objects, others, folder)
            ids += [folder / name for name in sorted(others)]
        if take_back_duplicates(place, manifest, totals, self.sources, ids):
            self._name_the_rest(place, manifest, totals, terms.key)
        return totals

    def _name_the_rest(self, place: Workplace, manifest: Manifest, totals: Totals, key: str) -> None:
        """Find the names of customers who are among the top only since duplicates were taken back."""
        top = customers.top_customers(place.database, totals, top=manifest.top_customers)
        nameless = [customer for _, customer, pseudonym in top if pseudonym is None]
        for shard in manifest.shards if nameless else ():
            self.sources.open(place, manifest, shard)
            customers.find_names(place.database, nameless, key)

    def _check_share(self, place: Workplace, manifest: Manifest, totals: Totals) -> None:
        if isinstance(manifest.source, FilesSource) and not totals.read:
            raise BadInput("is empty: it has no rows", file=manifest.source.address)
        if totals.bad <= manifest.reject_share * totals.read:
            return
        self.objects.write(RunKeys(manifest.run).all_rejects, reject_lines(place.database, manifest))
        shown = "; ".join(_told(reject) for reject in rejects(place.database, manifest, _SHOWN))
        raise BadInput(
            f"{totals.bad} of {totals.read} rows are bad ({totals.bad / totals.read:.2%}, allowed are "
            f"{manifest.reject_share:.2%}): {shown}{'; …' if totals.bad > _SHOWN else ''}"
        )

    def _put(self, keys: RunKeys, folder: Path, merged: Merged, manifest: Manifest) -> None:
        named: dict[str, NamedFile] = {
            path.name: upload(self.objects, keys.result_file(path.name), path) for path in sorted(folder.iterdir())
        }
        facts = {"report": manifest.report, **asdict(merged), "empty": merged.empty}
        write_pointer(self.objects, keys.result, named, once=True, **facts)


def _parts(manifest: Manifest) -> list[tuple[str, str]]:
    """Return what the merge adds up, groups of shards where there are some, each with the key of its pointer."""
    keys = RunKeys(manifest.run)
    if manifest.groups:
        return [(f"group {number}", keys.group(number)) for number in range(len(manifest.groups))]
    return [(f"shard {shard.number}", keys.partial(shard.number)) for shard in manifest.shards]


def _orders(sales: Sales, manifest: Manifest) -> tuple[int, bool]:
    """Return the orders of the reported days, and whether some were to be expected where there are none."""
    of_day: Counter[date] = Counter()
    for _, day, _, orders, *_ in sales.days:
        of_day[day] += orders
    if manifest.date is None:
        return of_day.total(), False
    week_before = compared_days(manifest.date)[1]
    return of_day[manifest.date], bool(of_day[week_before] and not of_day[manifest.date])


def _told(reject: dict[str, object]) -> str:
    places = (
        [f"{reject['file']}, row {reject['row']}"]
        if "file" in reject
        else [f"{reject['table']}, order {reject['order']}"]
    )
    places += [f"column {reject['column']}"] if reject["column"] else []
    return f"{', '.join(places)}: {reject['reason']}"
