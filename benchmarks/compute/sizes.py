"""The size of what is deployed on each compute, and the lines that are written for it."""

from collections.abc import Callable, Iterator, Mapping

from benchmarks.compute.computes import BASE, Compute, Files, lines_of
from benchmarks.compute.deployment import Deployed
from benchmarks.results import Result, compared, counted

__all__ = ["sizes"]


def sizes(benchmark: str, deployed: Mapping[Compute, Deployed], files: Callable[[Compute], Files]) -> Iterator[Result]:
    """Return the rows, each compute compared with the machine."""
    what: dict[str, tuple[str, Callable[[Compute], float]]] = {
        "what is deployed, compressed": ("MB", lambda compute: deployed[compute].compressed),
        "what is deployed, unpacked": ("MB", lambda compute: deployed[compute].megabytes),
        "lines of adapter": ("lines", lambda compute: lines_of(files(compute).adapter)),
        "lines of infrastructure": ("lines", lambda compute: lines_of(files(compute).infrastructure)),
    }
    for name, (unit, figure) in what.items():
        base = figure(BASE)
        for compute in deployed:
            if compute is BASE:
                continue
            if base:
                yield compared(benchmark, f"{name}: {compute.name}", figure(compute), base, unit)
            else:
                yield counted(benchmark, f"{name}: {compute.name}", figure(compute), unit)
