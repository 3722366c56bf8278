"""What a pattern's scenario is given, and what it reports to."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

from patterns_cli.demo.checks import Checks, described
from patterns_cli.demo.latencies import Latencies
from patterns_cli.demo.shoppers import Shopper
from patterns_cli.demo.table_orders import place_in_table, published_orders_table
from patterns_deploy.place import Place
from patterns_deploy.progress import Progress
from patterns_shared.domain.events import Event

__all__ = ["Scenario", "Scene", "eventually", "together"]

_T = TypeVar("_T")
_PAUSE = 0.1


@dataclass(slots=True, kw_only=True)
class Scene:
    """A deployed platform, and where the scenario's findings go.

    Attributes:
        stage: the deployment's name.
        outputs: the pattern's names, as in ``patterns outputs``.
        client: makes an administrator's boto3 client of a service.
        place: the same platform, for what commands do there.
        mails: the folder of the mails that were sent.
        seed: decides everything that the scenario chooses.
        orders: how many orders to place.
        stay: whether the platform stays up, so that somebody can sign in afterwards.
        whole: whether every part of the shop is deployed. Then nothing stands in for a part: real orders follow.
        checks: what was tried, expected and seen.
        latencies: how long the answers took.
        progress: shows what is being done.
        guest: somebody signed up for the user of a platform that stays.
        left: lines about what can be looked at afterwards, also when the platform is gone.
    """

    stage: str
    outputs: Mapping[str, str]
    client: Callable[[str], Any]
    place: Place
    mails: Path
    seed: int
    orders: int
    stay: bool
    whole: bool = False
    checks: Checks
    latencies: Latencies
    progress: Progress
    guest: Shopper | None = None
    left: list[str] = field(default_factory=list)

    async def placed(self, events: Sequence[Event]) -> list[Event]:
        """Return the events after their orders were placed, in the orders table where there is one."""
        table = await asyncio.to_thread(published_orders_table, self.client, self.stage)
        if table is None:
            return list(events)
        return await asyncio.to_thread(place_in_table, self.client("dynamodb"), table, events)

    @asynccontextmanager
    async def part(self, name: str, *, seconds: float, total: int | None = None) -> AsyncIterator[None]:
        """Do one part of the scenario: shown while it runs, and bounded.

        What goes wrong in it becomes a difference in the summary, and the next part is tried all the same.
        """
        self.progress.begin(name, total)
        began, deadline = time.perf_counter(), asyncio.timeout(seconds)
        try:
            async with deadline:
                yield
        except Exception as error:  # noqa: BLE001 - whatever it is, the summary shows it and the exit code tells
            late = isinstance(error, TimeoutError) and deadline.expired()
            self.checks.not_run(name, f"took longer than {seconds:g} s" if late else described(error))
            self.progress.fail(name)
        except BaseException:
            self.progress.fail(name)
            raise
        else:
            self.progress.end(name, time.perf_counter() - began, "")


class Scenario(Protocol):
    """A pattern's part of the demo: the function that its registry entry names."""

    async def __call__(self, scene: Scene) -> None:
        """Drive real traffic through the deployed pattern and check what comes of it."""


async def together(work: Iterable[Awaitable[_T]], *, each: Callable[[int], None] | None = None) -> list[_T]:
    """Do all of it at once and return the results in order; the first failure ends the rest.

    Args:
        work: what to do.
        each: called with how much is done whenever one more is.
    """
    done = 0

    async def counted(one: Awaitable[_T]) -> _T:
        nonlocal done
        result = await one
        done += 1
        if each:
            each(done)
        return result

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(counted(one)) for one in work]
    return [task.result() for task in tasks]


async def eventually(
    look: Callable[[], Awaitable[_T]], *, until: Callable[[_T], bool], seconds: float, pause: float = _PAUSE
) -> _T:
    """Look again after each pause, until it is so or the time is up; return what was seen last either way."""
    deadline = time.monotonic() + seconds
    while True:
        seen = await look()
        if until(seen) or time.monotonic() >= deadline:
            return seen
        await asyncio.sleep(pause)
