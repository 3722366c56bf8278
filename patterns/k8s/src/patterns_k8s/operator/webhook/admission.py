"""What a schema cannot say about an OrderProcessor: amounts that contradict each other, days yet to come. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from patterns_k8s.resource.order_processor import DayRange, OrderProcessorSpec, Resources

__all__ = ["problems_of", "warnings_of"]

_NAMED = 3
"""Names in a warning; a client shows it with every change."""
_UNITS = {
    "m": Decimal("0.001"),
    **{unit: Decimal(1000) ** n for n, unit in enumerate("kMGT", start=1)},
    **{f"{unit}i": Decimal(1024) ** n for n, unit in enumerate("KMGT", start=1)},
}


def problems_of(spec: Mapping[str, Any], *, today: date) -> list[str]:
    """Return what is wrong, each with its field; empty when the spec may come in."""
    try:
        declared = OrderProcessorSpec.read(spec)
    except ValidationError as invalid:
        return [f"spec.{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in invalid.errors()]
    return [
        *_limits(declared),
        *_amounts(declared.resources),
        *_days(declared.backfill, today),
    ]


def warnings_of(spec: OrderProcessorSpec, *, sharing: Sequence[str], namespace: str, watched: str) -> list[str]:
    """Return what is allowed and probably not meant.

    Args:
        spec: what is declared.
        sharing: names of others that work on the same queue.
        namespace: where it is declared.
        watched: the namespace that the operator watches.
    """
    warnings = []
    if namespace != watched:
        warnings.append(
            f"metadata.namespace: no operator watches {namespace}, so this OrderProcessor gets neither workers nor a "
            f"status; declare it in {watched}"
        )
    if sharing:
        few = ", ".join(sorted(sharing)[:_NAMED])
        names = few if len(sharing) <= _NAMED else f"{few} and {len(sharing) - _NAMED} more"
        warnings.append(f"spec.queue: {spec.queue} is also worked on by {names}, and each scales for all of it")
    if spec.scaling.mode == "External" and not spec.replicas.min <= spec.workers <= spec.replicas.max:
        limits = f"{spec.replicas.min} to {spec.replicas.max}"
        warnings.append(
            f"spec.workers: {spec.workers} is not within spec.replicas, {limits}, which hold; an autoscaler's "
            "limits must be within them"
        )
    if spec.image.endswith(":latest"):
        warnings.append("spec.image: the tag latest moves; name a release, so that a rollout is a change")
    return warnings


def _limits(spec: OrderProcessorSpec) -> Iterator[str]:
    if spec.replicas.min > spec.replicas.max:
        yield f"spec.replicas.min: {spec.replicas.min} is over spec.replicas.max, {spec.replicas.max}"


def _amounts(resources: Resources) -> Iterator[str]:
    for name in ("cpu", "memory"):
        requested, limit = getattr(resources.requests, name), getattr(resources.limits, name)
        if limit is not None and _amount(requested) > _amount(limit):
            yield f"spec.resources.requests.{name}: {requested} is over spec.resources.limits.{name}, {limit}"


def _days(ranges: Sequence[DayRange], today: date) -> Iterator[str]:
    for number, days in enumerate(ranges):
        if days.first > days.last:
            yield f"spec.backfill[{number}].from: {days.first} is after {days.last}"
        if days.last > today:
            yield f"spec.backfill[{number}].to: {days.last} is in the future"
        for earlier, other in enumerate(ranges[:number]):
            if days.first <= other.last and other.first <= days.last:
                yield f"spec.backfill[{number}]: overlaps with spec.backfill[{earlier}]"


def _amount(quantity: str) -> Decimal:
    number = quantity.rstrip("".join(_UNITS))
    return Decimal(number) * _UNITS.get(quantity[len(number) :], Decimal(1))
