"""`patterns cost refresh`: read prices from AWS's public price list into ``docs/prices.json``."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from patterns_cli.commands.cost_regions import check_regions
from patterns_cli.commands.failures import FAILED, CommandError
from patterns_cli.costs.files import CostFileError, read_records
from patterns_cli.costs.price_list import LISTED, PriceListError, address_of, read_service
from patterns_cli.costs.prices import PRICES_FILE, Confidence, Price, PriceList, regions_of
from patterns_deploy.files import write_atomically

__all__ = ["cost_refresh"]


@dataclass(frozen=True, slots=True)
class _Change:
    """One price as it was and as it is; both are of ``per`` units."""

    id: str
    region: str
    before: Decimal
    after: Decimal
    source: str


class _Reading:
    """What the lists have, and what they have not."""

    def __init__(self, base: str, *, quiet: bool) -> None:
        self._base, self._quiet = base, quiet
        self.changes: list[_Change] = []
        self.missing: list[str] = []
        self.failed: list[str] = []

    def read(self, prices: PriceList) -> None:
        """Read the list of every service of which a region has prices."""
        by_service: dict[str, list[Price]] = {}
        for price in prices:
            if price.id in LISTED:
                by_service.setdefault(LISTED[price.id].service, []).append(price)
            else:
                self.missing.append(f"{price.region} {price.id}: has to be looked up by hand")
        for service, wanted in sorted(by_service.items()):
            self._read(service, wanted, prices.region)

    def _read(self, service: str, wanted: Sequence[Price], region: str) -> None:
        if not self._quiet:
            sys.stderr.write(f"reading {service}, {region} …\n")
        try:
            found = read_service(service, region, self._base)
        except PriceListError as error:
            self.failed.append(f"{region} {error}")
            return
        source = address_of(service, region, self._base)
        for price in wanted:
            if price.id in found.prices:
                after = found.prices[price.id] * price.per
                self.changes.append(_Change(price.id, region, price.figure, after, source))
            else:
                why = "has several prices for it" if price.id in found.ambiguous else "does not have it"
                self.missing.append(f"{region} {price.id}: the list of {service} {why}")


def cost_refresh(regions: Sequence[str], *, base: str, dry_run: bool, as_json: bool, file: Path = PRICES_FILE) -> None:
    """Read the list of each service and region, write what was found, and show what has changed.

    Args:
        regions: whose prices, by default all that the file has.
        base: address of the price list's server.
        dry_run: only show it.
        as_json: for programs.
        file: the prices.

    Raises:
        WrongUse: a region that the file has no prices of.
        CommandError: the file cannot be read.
        SystemExit: some lists could not be read; what others had was written.
    """
    reading = _Reading(base, quiet=as_json)
    try:
        known = regions_of(file)
        check_regions(regions, known)
        for region in dict.fromkeys(regions or known):
            reading.read(PriceList.read(region, file))
        if not dry_run and reading.changes:
            _write(reading.changes, file)
    except CostFileError as error:
        raise CommandError(str(error)) from error
    _show(reading, dry_run=dry_run, as_json=as_json)
    if reading.failed:
        sys.exit(FAILED)


def _write(changes: Sequence[_Change], file: Path) -> None:
    """Put the figures into the file, a record a line as it is kept; the others stay as they are."""
    by_key = {(change.id, change.region): change for change in changes}
    today = datetime.now(UTC).date().isoformat()
    records = read_records(file, "prices")
    for record in records:
        if change := by_key.get((record["id"], record["region"])):
            record["figure"] = _figure(change.after, record["figure"])
            record |= {"source": change.source, "read": today, "confidence": Confidence.CONFIRMED.value}
    about = json.loads(file.read_text())["about"]
    lines = ",\n".join(f"    {json.dumps(record)}" for record in records)
    text = f'{{\n  "about": {json.dumps(about)},\n  "prices": [\n{lines}\n  ]\n}}\n'
    write_atomically(file, text)


def _figure(after: Decimal, before: str) -> str:
    """Return a figure as the file has it: as it was written, if it is the same, else without zeros at its end."""
    return before if Decimal(before) == after else f"{after.normalize():f}"


def _show(reading: _Reading, *, dry_run: bool, as_json: bool) -> None:
    changes = reading.changes
    changed = [change for change in changes if change.before != change.after]
    if as_json:
        document: dict[str, Any] = {
            "read": len(changes),
            "written": not dry_run and bool(changes),
            "changed": [
                {"id": x.id, "region": x.region, "before": str(x.before), "after": f"{x.after.normalize():f}"}
                for x in changed
            ],
            "missing": reading.missing,
            "failed": reading.failed,
        }
        sys.stdout.write(json.dumps(document, indent=2) + "\n")
        return
    lines = [f"{x.region} {x.id}: {x.before} is {x.after.normalize():f} now" for x in changed]
    lines += [f"left as it is: {text}" for text in reading.missing]
    lines += [f"not read: {text}" for text in reading.failed]
    lines.append(f"{len(changes)} prices {'would be ' if dry_run else ''}confirmed, {len(changed)} of them changed")
    if changes and not dry_run:
        lines.append("write the pages again: uv run python -m patterns_cli.costs.pages")
    sys.stderr.write("".join(f"{line}\n" for line in lines))
