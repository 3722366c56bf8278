"""What the operator remembers of an OrderProcessor while it looks after it. All of it can be found out again."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from patterns_k8s.operator.backfills import JobSeen, job_seen
from patterns_k8s.operator.conditions import DeploymentSeen, deployment_seen
from patterns_k8s.operator.desired import Route
from patterns_k8s.operator.processor import Manifest, Processor, owner_uid
from patterns_k8s.operator.scaling import ScalingMemory

__all__ = ["Applied", "Memories", "Tended"]


@dataclass(slots=True)
class Applied:
    """What was applied, and how it looked then: digests of the manifest and of the object in what that names."""

    manifest: bytes
    live: bytes
    version: str


@dataclass(slots=True)
class Tended:
    """One OrderProcessor.

    Attributes:
        wake: set when there is something to look at.
        processor: as last read.
        applied: children by kind.
        changed: children, by kind, that the cluster told of since the last look; None for one that was deleted.
        jobs: backfills by name.
        deployment: as last told.
        route: as last resolved.
        scaling: what the scaler remembers.
        status: as last reported.
        settled: what the last look found, when nothing was left to do about it.
    """

    wake: asyncio.Event = field(default_factory=asyncio.Event)
    processor: Processor | None = None
    applied: dict[str, Applied] = field(default_factory=dict)
    changed: dict[str, Manifest | None] = field(default_factory=dict)
    jobs: dict[str, JobSeen] = field(default_factory=dict)
    deployment: DeploymentSeen = field(default_factory=DeploymentSeen)
    route: Route | None = None
    scaling: ScalingMemory | None = None
    status: dict[str, Any] | None = None
    settled: object = None

    def told(self, kind: str, body: Manifest, *, deleted: bool) -> None:
        """Take in what the cluster tells of a child, and wake up if it is news."""
        metadata = body["metadata"]
        if kind == "Job":
            if deleted:
                self.jobs.pop(metadata["name"], None)
            else:
                self.jobs[metadata["name"]] = job_seen(body)
        elif deleted:
            self.changed[kind] = None
        else:
            if kind == "Deployment":
                self.deployment = deployment_seen(body)
            known = self.applied.get(kind)
            if known is not None and known.version == metadata["resourceVersion"]:
                return  # the echo of what was applied
            self.changed[kind] = body
        self.settled = None
        self.wake.set()


class Memories:
    """What is remembered of every OrderProcessor, by its uid."""

    def __init__(self) -> None:
        """Start with nothing."""
        self._tended: dict[str, Tended] = {}

    def __len__(self) -> int:
        return len(self._tended)

    def recall(self, uid: str) -> Tended:
        """Return what is remembered of this one, or a new page."""
        return self._tended.setdefault(uid, Tended())

    def working_on(self, queue: str, *, namespace: str, but: str) -> list[str]:
        """Return the names of those that work on this queue, but for one."""
        known = [each.processor for each in self._tended.values() if each.processor is not None]
        return [
            each.name for each in known if each.namespace == namespace and each.name != but and each.spec.queue == queue
        ]

    def forget(self, uid: str) -> None:
        """Forget one that is no more."""
        self._tended.pop(uid, None)

    def told(self, kind: str, body: Manifest, *, deleted: bool) -> None:
        """Take in what the cluster tells of a child of somebody; children may be told of before their owner."""
        uid = owner_uid(body)
        if uid is None:
            return
        if uid not in self._tended and (deleted or "deletionTimestamp" in body["metadata"]):
            return  # collected after its owner
        self.recall(uid).told(kind, body, deleted=deleted)

    def known(self, kind: str) -> dict[tuple[str, str], object]:
        """Return what children of a kind there should be, by owner's uid and name, and what is known of each."""
        found: dict[tuple[str, str], object] = {}
        for uid, tended in self._tended.items():
            if kind == "Job":
                found |= {(uid, name): seen for name, seen in tended.jobs.items()}
            elif kind in tended.applied and tended.processor is not None:
                found[uid, tended.processor.name] = tended.applied[kind].version
        return found

    def missed(self, kind: str, uid: str, name: str) -> None:
        """Take in that a child is gone, of which nobody told."""
        if uid in self._tended:
            self._tended[uid].told(kind, {"metadata": {"name": name}}, deleted=True)

    def edited(self, uid: str, body: Manifest) -> None:
        """Wake up for a spec that has another generation than the one last read."""
        tended = self.recall(uid)
        if tended.status is not None and tended.status == body.get("status"):
            body["status"] = tended.status  # kept once: kopf holds on to the body
        generation = body["metadata"].get("generation", 1)
        if tended.processor is None or tended.processor.generation != generation:
            tended.wake.set()
