"""How long answers took, by route."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

__all__ = ["Latencies", "RouteLatency", "percentile"]


@dataclass(frozen=True, slots=True)
class RouteLatency:
    """One route's figures, in milliseconds, over ``count`` answers."""

    route: str
    count: int
    p50: float
    p95: float
    p99: float


@dataclass(slots=True)
class Latencies:
    """Collects the time that each answer took."""

    _milliseconds: dict[str, list[float]] = field(default_factory=dict)

    def add(self, route: str, seconds: float) -> None:
        """Keep one answer's time."""
        self._milliseconds.setdefault(route, []).append(seconds * 1000)

    def by_route(self) -> list[RouteLatency]:
        """Return the figures, in the order in which the routes were first called."""
        return [
            RouteLatency(route, len(times), *(percentile(times, part) for part in (50, 95, 99)))
            for route, times in self._milliseconds.items()
        ]


def percentile(values: Iterable[float], part: int) -> float:
    """Return the smallest value that at least ``part`` percent of the values do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(part / 100 * len(ordered)) - 1)]
