"""What the operator remembers of an OrderProcessor while it looks after it. All of it can be found out again."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from patterns_k8s.operator.backfills import JobSeen, job_seen
from patterns_k8s.operator.conditions import DeploymentSeen, deployment_seen
from patterns_k8s.operator.desired import Route
from patterns_k8s.operator.drift import mark_of, version_of
from patterns_k8s.operator.processor import Manifest, Processor, owner_uid
from patterns_k8s.operator.scaling import ScalingMemory

__all__ = ["Applied", "Memories", "Tended"]


@dataclass(slots=True)
class Applied:
    """What was applied, and how it looked then.

    Attributes:
        manifest: digest of the manifest.
        live: digest of the object, in what the manifest names.
        mark: of the object; see `drift.mark_of`.
        version: of the object; a later one is a greater number.
    """

    manifest: bytes
    live: bytes
    mark: bytes
    version: int


@dataclass(slots=True)
class Tended:
    """One OrderProcessor.

    Attributes:
        jobs: backfills by name.
        wake: set when there is something to look at.
        processor: as last read.
        applied: children by kind.
        changed: children, by kind, that are not as they were applied; None for one that was deleted.
        deployment: as last told.
        unseen: whether there is news of children that no look has seen.
        route: as last resolved.
        scaling: what the scaler remembers.
        status: as last reported.
        settled: what the last look found, when nothing was left to do about it.
    """

    jobs: dict[str, JobSeen] = field(default_factory=dict)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    processor: Processor | None = None
    applied: dict[str, Applied] = field(default_factory=dict)
    changed: dict[str, Manifest | None] = field(default_factory=dict)
    deployment: DeploymentSeen = field(default_factory=DeploymentSeen)
    unseen: bool = False
    route: Route | None = None
    scaling: ScalingMemory | None = None
    status: dict[str, Any] | None = None
    settled: object = None

    def keep(self, kind: str, applied: Applied, kept: Manifest) -> None:
        """Take in what was applied, and the object as it was kept then; a watch may have told of that, and of more."""
        self.applied[kind] = applied
        told = self.changed.get(kind, kept)
        if told is None or version_of(told) > applied.version:
            self.stir()
            return
        self.changed.pop(kind, None)
        if kind == "Deployment":
            self.deployment = deployment_seen(kept)

    def told(self, kind: str, body: Manifest, *, deleted: bool) -> None:
        """Take in what the cluster tells of a child other than a Job, and wake up if it is news."""
        known, version = self.applied.get(kind), version_of(body)
        if known is not None and version < known.version:
            return  # it was so before it was applied
        if deleted:
            self.lost(kind)
            return
        if known is not None and version == known.version:
            return  # the echo of what was applied
        if kind == "Deployment":
            self._saw(deployment_seen(body))
        if known is None:
            self.changed[kind] = body  # it is about to be applied
        elif mark_of(body) != known.mark:
            self.changed[kind] = body
            self.stir()

    def lost(self, kind: str) -> None:
        """Take in that a child is gone."""
        self.changed[kind] = None
        self.stir()

    def stir(self) -> None:
        """Wake up: there is something that no look has seen."""
        self.unseen = True
        self.settled = None
        self.wake.set()

    def _saw(self, deployment: DeploymentSeen) -> None:
        if deployment != self.deployment:
            self.deployment = deployment
            self.stir()


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

    def __len__(self) -> int:
        return len(self._tended.keys() | self._jobs.keys())

    def recall(self, uid: str) -> Tended:
        """Return what is remembered of this one, or a new page."""
        if uid not in self._tended:
            self._tended[uid] = Tended(self._jobs.setdefault(uid, {}))
        return self._tended[uid]

    def forget(self, uid: str) -> None:
        """Forget one that is no longer looked after, but for Jobs that are there."""
        self._tended.pop(uid, None)
        if not self._jobs.get(uid):
            self._jobs.pop(uid, None)

    def working_on(self, queue: str, *, namespace: str, but: str) -> list[str]:
        """Return the names of those that work on this queue, but for one."""
        known = [each.processor for each in self._tended.values() if each.processor is not None]
        return [
            each.name for each in known if each.namespace == namespace and each.name != but and each.spec.queue == queue
        ]

    def told(self, kind: str, body: Manifest, *, deleted: bool = False) -> None:
        """Take in what the cluster tells of a child of somebody."""
        uid, name = self.child_of(kind, body)
        if not uid:
            return
        if kind == "Job":
            self._told_of_job(uid, name, None if deleted else job_seen(body))
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
        elif uid in self._tended:
            self._tended[uid].lost(kind)

    def known(self, kind: str) -> dict[tuple[str, str], object]:
        """Return what children of a kind there should be, by owner's uid and name, and what is known of each."""
        if kind == "Job":
            return {(uid, name): seen for uid, jobs in self._jobs.items() for name, seen in jobs.items()}
        return {
            (uid, tended.processor.name): tended.applied[kind].version
            for uid, tended in self._tended.items()
            if kind in tended.applied and tended.processor is not None
        }

    def edited(self, uid: str, body: Manifest) -> None:
        """Wake up for a spec that has another generation than the one last read; what is not looked after sleeps."""
        tended = self._tended.get(uid)
        if tended is None:
            return
        if tended.status is not None and tended.status == body.get("status"):
            body["status"] = tended.status  # kept once: kopf holds on to the body
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
