"""Which requests a fault hits: all of them, every n-th, a share of them; and how many before it is over."""

import random
from collections.abc import Sequence
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = ["Aim", "Reach", "first_mistake"]


class Reach(BaseModel):
    """A fault's reach; without anything said it hits every request until it is switched off.

    Attributes:
        only_every: hits each n-th request: with 3 the third, the sixth, …
        share: hits this part of the requests, drawn from a generator with ``seed``, so that a run can be repeated.
        seed: of ``share``.
        for_requests: hits so many and is over then.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    only_every: int | None = Field(None, ge=1)
    share: float | None = Field(None, gt=0, le=1)
    seed: int = 0
    for_requests: int | None = Field(None, ge=1)

    @model_validator(mode="after")
    def _picks_one_way(self) -> Self:
        if self.only_every and self.share:
            raise ValueError("only_every and share exclude each other")
        return self


class Aim:
    """Decides, request by request, what a reach says."""

    def __init__(self, reach: Reach) -> None:
        """Begin to count."""
        self._reach = reach
        self._random = random.Random(reach.seed)
        self._requests = 0
        self._hits = 0

    @property
    def over(self) -> bool:
        """Whether it has hit as many requests as it should."""
        return self._reach.for_requests is not None and self._hits >= self._reach.for_requests

    def hits(self) -> bool:
        """Whether the next request is hit."""
        if self.over:
            return False
        self._requests += 1
        reach = self._reach
        hit = (
            self._requests % reach.only_every == 0
            if reach.only_every
            else reach.share is None or self._random.random() < reach.share
        )
        self._hits += hit
        return hit


def first_mistake(errors: Sequence[Any], *, within: int = 0) -> str:
    """Return pydantic's first error as a line that begins with the field's name.

    Args:
        errors: as pydantic lists them.
        within: how many names of the place come before the field's own (FastAPI's "body").
    """
    first = errors[0]
    name = ".".join(str(part) for part in first["loc"][within:])
    text = str(first["msg"]).removeprefix("Value error, ")
    return f"{name}: {text}" if name else text
