"""Settings on a command line: ``--set NAME=VALUE``."""

from collections.abc import Mapping, Sequence

from patterns_cli.commands.failures import CommandError
from patterns_infra.registry import Pattern

__all__ = ["local_settings", "read_given"]

_FOR_LOCAL = ("partner_url",)
"""What can be chosen locally; everything else the local platform has of its own."""


def read_given(texts: Sequence[str]) -> dict[str, str]:
    """Return settings by name.

    Raises:
        CommandError: one is not NAME=VALUE.
    """
    given = {}
    for text in texts:
        name, separator, value = text.partition("=")
        if not separator:
            raise CommandError(
                f"--set {name!r} is not NAME=VALUE, for example --set site_origin=https://shop.example.com"
            )
        given[name] = value
    return given


def local_settings(texts: Sequence[str], chosen: Sequence[Pattern]) -> Mapping[str, str]:
    """Return the settings of a local deployment.

    Raises:
        CommandError: one is not NAME=VALUE, is for AWS only, or is of no use to the chosen patterns.
    """
    given = read_given(texts)
    for name in given:
        if name not in _FOR_LOCAL:
            raise CommandError(
                f"--set {name} is for --target aws: the local platform has its own; there is {', '.join(_FOR_LOCAL)}"
            )
        if not any(name in pattern.needs for pattern in chosen):
            names = ", ".join(pattern.name for pattern in chosen)
            raise CommandError(f"--set {name} is of no use to {names}: it is for async")
    return given
