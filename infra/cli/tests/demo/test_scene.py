import asyncio

import pytest

from patterns_cli.demo.scene import Scene, eventually, together


def _fail() -> None:
    raise KeyError("order_id")


def test_a_part_that_hangs_is_ended_and_shown(scene: Scene) -> None:
    """Nothing waits for ever: the part is cut off at its deadline, and the summary says so."""

    async def play() -> None:
        async with scene.part("waiting", seconds=0.01):
            await asyncio.sleep(60)

    asyncio.run(play())
    assert [(x.tried, x.seen) for x in scene.checks.made] == [("waiting", "could not run: took longer than 0.01 s")]
    assert not scene.checks.passed


def test_a_part_that_breaks_does_not_end_the_others(scene: Scene) -> None:
    """An error becomes a difference, and the next part runs."""

    async def play() -> None:
        async with scene.part("first", seconds=1):
            _fail()
        async with scene.part("second", seconds=1):
            scene.checks.equal("second", expected=1, seen=1)

    asyncio.run(play())
    assert [check.passed for check in scene.checks.made] == [False, True]


def test_an_interrupt_is_not_swallowed(scene: Scene) -> None:
    """Ctrl-C ends the whole scenario: it is nothing that a part could get over."""

    async def play() -> None:
        async with scene.part("first", seconds=1):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(play())
    assert scene.checks.made == []


def test_results_come_in_the_order_of_the_work() -> None:
    """Whoever finishes first, results stand where their work stood; progress counts what is done."""

    async def slow(value: int) -> int:
        await asyncio.sleep(0.01 / value)
        return value

    counted: list[int] = []

    async def play() -> list[int]:
        return await together((slow(n) for n in (1, 2, 3)), each=counted.append)

    assert asyncio.run(play()) == [1, 2, 3]
    assert counted == [1, 2, 3]


def test_waiting_stops_when_it_is_so_or_the_time_is_up() -> None:
    """Waiting returns the last look: the good one, or the one at the deadline."""
    looks = iter(range(100))

    async def look() -> int:
        return next(looks)

    assert asyncio.run(eventually(look, until=lambda seen: seen == 2, seconds=5)) == 2
    assert asyncio.run(eventually(look, until=lambda _: False, seconds=0)) == 3
