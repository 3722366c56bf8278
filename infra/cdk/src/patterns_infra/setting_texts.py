"""Settings as texts: how they are read, written, and what they must look like."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from patterns_infra.setting_networks import api_blocks_error, zones_error
from patterns_infra.setting_urls import origin_error, partner_url_error

__all__ = ["E164", "PRODUCTION", "WHAT_FOR", "SettingsError", "as_text", "check_formats", "read_text"]

PRODUCTION = "production"
"""The stage that customers use."""
E164 = r"\+[1-9][0-9]{6,14}"
"""A telephone number with its country code, as SNS takes it."""
_SECRET = frozenset({"operator_phone"})
"""Settings whose values no message quotes."""
_STAGE = re.compile(r"[a-z][a-z0-9-]{0,15}")
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_ACCOUNT = re.compile(r"[0-9]{12}")
_REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+-[0-9]")
_KUBERNETES = re.compile(r"1\.[0-9]{2}")
_PRINCIPAL = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:(role|user)/[!-~]+")

_FORMATS: Mapping[str, tuple[re.Pattern[str], str]] = {
    "stage": (_STAGE, "a letter, then up to 15 of a-z, 0-9 and -"),
    "region": (_REGION, "an AWS region such as eu-west-1"),
    "account": (_ACCOUNT, "12 digits"),
    **dict.fromkeys(("alarm_email", "sender_email", "operator_email"), (_EMAIL, "an email address")),
    "sender_configuration_set": (re.compile("[A-Za-z0-9_-]{1,64}"), "the name of a configuration set of SES"),
    "operator_phone": (re.compile(E164), "a telephone number with its country code, such as +441632960000"),
    "site_origin": (_ORIGIN, "an origin such as https://shop.example.com, with no path"),
    "file_prices": (re.compile("auto|minor|major"), "auto, minor or major"),
    "file_returns": (re.compile("apart|rejected"), "apart or rejected"),
    "locale": (re.compile("(en|ja)(-[A-Z]{2}|-[0-9]{3})?"), "en or ja, with a region if need be, such as en-GB"),
    "kubernetes_version": (_KUBERNETES, "a version such as 1.36"),
    "cluster_admin_arn": (_PRINCIPAL, "the ARN of an IAM role or user"),
}
WHAT_FOR: Mapping[str, str] = {
    "site_origin": "the web page's origin, for CORS",
    "sender_email": "the address that customers get mail from; verify it in SES",
    "operator_email": "who is told of rejected orders",
    "partner_url": "where the partner takes events",
    "cluster_admin_arn": "the IAM role or user that may administer the cluster; deploy as it",
    "kubernetes_api_cidrs": "the addresses from which Kubernetes' public API may be called, such as 198.51.100.0/24; "
    "private_cluster=true has no public API",
}
"""What the settings are for that a pattern can require."""
_ADDRESSES = {"site_origin": origin_error, "partner_url": partner_url_error}


_NUMBERS = {
    # A tenth of the least is the least that WAF takes; above the most the stage throttles first, at 200 a second.
    "requests_per_address": range(100, 60_001),
    # An inline map has at most 40 iterations at a time.
    "shards_at_once": range(1, 41),
    # What ECS takes for a task on Fargate.
    "task_disk_gib": range(21, 201),
    # Two, so that the loss of one leaves another; a node group has at most 450, 100 of them without asking AWS.
    "managed_nodes": range(2, 101),
}


class SettingsError(ValueError):
    """A setting is missing or wrong. The text is one line that begins with the setting's name."""

    def __init__(self, name: str, reason: str) -> None:
        """Name the setting and what is wrong with it."""
        super().__init__(f"setting {name!r} {reason}")
        self.name = name


def check_formats(values: Mapping[str, Any]) -> None:
    """Refuse a text that cannot be what its setting is about; settings that were not given are None.

    Raises:
        SettingsError: naming the first.
    """
    for name, (pattern, expected) in _FORMATS.items():
        value = values[name]
        if value is not None and not pattern.fullmatch(str(value)):
            raise SettingsError(name, f"must be {expected}" + ("" if name in _SECRET else f", not {value!r}"))
    _check_identity(values["sender_identity"], values["sender_email"])
    for name, numbers in _NUMBERS.items():
        if values[name] not in numbers:
            raise SettingsError(name, f"must be {numbers[0]} to {numbers[-1]}, not {values[name]!r}")
    for name, error_of in _ADDRESSES.items():
        address = values[name]
        error = None if address is None else error_of(str(address))
        if error:
            raise SettingsError(name, error)
    _check_networks(values)
    zone = values["time_zone"]
    try:
        ZoneInfo(str(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SettingsError("time_zone", f"must be a time zone such as Europe/Berlin, not {zone!r}") from None


def _check_identity(identity: object, sender: object) -> None:
    if identity is None:
        return
    if sender is None:
        raise SettingsError("sender_identity", "needs sender_email, whose address or domain it is")
    domain = str(sender).rpartition("@")[2]
    if identity not in {sender, domain}:
        raise SettingsError("sender_identity", f"must be {sender} or {domain}, not {identity!r}")


def _check_networks(values: Mapping[str, Any]) -> None:
    why = zones_error(values["availability_zones"], values["region"])
    if why:
        raise SettingsError("availability_zones", why)
    production = values["stage"] == PRODUCTION
    why = api_blocks_error(values["kubernetes_api_cidrs"], private=values["private_cluster"], production=production)
    if why:
        raise SettingsError("kubernetes_api_cidrs", why)


def read_text(name: str, value: object, kind: object) -> object:
    """Return a setting's value as its type has it: a choice, a flag, a number, a list separated by commas, or the text.

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
    if kind is int:
        if not re.fullmatch("[0-9]{1,9}", str(value)):
            raise SettingsError(name, f"must be a number, not {value!r}")
        return int(str(value))
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
