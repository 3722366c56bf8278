"""Answers that are good for a while, shared by all who ask for the same."""

import asyncio
import time
from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["Recent"]

_T = TypeVar("_T")


class Recent(Generic[_T]):
    """Asks a blocking function in a thread, once for everybody who asks within ``seconds``, or while it is asked."""

    def __init__(
        self, ask: Callable[[str], _T], *, seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """``ask`` returns the answer and raises nothing that passes by itself."""
        self._ask = ask
        self._seconds = seconds
        self._clock = clock
        self._answers: dict[str, tuple[float, _T]] = {}
        self._asking: dict[str, asyncio.Task[_T]] = {}

    async def get(self, key: str) -> _T:
        """Return an answer that is at most ``seconds`` old."""
        known = self._answers.get(key)
        if known is not None and self._clock() - known[0] < self._seconds:
            return known[1]
        if key not in self._asking:
            self._asking[key] = asyncio.create_task(asyncio.to_thread(self._ask, key))
            self._asking[key].add_done_callback(lambda task: self._keep(key, task))
        # One who no longer waits must not take the answer from the others.
        return await asyncio.shield(self._asking[key])

    def _keep(self, key: str, task: "asyncio.Task[_T]") -> None:
        del self._asking[key]
        if not task.cancelled() and task.exception() is None:
            self._answers[key] = (self._clock(), task.result())
