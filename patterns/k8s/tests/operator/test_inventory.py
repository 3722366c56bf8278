import asyncio
from collections.abc import Callable
from itertools import count

from patterns_k8s.operator.backfills import JobSeen
from patterns_k8s.operator.inventory import Inventory
from patterns_k8s.operator.processor import Processor
from patterns_k8s.operator.tended import Applied, Memories
from patterns_k8s.resource.order_processor import OrderProcessorSpec


class Listed:
    """A cluster of which only these children are told; ``meanwhile`` happens while it is asked."""

    def __init__(self, *children: tuple[str, str, str], meanwhile: Callable[[], None] = lambda: None) -> None:
        """Have children by kind, owner's uid and name."""
        self._children = children
        self._meanwhile = meanwhile
        self.asked: list[tuple[str, str]] = []

    async def list_children(self, namespace: str, version: str, kind: str) -> list[tuple[str | None, str]]:
        """Return those of a kind."""
        assert namespace == "test"
        self.asked.append((version, kind))
        self._meanwhile()
        return [(uid, name) for its_kind, uid, name in self._children if its_kind == kind]


def remembered() -> Memories:
    """Remember an OrderProcessor with two children and a Job."""
    memories = Memories()
    tended = memories.recall("uid")
    tended.processor = Processor("shop", "test", "uid", 1, OrderProcessorSpec(image="x:1"))
    tended.applied |= {kind: Applied(b"", b"", "1") for kind in ("ServiceAccount", "Deployment")}
    tended.jobs["shop-backfill"] = JobSeen("Running", suspended=False)
    tended.settled = "so"
    return memories


def test_children_that_are_gone_are_told_of() -> None:
    """Those that are there are not."""
    memories = remembered()
    cluster = Listed(("ServiceAccount", "uid", "shop"), ("Deployment", "another", "shop"))
    asyncio.run(Inventory(cluster, memories, "test").take())
    tended = memories.recall("uid")
    assert tended.changed == {"Deployment": None}
    assert tended.jobs == {}
    assert tended.wake.is_set()
    assert ("v1", "ServiceAccount") in cluster.asked
    assert ("apps/v1", "Deployment") in cluster.asked


def test_when_all_are_there_nobody_is_woken() -> None:
    """At rest it costs five listings."""
    memories = remembered()
    cluster = Listed(("ServiceAccount", "uid", "shop"), ("Deployment", "uid", "shop"), ("Job", "uid", "shop-backfill"))
    asyncio.run(Inventory(cluster, memories, "test").take())
    assert not memories.recall("uid").wake.is_set()
    assert memories.recall("uid").settled == "so"
    assert len(cluster.asked) == 5


def test_what_is_made_meanwhile_is_not_missed() -> None:
    """The listing may be older than the child."""
    memories = remembered()

    versions = count(2)

    def applied_again() -> None:
        memories.recall("uid").applied["Deployment"] = Applied(b"", b"", str(next(versions)))

    cluster = Listed(("ServiceAccount", "uid", "shop"), ("Job", "uid", "shop-backfill"), meanwhile=applied_again)
    asyncio.run(Inventory(cluster, memories, "test").take())
    assert memories.recall("uid").changed == {}


def test_it_looks_after_a_listing() -> None:
    """And not before."""

    async def story() -> None:
        memories = remembered()
        cluster = Listed()
        inventory = Inventory(cluster, memories, "test", seconds=60, settling=0.001)
        inventory.begin()
        await asyncio.sleep(0.01)
        assert cluster.asked == []
        inventory.listed()
        await asyncio.wait_for(memories.recall("uid").wake.wait(), 10)
        inventory.close()

    asyncio.run(story())
