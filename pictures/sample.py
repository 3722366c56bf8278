"""Reports made straight by the batch's program from a fixed seed: the same bytes each time, without a platform."""

import tempfile
from collections.abc import Sequence
from datetime import UTC, date, datetime

from patterns_batch.bootstrap import Ports, Steps, steps_with
from patterns_batch.settings import Settings
from patterns_batch.testing import FixedPseudonyms, InMemoryInputs, InMemoryObjects, InMemoryOrdersTable, make_orders
from patterns_shared.domain.orders import Order

__all__ = ["DAY", "published_pages", "sample_orders"]

DAY = date(2026, 11, 22)
_NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)
_ORDERS = 2500
_DAYS = 8


def sample_orders() -> list[Order]:
    """Return the orders of a day and of the week before it, which the report compares with."""
    return make_orders(_ORDERS, day=DAY, days=_DAYS, seed=4)


def published_pages(orders: Sequence[Order]) -> dict[str, bytes]:
    """Return the day's page and the list of reports, as they are published for these orders.

    The keys are ``sales.html`` and ``index.html``.
    """
    with tempfile.TemporaryDirectory() as scratch:
        objects = InMemoryObjects()
        steps = _steps(scratch, objects, orders)
        manifest = steps.planner.plan_date("sample", DAY)
        for shard in manifest.shards:
            steps.sharder.work(manifest, shard.number)
        steps.merger.merge(manifest)
        steps.publisher.publish(manifest)
    return {
        key.rpartition("/")[2]: content
        for key, content in objects.kept.items()
        if key.startswith("reports/") and key.endswith(".html")
    }


def _steps(scratch: str, objects: InMemoryObjects, orders: Sequence[Order]) -> Steps:
    names = {"STAGE": "sample", "REPORT_BUCKET": "reports", "PSEUDONYM_SECRET_ARN": "pseudonyms"}
    settings = Settings.from_environment({**names, "APP_VERSION": "1", "SCRATCH_DIR": scratch})
    ports = Ports(
        objects=objects,
        inputs=InMemoryInputs(),
        table=InMemoryOrdersTable(orders, page_size=500),
        pseudonyms=FixedPseudonyms(),
        now=lambda: _NOW,
    )
    return steps_with(settings, ports, lambda: False)
