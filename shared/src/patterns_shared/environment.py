"""Reading a program's settings from its environment, with errors that name the variable."""

from collections.abc import Mapping
from urllib.parse import urlsplit

__all__ = ["InvalidSetting", "MissingSetting", "address", "seconds", "text", "whole"]


class MissingSetting(Exception):
    """An environment variable that the program cannot do without is absent or empty."""

    def __init__(self, variable: str) -> None:
        """Name the variable."""
        super().__init__(f"environment variable {variable} is not set")
        self.variable = variable


class InvalidSetting(Exception):
    """An environment variable has a value that it cannot have."""

    def __init__(self, variable: str, must: str) -> None:
        """Name the variable and what it must be."""
        super().__init__(f"environment variable {variable} must be {must}")
        self.variable = variable


def text(environment: Mapping[str, str], variable: str) -> str:
    """Return the variable's value; raises MissingSetting when it is absent or empty."""
    value = environment.get(variable)
    if not value:
        raise MissingSetting(variable)
    return value


def whole(environment: Mapping[str, str], variable: str, default: int | None = None) -> int:
    """Return a whole number from 1; raises MissingSetting without a default, InvalidSetting for anything else."""
    value = environment.get(variable) or (text(environment, variable) if default is None else str(default))
    if not (value.isascii() and value.isdigit() and int(value)):
        raise InvalidSetting(variable, "a whole number from 1")
    return int(value)


def seconds(environment: Mapping[str, str], variable: str, default: float) -> float:
    """Return a number of seconds above 0 and within a day; raises InvalidSetting for anything else."""
    try:
        value = float(environment.get(variable) or default)
    except ValueError:
        value = 0.0
    if not 0 < value < 24 * 3600:
        raise InvalidSetting(variable, "a number of seconds above 0 and within a day")
    return value


def address(environment: Mapping[str, str], variable: str) -> str:
    """Return an address of the web; raises MissingSetting or InvalidSetting."""
    value = text(environment, variable)
    try:
        parts = urlsplit(value)
        valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise InvalidSetting(variable, "an address that begins with https:// or http://")
    return value
