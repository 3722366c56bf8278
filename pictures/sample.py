"""Reports made straight by the batch's program from a fixed seed: the same bytes each time, without a platform."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random

from patterns_batch.application.planning import Planner
from patterns_batch.bootstrap import Ports, Steps, steps_with
from patterns_batch.manifest import Manifest
from patterns_batch.settings import Settings
from patterns_batch.testing import (
    COLUMNS,
    FixedPseudonyms,
    InMemoryInputs,
    InMemoryObjects,
    InMemoryOrdersTable,
    make_orders,
)
from patterns_shared.domain.orders import Order

__all__ = ["DAY", "published_file", "published_pages", "sample_orders", "year_of_orders"]

DAY = date(2026, 11, 22)
_NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)
_ORDERS = 2500
_DAYS = 8
_YEAR = date(2025, 11, 3)
_PRODUCTS = 2000


def sample_orders() -> list[Order]:
    """Return the orders of a day and of the week before it, which the report compares with."""
    return make_orders(_ORDERS, day=DAY, days=_DAYS, seed=4)


def year_of_orders() -> bytes:
    """Return a CSV file with every day of a year from November on: euros with 2,000 products, yen, Kuwaiti dinars."""
    random, lines = Random(4), [",".join(COLUMNS)]
    for number in range(8000):
        currency = ("EUR", "EUR", "JPY", "KWD")[number % 4]
        day = _YEAR + timedelta(days=number // 4 % 365)
        product = (number // 4 * 2 + number % 2) % _PRODUCTS
        sku = f"{('煎茶', 'Assam tea', 'KETTLE')[product % 3]} {product:04}"
        # Every product is sold once at least.
        status = "FULFILLED" if number < 2 * _PRODUCTS else random.choice(("PLACED", "REJECTED", "CANCELLED"))
        price = int(random.paretovariate(1.2) * 900)
        placed = f"{day}T{random.randrange(24):02}:{random.randrange(60):02}:00Z"
        lines.append(f"o{number},c{random.randrange(999)},{placed},{status},{currency},{sku},1,{price}")
    return "\n".join(lines).encode()


def published_pages(orders: Sequence[Order], day: date = DAY, **settings: str) -> dict[str, bytes]:
    """Return the day's page and the list of reports, as they are published for these orders.

    The keys are ``sales.html`` and ``index.html``.
    """
    return _published(lambda planner: planner.plan_date("sample", day), orders, {}, **settings)


def published_file(name: str, content: bytes, **settings: str) -> dict[str, bytes]:
    """Return the same of a file."""
    return _published(lambda planner: planner.plan_input("sample", "inbox", name), [], {name: content}, **settings)


def _published(
    plan: Callable[[Planner], Manifest],
    orders: Sequence[Order],
    files: Mapping[str, bytes],
    **settings: str,
) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as scratch:
        objects = InMemoryObjects()
        steps = _steps(objects, orders, files, {"SCRATCH_DIR": scratch, **settings})
        manifest = plan(steps.planner)
        for shard in manifest.shards:
            steps.sharder.work(manifest, shard.number)
        steps.merger.merge(manifest)
        steps.publisher.publish(manifest)
    return {
        key.rpartition("/")[2]: content
        for key, content in objects.kept.items()
        if key.startswith("reports/") and key.endswith(".html")
    }


def _steps(
    objects: InMemoryObjects, orders: Sequence[Order], files: Mapping[str, bytes], changed: Mapping[str, str]
) -> Steps:
    names = {"STAGE": "sample", "REPORT_BUCKET": "reports", "PSEUDONYM_SECRET_ARN": "pseudonyms"}
    settings = Settings.from_environment({**names, "APP_VERSION": "1", **changed})
    inputs = InMemoryInputs()
    inputs.kept.update({("inbox", name): content for name, content in files.items()})
    ports = Ports(
        objects=objects,
        inputs=inputs,
        table=InMemoryOrdersTable(orders, page_size=500),
        pseudonyms=FixedPseudonyms(),
        now=lambda: _NOW,
    )
    return steps_with(settings, ports, lambda: False)
