import asyncio
from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from patterns_k8s.operator.api.answers import Expired, Unavailable
from patterns_k8s.operator.controller.child_watch import ChildWatch
from patterns_k8s.operator.controller.memories import Memories
from patterns_k8s.operator.controller.tended import Applied, Tended
from patterns_k8s.operator.desired.backfills import JobSeen
from patterns_k8s.operator.desired.processor import Manifest, Processor
from patterns_k8s.resource.order_processor import OrderProcessorSpec

Change = tuple[str, Manifest]
BACKFILL = "shop-backfill"


def child(name: str = "shop-workers", *, version: int = 1, uid: str = "uid") -> Manifest:
    """Return a child of the OrderProcessor that is remembered."""
    owner = {"kind": "OrderProcessor", "controller": True, "uid": uid}
    return {"metadata": {"name": name, "resourceVersion": str(version), "ownerReferences": [owner]}}


def bookmark(version: int) -> Change:
    """Return what tells nothing but the time."""
    return "BOOKMARK", {"metadata": {"resourceVersion": str(version)}}


class Script:
    """A cluster of which these children are told; a watch tells what is next in ``watches`` of its kind.

    ``meanwhile`` has what happens during a listing, by kind; ``asked`` the kinds that were listed, and watched, with
    from which time on.
    """

    def __init__(self, **children: list[Manifest]) -> None:
        """Have children by kind, each of them on a page of its own."""
        self._children = children
        self.watches: dict[str, list[list[Change] | Exception]] = {}
        self.meanwhile: dict[str, Callable[[], object]] = {}
        self.asked: list[tuple[str, str | None]] = []

    async def list_children(self, namespace: str, version: str, kind: str) -> AsyncIterator[tuple[str, list[Manifest]]]:
        """Yield those of a kind."""
        assert (namespace, version) == ("test", {"ServiceAccount": "v1", "Deployment": "apps/v1"}.get(kind, version))
        self.asked.append((kind, None))
        self.meanwhile.get(kind, lambda: None)()
        for body in self._children.get(kind, []):
            yield "100", [body]
        yield "100", []

    async def watch_children(
        self, _namespace: str, _version: str, kind: str, since: str
    ) -> AsyncIterator[tuple[str, Manifest]]:
        """Yield what is next, and after the last one nothing for ever."""
        self.asked.append((kind, since))
        if not self.watches.get(kind):
            await asyncio.Event().wait()
        told = self.watches[kind].pop(0)
        if isinstance(told, Exception):
            raise told
        for change in told:
            yield change

    def asked_of(self, kind: str) -> list[str | None]:
        """Return what was asked of a kind: None for a listing."""
        return [since for each, since in self.asked if each == kind]


@pytest.fixture
def memories() -> Memories:
    """Memories of an OrderProcessor with two children and a Job."""
    memories = Memories()
    tended = memories.recall("uid")
    tended.processor = Processor("shop", "test", "uid", 1, OrderProcessorSpec(image="x:1"))
    tended.applied |= {kind: applied(1) for kind in ("ServiceAccount", "Deployment")}
    tended.jobs[BACKFILL] = JobSeen("Running", suspended=False)
    tended.settled = "so"
    return memories


def applied(version: int) -> Applied:
    """Return what was applied, in this version."""
    return Applied(b"", b"", version, "uid-of-child")


@pytest.fixture
def tended(memories: Memories) -> Tended:
    """What is remembered of it."""
    return memories.recall("uid")


class Pauses:
    """Pauses of no time; ``taken`` counts them, for each time that they began anew."""

    def __init__(self) -> None:
        """None were taken."""
        self.taken: list[int] = []

    def __iter__(self) -> Iterator[float]:
        """Begin anew."""
        self.taken.append(0)
        mine = len(self.taken) - 1
        while True:
            self.taken[mine] += 1
            yield 0.0


def follow(script: Script, memories: Memories, *, pauses: Pauses | None = None) -> None:
    """Follow until the script is at its end."""

    async def story() -> None:
        watch = ChildWatch(script, memories, "test", pauses=pauses or Pauses())
        watch.begin()
        for _ in range(60):
            await asyncio.sleep(0)
        watch.close()

    asyncio.run(story())


def test_children_that_are_gone_are_told_of(memories: Memories, tended: Tended) -> None:
    """Those that are there are not."""
    follow(Script(ServiceAccount=[child()], Deployment=[child(uid="another")]), memories)
    assert tended.changed == {"Deployment": None}
    assert tended.jobs == {}
    assert tended.wake.is_set()


def test_when_all_are_there_no_daemon_is_woken(memories: Memories, tended: Tended) -> None:
    """A restart of the API server is no news."""
    script = Script(ServiceAccount=[child()], Deployment=[child()], Job=[child("other"), child(BACKFILL)])
    tended.jobs["other"] = JobSeen("Running", suspended=False)
    follow(script, memories)
    assert not tended.wake.is_set()
    assert tended.settled == "so"
    assert len(script.asked) == 10


def test_what_is_made_meanwhile_is_not_missed(memories: Memories, tended: Tended) -> None:
    """The listing may be older than the child."""
    script = Script(ServiceAccount=[child()], Job=[child(BACKFILL)])
    script.meanwhile["Deployment"] = lambda: tended.applied.update(Deployment=applied(2))
    follow(script, memories)
    assert tended.changed == {}


def test_one_that_is_being_applied_may_be_gone(memories: Memories, tended: Tended) -> None:
    """Whether it was before or after the listing will never be told."""
    script = Script(ServiceAccount=[child()], Job=[child(BACKFILL)])
    script.meanwhile["Deployment"] = lambda: tended.applied.pop("Deployment")
    follow(script, memories)
    assert tended.changed == {"Deployment": None}


@pytest.mark.parametrize("kind", ["Deployment", "Job"])
def test_a_child_whose_owner_was_struck_out_is_known_by_its_name(memories: Memories, tended: Tended, kind: str) -> None:
    """It is not missed, and what happens to it is told."""
    name = BACKFILL if kind == "Job" else "shop-workers"
    script = Script(ServiceAccount=[child()], Deployment=[child()], Job=[child(BACKFILL)])
    nobodys = child(name, version=101)
    nobodys["metadata"]["ownerReferences"] = []
    script.watches[kind] = [[("MODIFIED", nobodys), ("DELETED", nobodys)]]
    follow(script, memories)
    assert tended.wake.is_set()
    assert tended.changed == ({} if kind == "Job" else {"Deployment": None})
    assert (BACKFILL in tended.jobs) is (kind != "Job")


def test_a_watch_goes_on_where_the_one_before_ended(memories: Memories, tended: Tended) -> None:
    """Without another listing; a bookmark moves the place on, too."""
    script = Script(ServiceAccount=[child()])
    script.watches["ServiceAccount"] = [
        [("MODIFIED", child(version=105)), bookmark(110)],
        [("DELETED", child(version=111))],
    ]
    follow(script, memories)
    assert script.asked_of("ServiceAccount") == [None, "100", "110", "111"]
    assert tended.changed["ServiceAccount"] is None


@pytest.mark.parametrize("failure", [Expired("watch", "too old"), Unavailable("watch", "broke off"), KeyError("type")])
def test_after_a_failure_all_is_listed_anew(
    memories: Memories, caplog: pytest.LogCaptureFixture, failure: Exception
) -> None:
    """Whatever it was; an unexpected error is logged with its stack trace."""
    script = Script()
    script.watches["Job"] = [failure, [bookmark(120)]]
    follow(script, memories)
    assert script.asked_of("Job") == [None, "100", None, "100", "120"]
    (record,) = caplog.records
    assert "every Job is listed again in 0.0 s" in record.message
    assert bool(record.exc_info) is isinstance(failure, KeyError)


def test_pauses_grow_until_a_watch_ends_well(memories: Memories) -> None:
    """A server that lists and never watches is not asked in a hot loop, nor one whose watches end at once."""
    script = Script()
    failure = Unavailable("watch", "refused")
    script.watches["Job"] = [failure, [], failure, [bookmark(120)], []]
    pauses = Pauses()
    follow(script, memories, pauses=pauses)
    assert pauses.taken == [3, 1]
