"""One row of the results, and the file that keeps them."""

import json
import os
import platform
import statistics
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from patterns_infra.paths import REPOSITORY

__all__ = ["Result", "compared", "compared_in_turns", "counted", "merged", "read_rows", "stamped", "write_rows"]


_LIBRARIES = ("aws-lambda-powertools", "boto3", "fastapi", "mangum", "pydantic")
"""What the peers are made of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One figure, with a peer's where there is one.

    Attributes:
        benchmark: which one measured it.
        name: what was measured.
        ours: our figure, in ``unit``.
        peer: the peer's.
        ratio: ours by the peer's; the median of the rounds' ratios where ``spread`` is given.
        spread: first and third quartile of the rounds' ratios.
        goal: what it should be; None for a figure that is only told.
        met: whether it is.
        unit: of both figures.
    """

    benchmark: str
    name: str
    ours: float
    unit: str
    peer: float | None = None
    ratio: float | None = None
    spread: tuple[float, float] | None = None
    goal: str | None = None
    met: bool | None = None


def compared(
    benchmark: str, name: str, ours: float, peer: float, unit: str, *, at_most: float = 0.0, at_least: float = 0.0
) -> Result:
    """Return the row of a figure with a peer's; a goal, if any, is about their ratio."""
    ratio = ours / peer
    goal, met = None, None
    if at_most:
        goal, met = f"ratio ≤ {at_most:.2f}", ratio <= at_most
    elif at_least:
        goal, met = f"ratio ≥ {at_least:.2f}", ratio >= at_least
    return Result(
        benchmark=benchmark, name=name, ours=ours, unit=unit, peer=peer, ratio=round(ratio, 3), goal=goal, met=met
    )


def compared_in_turns(
    benchmark: str,
    name: str,
    ours: Sequence[float],
    peer: Sequence[float],
    unit: str,
    *,
    at_most: float = 0.0,
    at_least: float = 0.0,
) -> Result:
    """Return the row of two figures that were measured round by round: medians, of the rounds' ratios, too."""
    ratios = [a / b for a, b in zip(ours, peer, strict=True)]
    low, ratio, high = statistics.quantiles(ratios, n=4, method="inclusive")
    result = compared(benchmark, name, ratio, 1.0, unit, at_most=at_most, at_least=at_least)
    spread = (round(low, 3), round(high, 3))
    return replace(result, ours=statistics.median(ours), peer=statistics.median(peer), spread=spread)


def counted(
    benchmark: str,
    name: str,
    ours: float,
    unit: str,
    *,
    peer: float | None = None,
    at_most: float | None = None,
    flat: bool | None = None,
) -> Result:
    """Return the row of a figure that has to be small by itself, whatever a peer's is.

    ``flat`` adds that it must not have grown, and whether it did.
    """
    result = Result(benchmark=benchmark, name=name, ours=ours, unit=unit)
    if peer is not None:
        result = replace(result, peer=peer, ratio=round(ours / peer, 3))
    if at_most is None:
        return result
    goal = f"≤ {at_most:g}" + ("" if flat is None else ", flat")
    return replace(result, goal=goal, met=ours <= at_most and flat is not False)


def stamped(result: Result) -> dict[str, Any]:
    """Return the row as it is stored: with time, machine and, if there is a peer, the versions of what was measured."""
    machine = {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "versions": None if result.peer is None else _versions(),
    }
    figures = {name: _short(value) if isinstance(value, float) else value for name, value in asdict(result).items()}
    return figures | machine


def merged(old: Iterable[dict[str, Any]], new: Sequence[dict[str, Any]], order: Sequence[str]) -> list[dict[str, Any]]:
    """Return the rows of the benchmarks that were run, with those of the others, in the order of ``order``."""
    run = {row["benchmark"] for row in new}
    rows = [row for row in old if row["benchmark"] not in run and row["benchmark"] in order] + list(new)
    return sorted(rows, key=lambda row: order.index(row["benchmark"]))


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Return the rows in the file; none when there is no file."""
    rows: list[dict[str, Any]] = json.loads(path.read_text()) if path.exists() else []
    return rows


def write_rows(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Keep the rows."""
    path.write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n")


@cache
def _versions() -> str:
    locked = tomllib.loads(Path(REPOSITORY, "uv.lock").read_text())["package"]
    return ", ".join(f"{each['name']} {each['version']}" for each in locked if each["name"] in _LIBRARIES)


def _short(value: float) -> float:
    """Three or four digits tell all that a measurement knows."""
    return float(f"{value:.4g}")
