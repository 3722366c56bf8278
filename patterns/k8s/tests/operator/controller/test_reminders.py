import asyncio
from typing import Any

from patterns_k8s.operator.api.answers import Gone, Unavailable
from patterns_k8s.operator.controller.reminders import Reminders
from patterns_k8s.operator.desired.processor import Manifest, reference_of


class Cluster:
    """Takes two reminders, the first of them not at once, and then has no such object any more."""

    def __init__(self) -> None:
        """Have heard of nothing."""
        self.heard: list[str] = []
        self.tries = 0
        self.gone = asyncio.Event()

    async def merge(self, reference: Manifest, change: Any, *, part: str = "") -> Manifest:  # noqa: ANN401, ARG002
        """Take one."""
        self.tries += 1
        if self.tries == 1:
            raise Unavailable(reference["metadata"]["name"], "busy")
        if self.tries == 4:
            self.gone.set()
            raise Gone(reference["metadata"]["name"], "not found")
        self.heard.append(change["metadata"]["annotations"]["patterns.example.com/reminded"])
        return reference


def test_it_reminds_until_the_object_is_gone() -> None:
    """Each time with another value, through an outage, once for each object."""

    async def story() -> None:
        cluster = Cluster()
        reminders = Reminders(cluster, seconds=0.005)
        for _ in range(2):
            reminders.begin("uid", reference_of("shop", "test"))
        assert len(reminders) == 1
        await asyncio.wait_for(cluster.gone.wait(), 10)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert not len(reminders)
        assert cluster.tries == 4
        assert len(set(cluster.heard)) == 2

    asyncio.run(story())


def test_it_ends_when_it_is_told_to() -> None:
    """The object is gone, or the operator is."""

    async def story() -> None:
        cluster = Cluster()
        reminders = Reminders(cluster, seconds=0.005)
        reminders.begin("one", reference_of("one", "test"))
        reminders.begin("two", reference_of("two", "test"))
        reminders.end("one")
        reminders.close()
        await asyncio.sleep(0.02)
        assert not len(reminders)
        assert not cluster.tries

    asyncio.run(story())
