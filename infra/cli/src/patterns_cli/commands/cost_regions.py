"""Which regions `patterns cost` and its subcommands take: those that the price file has."""

from collections.abc import Iterable, Sequence

from patterns_cli.commands.failures import WrongUse

__all__ = ["check_regions"]


def check_regions(wanted: Iterable[str], known: Sequence[str]) -> None:
    """Refuse the first region without prices.

    Raises:
        WrongUse: with those that have some.
    """
    for region in wanted:
        if region not in known:
            raise WrongUse(f"there are no prices of region {region!r} (choose from: {', '.join(known)})")
