"""What a run costs on AWS: what its tasks used, by list prices on demand, before free tiers."""

import json
import math
from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from patterns_batch.application.usage import TaskUse

__all__ = ["cost_of", "transitions_of"]

_DEFAULT_REGION = "us-east-1"
_LEAST_SECONDS = 60
"""Fargate charges a minute at least for each task."""
_OF_EXECUTION, _OF_GROUPS, _OF_TASK, _OF_PART = 10, 1, 4, 1
"""States that an execution enters: once, when shards are merged in groups, for each task, and for each part more."""
_PARTS = ("shard", "combine")
_SCANNED_UNIT = 8192
"""Bytes that a scan reads for one unit: it is eventually consistent."""
_GIB = 1 << 30
_SHOWN = Decimal("0.0001")
_EXACT = Decimal("0.00000001")


def cost_of(tasks: Iterable[TaskUse], *, stored: int, region: str, charged: bool) -> dict[str, Any]:
    """Return the cost, with what it is made of, as it stands in ``report.json``.

    ``stored`` are the bytes that were published, for a month; ``charged`` says whether AWS charges for this run.
    """
    found = list(tasks)
    seconds = [(max(task.seconds, _LEAST_SECONDS), task) for task in found]
    hour = Decimal(3600)
    used = {
        "fargate.arm_vcpu_hour": sum((Decimal(each * task.cpu) / 1024 for each, task in seconds), Decimal(0)) / hour,
        "fargate.arm_gb_hour": sum((Decimal(each * task.memory) / 1024 for each, task in seconds), Decimal(0)) / hour,
        "stepfunctions.transition": Decimal(transitions_of(found)),
        "s3.write_request": Decimal(sum(task.writes for task in found)),
        "s3.read_request": Decimal(sum(task.reads for task in found)),
        "s3.gb_month": Decimal(stored) / _GIB,
        "dynamodb.read_unit": Decimal(sum(math.ceil(task.scanned / _SCANNED_UNIT) for task in found)),
    }
    known, of_region = _prices(region)
    parts = [_part(known[name], quantity) for name, quantity in used.items() if quantity]
    amount = sum((Decimal(part["cost"]) for part in parts), Decimal(0))
    return {
        "amount": str(max(amount.quantize(_SHOWN, ROUND_HALF_UP), _SHOWN)),
        "currency": "USD",
        "charged": charged,
        "region": of_region,
        "prices_read": max((price["read"] for price in known.values() if price["read"]), default=None),
        "tasks": len(found),
        "parts": parts,
    }


def transitions_of(tasks: Iterable[TaskUse]) -> int:
    """Return how many states the execution enters, which a report that is published ends as it should."""
    steps = [task.step for task in tasks]
    of_groups = _OF_GROUPS if "combine" in steps else 0
    return _OF_EXECUTION + of_groups + sum(_OF_TASK + (_OF_PART if step in _PARTS else 0) for step in steps)


def _part(price: Mapping[str, Any], quantity: Decimal) -> dict[str, Any]:
    cost = Decimal(price["figure"]) * quantity / price["per"]
    return {
        "what": price["service"],
        "used": format(quantity.quantize(_EXACT).normalize(), "f"),
        "price": price["figure"],
        "per": price["per"],
        "unit": price["unit"],
        "confidence": price["confidence"],
        "cost": str(cost.quantize(_EXACT, ROUND_HALF_UP)),
    }


@cache
def _prices(region: str) -> tuple[dict[str, Mapping[str, Any]], str]:
    """Return the region's prices by their ids, and whose they are: of a region without any, those of us-east-1."""
    records = json.loads(files("patterns_batch").joinpath("prices.json").read_text())["prices"]
    of_region = region if any(each["region"] == region for each in records) else _DEFAULT_REGION
    return {each["id"]: each for each in records if each["region"] == of_region}, of_region
