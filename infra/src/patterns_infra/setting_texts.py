"""Settings as texts: how they are read, written, and what they must look like."""

import re
from collections.abc import Mapping
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

__all__ = ["SettingsError", "as_text", "check_formats", "read_text"]

_STAGE = re.compile(r"[a-z][a-z0-9-]{0,15}")
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PARTNER = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[!-~]*)?")
_ACCOUNT = re.compile(r"[0-9]{12}")
_REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+-[0-9]")
_KUBERNETES = re.compile(r"1\.[0-9]{2}")
_PRINCIPAL = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:(role|user)/[!-~]+")

_FORMATS: Mapping[str, tuple[re.Pattern[str], str]] = {
    "stage": (_STAGE, "a letter, then up to 15 of a-z, 0-9 and -"),
    "region": (_REGION, "an AWS region such as eu-west-1"),
    "account": (_ACCOUNT, "12 digits"),
    **dict.fromkeys(("alarm_email", "sender_email", "operator_email"), (_EMAIL, "an email address")),
    "site_origin": (_ORIGIN, "an origin such as https://shop.example.com, with no path"),
    "partner_url": (_PARTNER, "an address such as https://partner.example.com/events"),
    "kubernetes_version": (_KUBERNETES, "a version such as 1.36"),
    "cluster_admin_arn": (_PRINCIPAL, "the ARN of an IAM role or user"),
}


class SettingsError(ValueError):
    """A setting is missing or wrong. The text is one line that begins with the setting's name."""

    def __init__(self, name: str, reason: str) -> None:
        """Name the setting and what is wrong with it."""
        super().__init__(f"setting {name!r} {reason}")
        self.name = name


def check_formats(values: Mapping[str, object]) -> None:
    """Refuse a text that cannot be what its setting is about; settings that were not given are None.

    Raises:
        SettingsError: naming the first.
    """
    for name, (pattern, expected) in _FORMATS.items():
        value = values[name]
        if value is not None and not pattern.fullmatch(str(value)):
            raise SettingsError(name, f"must be {expected}, not {value!r}")
    zone = values["time_zone"]
    try:
        ZoneInfo(str(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SettingsError("time_zone", f"must be a time zone such as Europe/Berlin, not {zone!r}") from None


def read_text(name: str, value: object, kind: object) -> object:
    """Return a setting's value as its type has it: a choice, a flag, a list separated by commas, or the text.

    Raises:
        SettingsError: naming the setting and what it may be.
    """
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        try:
            return kind(str(value))
        except ValueError:
            raise SettingsError(name, f"must be one of {', '.join(kind)}, not {value!r}") from None
    if kind is bool:
        text = str(value).lower()
        if text not in {"true", "false"}:
            raise SettingsError(name, f"must be true or false, not {value!r}")
        return text == "true"
    if kind == tuple[str, ...]:
        parts = value if isinstance(value, list | tuple) else str(value).split(",")
        return tuple(str(part).strip() for part in parts)
    return str(value)


def as_text(value: object) -> str:
    """Return what `read_text` makes this value of; empty for what need not be said."""
    if isinstance(value, bool):
        return "true" if value else ""
    if isinstance(value, tuple):
        return ",".join(value)
    return "" if value is None else str(value)
