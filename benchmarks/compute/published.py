"""What AWS and others publish about each compute, kept apart from what is measured here.

``python -m benchmarks.compute.published`` writes it into ``docs/benchmarks.md``: limits and start times are the guide's
(``docs/choosing.json``), prices the cost model's (``docs/prices.json``), and nothing is written twice.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from benchmarks.compute.computes import DURABLE, FUNCTION, MACHINE, POD, TASK, Compute
from patterns_cli.choosing.guide import Guide, read_guide
from patterns_cli.costs.prices import PriceList
from patterns_cli.marked_text import replace_between
from patterns_infra.paths import REPOSITORY

__all__ = ["BEGIN", "END", "LIMITS", "PAGE", "PRICES", "main", "published_text"]

BEGIN = "<!-- published: written by python -m benchmarks.compute.published -->"
END = "<!-- end of published -->"
PAGE = REPOSITORY / "docs" / "benchmarks.md"

LIMITS: Mapping[Compute, Sequence[str]] = MappingProxyType(
    {
        FUNCTION: (
            "lambda_start_milliseconds",
            "lambda_seconds",
            "lambda_memory_gb",
            "lambda_disk_mb",
            "lambda_code_mb",
        ),
        DURABLE: ("durable_batch_seconds", "durable_seconds"),
        TASK: ("fargate_start_seconds", "fargate_memory_gb"),
        POD: ("pod_start_seconds", "kubernetes_months"),
        MACHINE: ("machine_start_seconds",),
    }
)
"""Ids of the guide's limits, start times among them."""
PRICES: Mapping[Compute, Sequence[str]] = MappingProxyType(
    {
        FUNCTION: ("lambda.request", "lambda.arm_gb_second"),
        DURABLE: ("lambda.durable_operation",),
        TASK: ("fargate.arm_vcpu_hour", "fargate.arm_gb_hour"),
        POD: ("eks.cluster_hour", "eks.auto_mode_m7i_large_hour"),
        MACHINE: ("ec2.m7i_large_hour", "ebs.gp3_gb_month"),
    }
)
"""Ids of prices in us-east-1."""


def main() -> None:
    """Write the table."""
    PAGE.write_text(replace_between(PAGE.read_text(), BEGIN, END, published_text(read_guide(), PriceList.read())))
    sys.stderr.write(f"wrote {PAGE.relative_to(REPOSITORY)}\n")


def published_text(guide: Guide, prices: PriceList) -> str:
    """Return the table."""
    rows = [("compute", "what", "figure", "source", "read", "confidence"), ("---",) * 6, *_rows(guide, prices)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _rows(guide: Guide, prices: PriceList) -> Iterator[tuple[str, ...]]:
    for compute, limits in LIMITS.items():
        for name in limits:
            limit = guide.limits[name]
            text = limit.text + (f"; {limit.note}" if limit.note else "")
            day = limit.read or "not read"
            yield compute.name, limit.service, text, f"<{limit.source}>", day, limit.confidence
        for name in PRICES[compute]:
            price = prices[name]
            day = str(price.read or "not read")
            yield compute.name, price.service, price.rate(), f"<{price.source}>", day, str(price.confidence)


if __name__ == "__main__":
    main()
