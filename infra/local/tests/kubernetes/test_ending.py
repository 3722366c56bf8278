"""How a pod ends: once, with one grace for all that is in it, which a later deletion can only shorten."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
from lightkube import ApiError, AsyncClient
from lightkube.models.core_v1 import Container
from lightkube.models.meta_v1 import Status
from lightkube.resources.core_v1 import Pod

from patterns_local.kubelet.agent import Agent
from patterns_local.kubelet.container_state import ContainerRecord
from patterns_local.kubelet.events import Events
from patterns_local.kubelet.launch import Launch
from patterns_local.kubelet.pod import NodeFacts
from patterns_local.kubelet.surroundings import Surroundings
from patterns_local.workloads.grace import Grace

LONG = 3600.0


async def _over(grace: Grace) -> None:
    """Wait until it is over; a test that waits for an hour has failed."""
    async with asyncio.timeout(30):
        with suppress(TimeoutError):
            async with grace.limit():
                await asyncio.Event().wait()
            raise AssertionError("a grace is over by a TimeoutError only")


def test_a_grace_that_passes_can_be_shortened() -> None:
    """For everybody who waits within it, and for those who begin to."""

    async def shortened() -> None:
        grace = Grace(LONG)
        waiting = [asyncio.create_task(_over(grace)) for _ in range(2)]
        await asyncio.sleep(0)
        grace.shorten(0.01)
        await asyncio.gather(*waiting)
        await _over(grace)

    asyncio.run(shortened())


def test_a_grace_is_never_made_longer() -> None:
    """Not even before anybody waits within it, and not when it is over."""

    async def kept() -> None:
        grace = Grace(0.01)
        grace.shorten(LONG)
        await _over(grace)
        grace.shorten(LONG)
        await _over(grace)

    asyncio.run(kept())


def test_who_is_done_in_time_is_not_disturbed() -> None:
    """Shortening a grace whose block has been left raises nothing there."""

    async def done() -> bool:
        grace = Grace(LONG)
        async with grace.limit():
            pass
        grace.shorten(0.0)
        await asyncio.sleep(0.01)
        return True

    assert asyncio.run(done())


class Stubborn:
    """A container that ends only when its grace is over."""

    def __init__(self, spec: Container, record: ContainerRecord, _: Surroundings) -> None:
        """Be one that nobody has stopped."""
        self.spec = spec
        self.record = record
        self._ended = asyncio.Event()

    async def run(self) -> None:
        """Run until it is stopped."""
        await self._ended.wait()

    async def stop(self, grace: Grace) -> None:
        """Use all of the grace."""
        await _over(grace)
        self._ended.set()


class Api:
    """Takes what the kubelet tells of a pod, and remembers its last word."""

    def __init__(self, pod: Pod) -> None:
        """Have one pod; refuse what has a status in ``refusals``, by the verb, so often."""
        self.pod = pod
        self.told_of_end = asyncio.Event()
        self.refusals: dict[str, list[int]] = {}
        self.reported = 0

    async def get(self, *_: object, **__: object) -> Pod:
        """Return the pod."""
        return self.pod

    async def patch(self, *_: object, **__: object) -> None:
        """Take its status."""
        self._refuse("patch")
        self.reported += 1

    async def delete(self, *_: object, grace_period: int, **__: object) -> None:
        """Be told that nothing of it runs any more."""
        assert grace_period == 0
        self._refuse("delete")
        self.told_of_end.set()

    def _refuse(self, verb: str) -> None:
        if self.refusals.get(verb):
            raise ApiError(status=Status(code=self.refusals[verb].pop(0), message="not now"))


def _pod(grace: int | None = None) -> Pod:
    deleted = {"deletionTimestamp": "2026-01-01T00:00:00Z", "deletionGracePeriodSeconds": grace}
    meta = {"name": "p", "namespace": "n", "uid": "u", **(deleted if grace is not None else {})}
    return msgspec.convert({"metadata": meta, "spec": {"containers": [{"name": "main"}]}}, type=Pod)


Play = Callable[[Callable[[Pod], Awaitable[None]], Callable[[str], Awaitable[None]], Api], Awaitable[None]]


def _play(
    monkeypatch: pytest.MonkeyPatch, folder: Path, script: Play, forget: Callable[[str], None] = lambda _: None
) -> None:
    """Let an agent see what a script shows it, instead of an API server's watch."""
    monkeypatch.setattr("patterns_local.kubelet.pod.ContainerProcess", Stubborn)

    async def played() -> None:
        api = Api(_pod())
        client = cast("AsyncClient", api)

        async def follow(*_: object, present: Any, absent: Any) -> None:  # noqa: ANN401 - as the agent gives them
            async with asyncio.timeout(30):
                await script(present, absent, api)

        monkeypatch.setattr("patterns_local.kubelet.agent.follow_pods", follow)
        facts = NodeFacts(client, Launch(folder, {}, ""), Events(client, "", ""), "127.0.0.1", {}, folder, lambda _: {})
        await Agent("node", facts, forget).run()

    asyncio.run(played())


def test_a_later_deletion_with_less_grace_shortens_the_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Told in between that nothing has changed, and then that there is more time, it goes on as it was."""

    async def script(present: Any, _: Any, api: Api) -> None:  # noqa: ANN401 - as above
        for grace in (None, 3600, 3600, 7200):
            await present(_pod(grace))
            await asyncio.sleep(0.01)
        assert not api.told_of_end.is_set()
        await present(_pod(0))
        await api.told_of_end.wait()

    _play(monkeypatch, tmp_path, script)


def test_a_forced_deletion_ends_it_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The API server has no such pod any more: all that is seen is that it is absent."""

    async def script(present: Any, absent: Any, api: Api) -> None:  # noqa: ANN401 - as above
        await present(_pod())
        await present(_pod(3600))
        await asyncio.sleep(0.01)
        assert not api.told_of_end.is_set()
        await absent("u")
        await api.told_of_end.wait()

    _play(monkeypatch, tmp_path, script)


@pytest.mark.parametrize("code", [401, 403, 429, 500, 503])
@pytest.mark.parametrize("verb", ["patch", "delete"])
def test_an_api_server_that_has_just_begun_is_told_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, verb: str, code: int
) -> None:
    """It refuses what it does not know yet; a pod whose end it never heard of would be ending for ever."""
    monkeypatch.setattr("patterns_local.kubelet.insisting._RETRY_SECONDS", 0.001)

    async def script(present: Any, _: Any, api: Api) -> None:  # noqa: ANN401 - as above
        await present(_pod())
        await asyncio.sleep(0.01)
        api.refusals[verb], reported = [code] * 3, api.reported
        await present(_pod(0))
        await api.told_of_end.wait()
        assert api.refusals[verb] == []
        assert api.reported > reported

    _play(monkeypatch, tmp_path, script)


@pytest.mark.parametrize("verb", ["patch", "delete"])
def test_a_pod_that_is_gone_is_told_of_no_more(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, verb: str) -> None:
    """A node is refused what is not bound to it, and what is gone is not."""
    forgotten = asyncio.Event()

    async def script(present: Any, absent: Any, api: Api) -> None:  # noqa: ANN401 - as above
        await present(_pod())
        await asyncio.sleep(0.01)
        api.refusals[verb] = [403] * 1_000
        await present(_pod(3600))
        await absent("u")
        await forgotten.wait()
        assert len(api.refusals[verb]) >= 998

    _play(monkeypatch, tmp_path, script, forget=lambda _: forgotten.set())
