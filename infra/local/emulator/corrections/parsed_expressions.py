"""Conditions of DynamoDB, parsed once.

The emulator parses and checks a condition again for every item that it is held against: a filtered scan of a large
table spends most of its time on reading the same few words. Its answers are right, so nothing of them is corrected.
"""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, TypeAlias

from ministack.services import dynamodb

__all__ = ["correct"]

_KEPT = 256
Tokens: TypeAlias = list[tuple[str, str]]


def correct() -> None:
    """Remember what an expression's text comes to; errors are found anew each time."""
    parse = lru_cache(_KEPT)(dynamodb._tokenize)
    # A list of its own for everybody: the emulator may change what it has got.
    dynamodb._tokenize = lambda expression: list(parse(expression))
    dynamodb._check_redundant_parens = _remembered(dynamodb._check_redundant_parens)
    dynamodb._check_reserved_keyword_usage = _remembered(dynamodb._check_reserved_keyword_usage)
    dynamodb._condition_syntax_error = lru_cache(_KEPT)(dynamodb._condition_syntax_error)


def _remembered(check: Callable[..., str | None]) -> Callable[..., str | None]:
    known = lru_cache(_KEPT)(check)

    @wraps(check)
    def checked(tokens: Tokens, *slot: Any) -> str | None:
        return known(tuple(tokens), *slot)

    return checked
