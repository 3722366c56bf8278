"""Conditions and projections of DynamoDB, parsed once.

The emulator parses and checks an expression again for every item that it is applied to: a scan of a large table spends
most of its time on reading the same few words. Its answers are right, so nothing of them is corrected.
"""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, TypeAlias

from ministack.services import dynamodb

__all__ = ["correct"]

_KEPT = 256
Tokens: TypeAlias = list[tuple[str, str]]
Item: TypeAlias = dict[str, Any]


def correct() -> None:
    """Remember what an expression's text comes to; errors are found anew each time."""
    parse = lru_cache(_KEPT)(dynamodb._tokenize)
    # A list of its own for everybody: the emulator may change what it has got.
    dynamodb._tokenize = lambda expression: list(parse(expression))
    dynamodb._check_redundant_parens = _remembered(dynamodb._check_redundant_parens)
    dynamodb._check_reserved_keyword_usage = _remembered(dynamodb._check_reserved_keyword_usage)
    dynamodb._condition_syntax_error = lru_cache(_KEPT)(dynamodb._condition_syntax_error)
    dynamodb._project_item = _projecting(dynamodb._project_item)


def _remembered(check: Callable[..., str | None]) -> Callable[..., str | None]:
    known = lru_cache(_KEPT)(check)

    @wraps(check)
    def checked(tokens: Tokens, *slot: Any) -> str | None:
        return known(tuple(tokens), *slot)

    return checked


def _projecting(project: Callable[..., Item]) -> Callable[..., Item]:
    @lru_cache(_KEPT)
    def plain_names(expression: str, names: tuple[tuple[str, str], ...]) -> list[str] | None:
        """Return the attributes of a projection without paths into them, `None` for any other."""
        aliases = dict(names)
        project({}, expression, aliases)  # says what is wrong with it
        if set(expression) & {".", "["}:
            return None
        return [aliases.get(word, word) for word in map(str.strip, expression.split(",")) if word]

    def projected(item: Item, expression: str, names: dict[str, str] | None) -> Item:
        wanted = plain_names(expression, tuple((names or {}).items()))
        return project(item, expression, names) if wanted is None else {n: item[n] for n in wanted if n in item}

    return projected
