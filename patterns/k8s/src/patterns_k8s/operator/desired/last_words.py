"""What a program said last, fit for a status that many may read: short, without addresses and secrets. Pure."""

import ipaddress
import json
import re

__all__ = ["last_words", "redacted"]

_LINES = 3
_LONGEST = 600
"""Characters of one message, of the 1,024 that a condition has; the beginning of a long one is left out."""
_HIDDEN = "[…]"

_URL = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*://)(?:[^\s/@\"']+@)?(?P<place>[^\s?#\"']*)(?:\?[^\s\"']*)?")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_NAMED = re.compile(
    r"(?i)(?P<name>[\w-]*(?:secret|password|passwd|token|signature|authorization|api[-_]?key|access[-_]?key|credential)"
    r"[\w-]*[\"']?\s*[:=]\s*)(?P<value>\"[^\"]*\"|'[^']*'|(?:(?:bearer|basic)\s+)?[^\s,;}\"']+)"
)
_BEARER = re.compile(r"(?i)\b(?P<name>bearer|basic)\s+[\w.~+/=-]{8,}")
_KEY_ID = re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b")
_JWT = re.compile(r"\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?")
_OPAQUE = re.compile(
    r"(?<![\w+/=:])(?=[A-Za-z+/=]*\d)(?=[^A-Z\s]*[A-Z])(?=[^a-z\s]*[a-z])[A-Za-z0-9+/=]{40,}(?![\w+/=])"
)
"""A key in base64. Digests of images have small letters only, names of hosts and roles a dot or a hyphen."""
_MAY_BE_ADDRESS = re.compile(
    r"(?<![\w.:])(?:\[[0-9A-Fa-f:.]+\](?::\d+)?|[0-9A-Fa-f:.]*[:.][0-9A-Fa-f:.]+)(?:%\w+)?(?:/\d+)?"
)


def last_words(text: str) -> str:
    """Return the last lines of what a program printed, on one line; of a traceback its last line, of JSON its text."""
    lines = [_of_json(line) for line in text.splitlines() if line.strip() and not line[0].isspace()]
    if any(line.startswith("Traceback (") for line in lines):
        lines = lines[-1:]
    return redacted("; ".join(lines[-_LINES:]))


def redacted(text: str) -> str:
    """Return the text on one line, without what a status must not show.

    That is IP and mail addresses, passwords and queries of URLs, keys, tokens, and the values of fields whose names
    say that they are secret. At most 600 characters are left, the last ones, since a program says in the end why.
    """
    text = " ".join(text.split())
    text = _URL.sub(lambda url: f"{url['scheme']}{url['place']}", text)
    text = _NAMED.sub(lambda named: f"{named['name']}{_HIDDEN}", text)
    text = _BEARER.sub(lambda named: f"{named['name']} {_HIDDEN}", text)
    for pattern in (_EMAIL, _KEY_ID, _JWT, _OPAQUE):
        text = pattern.sub(_HIDDEN, text)
    text = _MAY_BE_ADDRESS.sub(_without_address, text)
    return text if len(text) <= _LONGEST else f"…{text[1 - _LONGEST :]}"


def _without_address(found: re.Match[str]) -> str:
    """Return nothing of an IP address with its port; times and versions look much like one."""
    written = found.group()
    trailing = written[len(written.rstrip(".:")) :]
    bare = written.rstrip(".:").partition("/")[0].partition("%")[0]
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        ipaddress.ip_address(bare)
    except ValueError:
        return written
    return _HIDDEN + trailing


def _of_json(line: str) -> str:
    """Return what a line of a structured log says."""
    if not line.startswith("{"):
        return line
    try:
        entry = json.loads(line)
    except ValueError:
        return line
    if not isinstance(entry, dict):
        return line
    said = [str(entry[key]) for key in ("message", "reason", "exception_name", "error") if entry.get(key)]
    return ": ".join(said) or line
