"""What the operator remembers of an OrderProcessor while it looks after it. All of it can be found out again."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from patterns_k8s.operator.controller.diagnosis import Diagnosis
from patterns_k8s.operator.controller.former import FormerChild
from patterns_k8s.operator.controller.wanted_workers import WantedWorkers
from patterns_k8s.operator.desired.backfills import BackfillState, JobSeen
from patterns_k8s.operator.desired.children import Route
from patterns_k8s.operator.desired.conditions import DeploymentSeen, deployment_seen
from patterns_k8s.operator.desired.drift import mark_of, version_of
from patterns_k8s.operator.desired.processor import Manifest, Processor
from patterns_k8s.operator.desired.scaling import ScalingMemory

__all__ = ["Applied", "Tended"]


@dataclass(slots=True)
class Applied:
    """What was applied, and how it looked then.

    Attributes:
        manifest: digest of the manifest.
        mark: of the object; see `drift.mark_of`.
        version: of the object; a later one is a greater number.
        uid: of the object; what is applied next is meant for this one.
    """

    manifest: bytes
    mark: bytes
    version: int
    uid: str


@dataclass(slots=True)
class Tended:
    """One OrderProcessor.

    Attributes:
        jobs: backfills by name.
        former: children with names of a version before, by kind.
        wake: set when there is something to look at.
        processor: as last read.
        applied: children by kind.
        changed: children, by kind, that are not as they were applied; None for one that was deleted.
        deployment: as last told.
        diagnosis: why its pods are not ready.
        route: as last resolved.
        messages: in its queue, as last counted; None while that is not known.
        scaling: what the scaler remembers.
        workers: the wanted pods as the OrderProcessor has them.
        scaled_from_cluster: whether that began with what a Deployment had that was there.
        status: as last reported, or as it was when nothing had been reported yet.
        reported: version of the OrderProcessor after that.
        overwritten: the status that another has put in its place, with its version.
        recorded: ends of backfills as the OrderProcessor's annotation has them; None before it was read.
        settled: what the last look found, when nothing was left to do about it and nothing was told since it began.
    """

    jobs: dict[str, JobSeen] = field(default_factory=dict)
    former: dict[str, FormerChild] = field(default_factory=dict)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    processor: Processor | None = None
    applied: dict[str, Applied] = field(default_factory=dict)
    changed: dict[str, Manifest | None] = field(default_factory=dict)
    deployment: DeploymentSeen = field(default_factory=DeploymentSeen)
    diagnosis: Diagnosis = field(default_factory=Diagnosis)
    route: Route | None = None
    messages: int | None = None
    scaling: ScalingMemory | None = None
    workers: WantedWorkers = field(default_factory=WantedWorkers)
    scaled_from_cluster: bool = False
    status: dict[str, Any] | None = None
    reported: int = 0
    overwritten: tuple[int, dict[str, Any]] | None = None
    recorded: dict[str, BackfillState] | None = None
    settled: object = None

    @property
    def replicas_told(self) -> int:
        """How many pods a Deployment is to have of which the cluster has told; 0 when it has told of none."""
        told = self.changed.get("Deployment")
        former = self.former.get("Deployment")
        return int(told["spec"].get("replicas", 0)) if told else former.replicas if former else 0

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

    def told_of_status(self, body: Manifest) -> None:
        """Take in what the cluster tells of the status: at the next look another's is written over."""
        told = body.get("status", {})
        if told == self.status:
            body["status"] = self.status  # kept once: kopf holds on to the body
            self.overwritten = None
        elif version_of(body) > self.reported:
            self.overwritten = version_of(body), told
            self.settled = None

    def wrote(self, status: dict[str, Any], kept: Manifest) -> None:
        """Take in that this status was reported; the cluster may have told of that before, and of more."""
        self.status, self.reported = status, version_of(kept)
        if self.overwritten is not None and self.overwritten[0] <= self.reported:
            self.overwritten = None

    def lost(self, kind: str) -> None:
        """Take in that a child is gone."""
        self.changed[kind] = None
        self.stir()

    def stir(self) -> None:
        """Wake up: there is something that no look has seen."""
        self.settled = None
        self.wake.set()

    def _saw(self, deployment: DeploymentSeen) -> None:
        if deployment != self.deployment:
            self.deployment = deployment
            self.stir()
