"""What a request says twice is refused: two readers would take different halves of it.

A gateway, a firewall or a proxy may read the first of two equal names, and this application the last.
"""

import json
from collections import Counter
from typing import Any, NoReturn

from starlette.requests import Request

from patterns_web_api.http.problems import AMBIGUOUS, MALFORMED_BODY, FieldError, Problem

__all__ = ["refuse_repeated_names", "refuse_repeated_parameters", "single_header"]

_SHOWN = 100
"""Characters of a client's name that an answer repeats."""


class _Pairs(list[tuple[str, Any]]):
    """The members of an object that has a name twice."""


def single_header(request: Request, name: str) -> str | None:
    """Return the value of a header that is no list, None when it is absent.

    Raises:
        Problem: 400 naming it, when it was sent more than once.
    """
    lines = request.headers.getlist(name)
    if len(lines) > 1:
        raise _ambiguous(name, "header")
    return lines[0] if lines else None


def refuse_repeated_parameters(request: Request) -> None:
    """Check the query, whose names are compared as they are after decoding.

    Raises:
        Problem: 400 naming the first parameter that comes twice, with the same value or another.
    """
    names = Counter(name for name, _ in request.query_params.multi_items())
    for name, count in names.items():
        if count > 1:
            raise _ambiguous(name, "parameter")


def refuse_repeated_names(body: bytes) -> None:
    """Check JSON that a stricter parser has read already; names are compared as they are after decoding.

    Raises:
        Problem: 400 naming a member that comes twice in an object, as a path, or a number that JSON does not have.
    """
    repeated = False

    def read_object(pairs: list[tuple[str, Any]]) -> object:
        nonlocal repeated
        members = dict(pairs)
        if len(members) == len(pairs):
            return members
        repeated = True
        return _Pairs(pairs)

    # Numbers are of no interest here, and reading long ones is slow.
    value = json.loads(body, object_pairs_hook=read_object, parse_int=len, parse_float=len, parse_constant=_no_number)
    if repeated:
        raise _ambiguous(".".join(_path(value)) or "body", "member")


def _no_number(text: str) -> NoReturn:
    raise Problem(MALFORMED_BODY, f"{text} is not JSON", errors=[FieldError("body", f"{text} is not JSON")])


def _path(value: object) -> list[str]:
    """Return the path of the first name that is there twice, empty when there is none."""
    if isinstance(value, _Pairs):
        return [name for name, count in Counter(name for name, _ in value).items() if count > 1][:1]
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, member in members:
        if inner := _path(member):
            return [str(name), *inner]
    return []


def _ambiguous(name: str, noun: str) -> Problem:
    shown = name[:_SHOWN]
    return Problem(AMBIGUOUS, f"the {noun} {shown!r} comes twice", errors=[FieldError(shown, "comes twice")])
