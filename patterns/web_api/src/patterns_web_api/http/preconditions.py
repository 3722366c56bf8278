"""Conditional requests (RFC 9110, section 13): ``If-Match`` and ``If-None-Match``."""

import re
from dataclasses import dataclass

from starlette.requests import Request

from patterns_shared.domain.moves import VersionCondition
from patterns_web_api.http.problems import MALFORMED_HEADER, VERSION_CONFLICT, FieldError, Problem

__all__ = ["ENTITY_TAGS", "Preconditions", "cached_read_preconditions", "read_preconditions", "write_preconditions"]

MAX_VERSIONS = 100
"""Versions that one header may name: as many as DynamoDB compares with at once."""

_TAG = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
ENTITY_TAGS = re.compile(rf"[ \t]*\*[ \t]*|(?:[ \t]*,)*[ \t]*{_TAG}[ \t]*(?:,[ \t]*(?:{_TAG}[ \t]*)?)*")
"""``*``, or a list of at least one entity tag; empty members of a list do not count (section 5.6.1.2)."""
_EACH_TAG = re.compile(_TAG)
_VERSION = re.compile(r'"([1-9][0-9]{0,8})"')


@dataclass(frozen=True, slots=True)
class _Tags:
    """The entity tags of one header as they were sent; None for ``*``."""

    tags: frozenset[str] | None

    def match(self, etag: str) -> bool:
        """Whether one of them is this one, character by character: a weak tag is no strong one."""
        return self.tags is None or etag in self.tags

    def versions(self) -> frozenset[int]:
        """Return the versions that they name; a tag that is not of an order names none."""
        return frozenset(int(found[1]) for found in map(_VERSION.fullmatch, self.tags or ()) if found)


@dataclass(frozen=True, slots=True)
class Preconditions:
    """What a request expects of the representation that is there; None where the header is absent.

    ``If-Match`` compares strongly. ``If-None-Match`` compares weakly, so its tags are kept without ``W/``.
    """

    if_match: _Tags | None
    if_none_match: _Tags | None

    def not_modified(self, etag: str) -> bool:
        """Whether the client has the representation with this entity tag, so that a read is answered with 304.

        Raises:
            Problem: 412, since ``If-Match`` names another one; it is evaluated first (section 13.2.2).
        """
        if self.if_match is not None and not self.if_match.match(etag):
            raise Problem(VERSION_CONFLICT, f"it is at {etag}, which If-Match does not name")
        return self.if_none_match is not None and self.if_none_match.match(etag)

    def version_condition(self) -> VersionCondition | None:
        """Return the versions of an order that a write is for, None for any."""
        named = None if self.if_match is None or self.if_match.tags is None else self.if_match.versions()
        if self.if_none_match is None:
            return None if named is None else VersionCondition(named)
        if self.if_none_match.tags is None:
            return VersionCondition(frozenset())
        others = self.if_none_match.versions()
        return VersionCondition(others, excluded=True) if named is None else VersionCondition(named - others)


async def cached_read_preconditions(request: Request) -> Preconditions:
    """Read the conditions of a read whose answer a shared cache keeps: ``If-None-Match`` alone.

    A server may ignore ``If-Match`` of a read (section 13.1.1). The gateway's cache would give one client's 412 to all.
    An ``If-None-Match`` that cannot be read costs a transfer, and is ignored.
    """
    try:
        return Preconditions(None, _tags(request, "If-None-Match", weakly=True))
    except Problem:
        return Preconditions(None, None)


async def read_preconditions(request: Request) -> Preconditions:
    """Read the conditions of a read; ``If-None-Match`` as `cached_read_preconditions` does.

    Raises:
        Problem: 400 naming ``If-Match``.
    """
    cached = await cached_read_preconditions(request)
    return Preconditions(_tags(request, "If-Match"), cached.if_none_match)


async def write_preconditions(request: Request) -> Preconditions:
    """Read the conditions of a write, which must not happen when one cannot be read.

    Raises:
        Problem: 400 naming the header.
    """
    return Preconditions(_tags(request, "If-Match"), _tags(request, "If-None-Match", weakly=True))


def _tags(request: Request, name: str, *, weakly: bool = False) -> _Tags | None:
    """Return the header's tags; several lines of it are one list (section 5.3)."""
    lines = request.headers.getlist(name)
    if not lines:
        return None
    value = ", ".join(lines)
    if not ENTITY_TAGS.fullmatch(value):
        raise _malformed(name, 'must be * or a list of entity tags such as "1", "2"')
    if value.strip(" \t") == "*":
        return _Tags(None)
    sent = _EACH_TAG.findall(value)
    tags = _Tags(frozenset(tag.removeprefix("W/") for tag in sent) if weakly else frozenset(sent))
    if len(tags.versions()) > MAX_VERSIONS:
        raise _malformed(name, f"names more than {MAX_VERSIONS} versions")
    return tags


def _malformed(name: str, reason: str) -> Problem:
    return Problem(MALFORMED_HEADER, f"{name} {reason}", errors=[FieldError(name, reason)])
