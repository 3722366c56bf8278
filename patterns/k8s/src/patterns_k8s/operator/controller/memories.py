"""What the operator remembers of all OrderProcessors and their children."""

from collections.abc import Iterator

from patterns_k8s.operator.controller.former import FormerChild
from patterns_k8s.operator.controller.ownership import controller_of, owner_uid
from patterns_k8s.operator.controller.tended import Tended
from patterns_k8s.operator.desired.backfills import JobSeen, job_seen
from patterns_k8s.operator.desired.processor import Manifest, child_name

__all__ = ["Memories"]


class Memories:
    """What is remembered of every OrderProcessor, by its uid.

    Jobs are remembered for themselves, from the first that is told of one to its end: whether they have run is found
    out in no other way, and they may be told of before their OrderProcessor. Of the other children everything is found
    out when they are applied.
    """

    def __init__(self) -> None:
        """Start with nothing."""
        self._tended: dict[str, Tended] = {}
        self._jobs: dict[str, dict[str, JobSeen]] = {}
        self._former: dict[str, dict[str, FormerChild]] = {}

    def __len__(self) -> int:
        return len(self._tended.keys() | self._jobs.keys() | self._former.keys())

    def __iter__(self) -> Iterator[Tended]:
        return iter(self._tended.values())

    def recall(self, uid: str) -> Tended:
        """Return what is remembered of this one, or a new page."""
        if uid not in self._tended:
            self._tended[uid] = Tended(self._jobs.setdefault(uid, {}), self._former.setdefault(uid, {}))
        return self._tended[uid]

    def forget(self, uid: str) -> None:
        """Forget one that is no longer looked after, but for Jobs that are there."""
        self._tended.pop(uid, None)
        for kept in (self._jobs, self._former):
            if not kept.get(uid):
                kept.pop(uid, None)

    def former_deployments(self, uid: str) -> list[str]:
        """Return the names of this one's Deployments of a version before."""
        found = self._former.get(uid, {}).get("Deployment")
        return [found.name] if found else []

    def working_on(self, queue: str, *, namespace: str, but: str) -> list[str]:
        """Return the names of those that work on this queue, but for one."""
        known = [each.processor for each in self if each.processor is not None]
        return [
            each.name for each in known if each.namespace == namespace and each.name != but and each.spec.queue == queue
        ]

    def told(self, kind: str, body: Manifest, *, deleted: bool = False) -> None:
        """Take in what the cluster tells of a child of somebody."""
        uid, name = self.child_of(kind, body)
        if not uid:
            return
        if kind == "Job":
            self._told_of_job(uid, name, None if deleted or owner_uid(body) is None else job_seen(body))
        elif self._is_former(kind, uid, body):
            gone = deleted or owner_uid(body) is None
            self._told_of_former(kind, uid, None if gone else FormerChild.of(body))
        elif uid in self._tended:
            self._tended[uid].told(kind, body, deleted=deleted)

    def child_of(self, kind: str, body: Manifest) -> tuple[str, str]:
        """Return whose child it is, by uid, and its name; one whose owner somebody struck out is known by its name."""
        uid, name = owner_uid(body), str(body["metadata"]["name"])
        if uid is None:
            uid = next((owner for owner, known in self.known(kind) if known == name), "")
        return uid, name

    def missed(self, kind: str, uid: str, name: str) -> None:
        """Take in that a child is gone, of which nobody told."""
        if kind == "Job":
            self._told_of_job(uid, name, None)
        elif (former := self._former.get(uid, {}).get(kind)) and former.name == name:
            self._told_of_former(kind, uid, None)
        elif uid in self._tended:
            self._tended[uid].lost(kind)

    def known(self, kind: str) -> dict[tuple[str, str], object]:
        """Return what children of a kind there should be, by owner's uid and name, and what is known of each."""
        if kind == "Job":
            return {(uid, name): seen for uid, jobs in self._jobs.items() for name, seen in jobs.items()}
        applied = {
            (uid, child_name(tended.processor.name)): tended.applied[kind].version
            for uid, tended in self._tended.items()
            if kind in tended.applied and tended.processor is not None
        }
        former = {(uid, known[kind].name): known[kind] for uid, known in self._former.items() if kind in known}
        return {**former, **applied}

    def edited(self, uid: str, body: Manifest) -> None:
        """Wake up for a spec that has another generation than the one last read; what is not looked after sleeps."""
        tended = self._tended.get(uid)
        if tended is None:
            return
        if tended.status is not None:
            tended.told_of_status(body)
        generation = body["metadata"].get("generation", 1)
        if tended.processor is None or tended.processor.generation != generation:
            tended.wake.set()

    def _told_of_job(self, uid: str, name: str, seen: JobSeen | None) -> None:
        jobs = self._jobs.setdefault(uid, {})
        if jobs.get(name) != seen:
            if seen is None:
                del jobs[name]
            else:
                jobs[name] = seen
            if uid in self._tended:
                self._tended[uid].stir()
        if not jobs and uid not in self._tended:
            del self._jobs[uid]

    def _is_former(self, kind: str, uid: str, body: Manifest) -> bool:
        """Whether it is named as a version before named its children: like the OrderProcessor itself."""
        name, controller = body["metadata"]["name"], controller_of(body)
        if controller is not None:
            return bool(controller.get("name") == name)
        former = self._former.get(uid, {}).get(kind)
        return former is not None and former.name == name

    def _told_of_former(self, kind: str, uid: str, seen: FormerChild | None) -> None:
        known = self._former.setdefault(uid, {})
        before = known.pop(kind, None)
        if seen is not None:
            known[kind] = seen
        if seen != before and uid in self._tended:
            self._tended[uid].stir()
        if not known and uid not in self._tended:
            del self._former[uid]
