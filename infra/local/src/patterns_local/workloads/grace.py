"""How long what is asked to end may take: a time that can be shortened while it passes, and never made longer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

__all__ = ["Grace"]


class Grace:
    """Begins when it is made, in a running event loop. One may be shared by all that ends together."""

    def __init__(self, seconds: float) -> None:
        """Begin.

        Args:
            seconds: how long it takes; 0 for no time at all.
        """
        self._loop = asyncio.get_running_loop()
        self._over_at = self._loop.time() + seconds
        self._limits: set[asyncio.Timeout] = set()

    def shorten(self, seconds: float) -> None:
        """Let it be over so many seconds from now, unless it is over before that anyway."""
        self._over_at = min(self._over_at, self._loop.time() + seconds)
        for each in self._limits:
            if not each.expired():
                each.reschedule(self._over_at)

    @asynccontextmanager
    async def limit(self) -> AsyncIterator[None]:
        """Give the block what is left of it.

        Raises:
            TimeoutError: it is over, and the block was not done.
        """
        async with asyncio.timeout_at(self._over_at) as limit:
            self._limits.add(limit)
            try:
                yield
            finally:
                self._limits.discard(limit)
