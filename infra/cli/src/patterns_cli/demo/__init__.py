"""The demo: real traffic through every deployed pattern, compared with what the inputs say must come out."""

from collections.abc import Sequence

__all__ = ["run"]


def run(patterns: Sequence[str], *, stay: bool, seed: int, orders: int) -> int:
    """See `patterns_cli.demo.main.run`; here so that the rest of the package is imported only when needed."""
    from patterns_cli.demo.main import run as run_demo  # noqa: PLC0415

    return run_demo(patterns, stay=stay, seed=seed, orders=orders)
