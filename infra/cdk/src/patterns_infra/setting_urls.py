"""What an address among the settings must look like; errors name what is wrong, and never show a password."""

import re
from ipaddress import AddressValueError, IPv6Address
from urllib.parse import SplitResult, urlsplit

__all__ = ["origin_error", "partner_url_error"]

_LONGEST = 2_000
"""Characters; all variables of a function together have 4 KB."""
_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")
_PRINTABLE = re.compile(r"[!-~]+")
_EXAMPLE = "an address such as https://partner.example.com/events"


def partner_url_error(value: str) -> str | None:
    """Return what is wrong with the address that events are posted to, None when nothing is."""
    if len(value) > _LONGEST:
        return f"must have at most {_LONGEST} characters"
    if not _PRINTABLE.fullmatch(value):
        return f"must be {_EXAMPLE}, in ASCII without spaces: write other characters as %XX, and a name as xn--…"
    try:
        return _parts_error(value, urlsplit(value))
    except ValueError:
        return f"must be {_EXAMPLE}"


def _parts_error(value: str, parts: SplitResult) -> str | None:
    if parts.scheme not in {"http", "https"} or not value.startswith(f"{parts.scheme}://"):
        return f"must begin with https:// or http://, as {_EXAMPLE} does"
    if "@" in parts.netloc:
        return "must not hold a user or a password: requests are signed with the key in Secrets Manager"
    if "#" in value:
        return "must not have a fragment (#…): it would never be sent"
    return _host_error(parts)


def origin_error(value: str) -> str | None:
    """Return what is wrong with the host and port of an origin, None when nothing is."""
    return _host_error(urlsplit(value))


def _host_error(parts: SplitResult) -> str | None:
    host = parts.hostname or ""
    if not (_is_ipv6(host) if ":" in host else _is_name(host)):
        return f"must have the name of a host, as {_EXAMPLE} has; {host!r} is none"
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0 or parts.netloc.endswith(":"):
        return "must have a port from 1 to 65535, or none"
    return None


def _is_ipv6(host: str) -> bool:
    try:
        IPv6Address(host)
    except AddressValueError:
        return False
    return True


def _is_name(host: str) -> bool:
    return len(host) <= 253 and all(_LABEL.fullmatch(label) for label in host.removesuffix(".").split("."))  # noqa: PLR2004 - DNS's limit
