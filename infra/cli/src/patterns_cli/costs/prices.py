"""The list prices of ``docs/prices.json``: each with its region, its source, and the day on which it was read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path
from typing import Any

from patterns_cli.costs.files import CostFileError, read_records
from patterns_infra.paths import REPOSITORY

__all__ = ["PRICES_FILE", "Confidence", "Price", "PriceList", "UnknownPrice", "regions_of"]

PRICES_FILE = REPOSITORY / "docs" / "prices.json"


class Confidence(StrEnum):
    """How a price is known."""

    CONFIRMED = "confirmed"
    """It stood on AWS's own page on the day it was read."""
    QUOTED = "quoted"
    """Another page quotes AWS; that page is the source."""
    UNCONFIRMED = "unconfirmed"
    """Known from elsewhere, and to be looked up at the source."""


class UnknownPrice(LookupError):
    """The file has no such price for the region."""


@dataclass(frozen=True, slots=True)
class Price:
    """One list price, before any free tier.

    Attributes:
        id: service and what is counted, as ``dynamodb.write_unit``.
        service: the same for a reader.
        region: AWS region that it is of.
        figure: of ``per`` units, in ``currency``.
        currency: ISO 4217.
        per: how many units the figure is for.
        unit: what is counted, in the plural when ``per`` is more than one.
        source: address of the page.
        read: when that was read; ``None`` of an unconfirmed price.
        confidence: how the price is known.
    """

    id: str
    service: str
    region: str
    figure: Decimal
    currency: str
    per: int
    unit: str
    source: str
    read: date | None
    confidence: Confidence

    def of(self, quantity: Decimal | int) -> Decimal:
        """Return what so many units cost."""
        return self.figure * Decimal(quantity) / self.per

    def rate(self) -> str:
        """Return the price as ``3.50 $ per million requests``."""
        per = {1: "", 1_000_000: "million "}.get(self.per, f"{self.per:,} ")
        return f"{self.figure} $ per {per}{self.unit}"

    def text(self) -> str:
        """Return the price for a table, labelled unless it is confirmed."""
        return self.rate() + ("" if self.confidence is Confidence.CONFIRMED else f" *({self.confidence})*")


class PriceList:
    """The prices of one region."""

    def __init__(self, prices: Mapping[str, Price], region: str) -> None:
        """Take them by id."""
        self._prices, self._region = prices, region

    @classmethod
    def read(cls, region: str = "us-east-1", file: Path = PRICES_FILE) -> "PriceList":
        """Read the file.

        Raises:
            CostFileError: it has one price of a region twice, or a field that cannot be read.
        """
        found: dict[str, Price] = {}
        for given in read_records(file, "prices"):
            if given.get("region") != region:
                continue
            price = _price(given, file)
            if price.id in found:
                raise CostFileError(f"{file.name} has {price.id} twice for {region}")
            found[price.id] = price
        return cls(found, region)

    @property
    def region(self) -> str:
        """The region that the prices are of."""
        return self._region

    def __getitem__(self, price: str) -> Price:
        """Return a price.

        Raises:
            UnknownPrice: the file has none of that id for the region.
        """
        try:
            return self._prices[price]
        except KeyError:
            raise UnknownPrice(f"{PRICES_FILE.name} has no price {price} for {self._region}") from None

    def __iter__(self) -> Iterator[Price]:
        """Yield them in the file's order."""
        return iter(self._prices.values())


def regions_of(file: Path = PRICES_FILE) -> tuple[str, ...]:
    """Return the regions that the file has prices of, in its order.

    Raises:
        CostFileError: the file cannot be read.
    """
    return tuple(dict.fromkeys(str(given.get("region")) for given in read_records(file, "prices")))


def _price(given: dict[str, Any], file: Path) -> Price:
    try:
        return Price(
            **given
            | {
                "figure": Decimal(given["figure"]),
                "read": date.fromisoformat(given["read"]) if given["read"] else None,
                "confidence": Confidence(given["confidence"]),
            }
        )
    except (KeyError, TypeError, ValueError, InvalidOperation) as error:
        raise CostFileError(f"{file.name}: price {given.get('id')}: {error!r}") from error
