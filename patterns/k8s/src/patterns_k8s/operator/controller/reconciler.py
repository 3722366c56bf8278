"""One look at an OrderProcessor: find out, decide, apply what differs, report."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from patterns_k8s.operator.api.answers import ClusterError, Refused
from patterns_k8s.operator.api.connection import REQUESTS
from patterns_k8s.operator.api.ports import Children, Tell
from patterns_k8s.operator.controller.backfill_jobs import BackfillJobs
from patterns_k8s.operator.controller.child_applier import ChildApplier
from patterns_k8s.operator.controller.diagnosis import PodDiagnosis
from patterns_k8s.operator.controller.former import FormerChildren
from patterns_k8s.operator.controller.ownership import NameTaken
from patterns_k8s.operator.controller.reports import Reports
from patterns_k8s.operator.controller.scaler import Scaler
from patterns_k8s.operator.controller.tended import Tended
from patterns_k8s.operator.desired.backfills import FINISHED, BackfillState
from patterns_k8s.operator.desired.children import Route, desired
from patterns_k8s.operator.desired.conditions import Observation, status_of
from patterns_k8s.operator.desired.findings import Found, Missing, QueueFound, TopicFound, Unknown
from patterns_k8s.operator.desired.pods import Surroundings
from patterns_k8s.operator.desired.processor import Processor
from patterns_k8s.operator.desired.scaling import ScalingMemory
from patterns_k8s.operator.observability.metrics import Metrics

__all__ = ["Lookups", "Reconciler"]


class Lookups(Protocol):
    """Where queues and topics are found."""

    async def queue(self, name: str) -> QueueFound | Missing | Unknown:
        """Return the queue that is published under this name."""
        ...

    async def topic(self, name: str) -> TopicFound | Missing | Unknown:
        """Return the topic that is published under this name."""
        ...


class Reconciler:
    """Brings children and status to what is declared; doing it again changes nothing."""

    def __init__(
        self,
        cluster: Children,
        lookups: Lookups,
        *,
        surroundings: Surroundings,
        metrics: Metrics,
        now: Callable[[], datetime],
        clock: Callable[[], float],
    ) -> None:
        """``now`` is the time of day, ``clock`` counts seconds."""
        self._lookups = lookups
        self._surroundings = surroundings
        # One more would only wait for a connection, with all its manifests in hand.
        self._turns = asyncio.Semaphore(REQUESTS)
        self._applier = ChildApplier(cluster, metrics)
        self._former = FormerChildren(cluster)
        self._jobs = BackfillJobs(cluster, surroundings)
        self._reports = Reports(cluster, now=now)
        self._diagnosis = PodDiagnosis(cluster, clock=clock)
        self._scaler = Scaler(cluster, metrics, clock=clock)

    async def reconcile(self, processor: Processor, tended: Tended, reported: Mapping[str, Any], tell: Tell) -> bool:
        """Look once, and return whether there was anything to do; ``reported`` is the status in the cluster.

        Raises:
            ClusterError: the cluster did not do something; what is left is done at the next look.
        """
        if tended.status is None:
            tended.status = dict(reported)
        spec = processor.spec
        # One after the other: mostly both are known, and waiting for both at once would cost more than it saves.
        found = Found(await self._lookups.queue(spec.queue), await self._lookups.topic(spec.topic))
        tended.route = _route(found, tended.route)
        tended.messages = found.messages
        replicas = self._scaler.scale(processor, tended, found, tell)
        settled = (processor, found, replicas)
        if settled == tended.settled and not self._diagnosis.is_due(tended.diagnosis):
            return False
        async with self._turns:
            tended.settled = settled  # unless the cluster tells something meanwhile
            settles = False
            try:
                settles = await self._change(processor, tended, found, replicas, tell)
            finally:
                # What the cluster does not tell of is for the next look: that a name is free at last, or that the pods
                # of a version before have ended. Nor is a status settled that another has written over it.
                if not settles or tended.former or tended.overwritten:
                    tended.settled = None
        return True

    async def _change(self, processor: Processor, tended: Tended, found: Found, replicas: int, tell: Tell) -> bool:
        """Bring children and status to what was decided, and return whether that could be done."""
        refused: Refused | NameTaken | None = None
        backfills: dict[str, BackfillState] = {}
        try:
            replicas = await self._apply(processor, tended, found, replicas, tell)
            await self._retire(processor, tended, replicas, tell)
            backfills = await self._jobs.run(processor, tended, topic=found.topic, tell=tell)
            if await self._scaler.declare(processor, tended, replicas):
                return False  # that is a new generation, of which the next look, at once, reports
        except (Refused, NameTaken) as error:
            refused = error
            backfills = self._jobs.states(processor, tended)
        cause = await self._diagnosis.look(
            processor, tended.diagnosis, of=_makings(processor, tended.route), replicas=replicas, seen=tended.deployment
        )
        observed = Observation(
            found=found,
            route=tended.route,
            replicas=replicas,
            deployment=tended.deployment,
            backfills=backfills,
            problem=_problem_of(refused),
            cause=cause,
        )
        await self._reports.report(
            processor, tended, lambda before, now: status_of(processor, observed, before, now), tell
        )
        if isinstance(refused, Refused):
            raise refused
        return refused is None

    async def _apply(self, processor: Processor, tended: Tended, found: Found, replicas: int, tell: Tell) -> int:
        """Apply the children, and return how many pods there must be, now that it is known how many there were."""

        def rescale(there: int) -> int:
            nonlocal replicas
            if not tended.scaled_from_cluster:
                tended.scaling = ScalingMemory(there)
                replicas = self._scaler.scale(processor, tended, found, tell)
            return replicas

        if tended.route is None and (processor.spec.suspend or found.lacks_one):
            await self._applier.park(processor, tended)
        elif tended.route is None and not tended.scaled_from_cluster:
            # AWS cannot be asked since the operator began: workers that are there go on.
            there = await self._applier.running(processor, tended)
            replicas = replicas if there is None else rescale(there)
            tended.scaled_from_cluster = there is not None
        manifests = desired(processor, route=tended.route, replicas=replicas, surroundings=self._surroundings)
        try:
            await self._applier.apply(processor, tended, manifests, rescale, tell)
        except NameTaken:
            if processor.spec.suspend and tended.route is not None:  # parked already without one
                await self._applier.park(processor, tended)
            raise
        tended.scaled_from_cluster |= tended.route is not None
        return replicas

    async def _retire(self, processor: Processor, tended: Tended, replicas: int, tell: Tell) -> None:
        """Clear away what a version before this one has named otherwise."""
        seen = tended.deployment
        works = seen.current and seen.updated >= replicas and seen.ready >= replicas
        gone = await self._former.retire(
            processor.owner,
            tended.former,
            replaced=works or not replicas,
            # A range whose Job was not told of yet counts as one that waits.
            backfills=any(state not in FINISHED for state in self._jobs.states(processor, tended).values()),
        )
        for name in gone:
            tell("Normal", "Renamed", f"Deployment {processor.owner.child_name} took the place of {name}")


def _makings(processor: Processor, route: Route | None) -> object:
    """Return what the workers' pods are made of, None when there are to be none."""
    spec = processor.spec
    return None if spec.suspend or route is None else (spec.image, spec.resources, spec.concurrency, route)


def _problem_of(error: ClusterError | None) -> tuple[str, str] | None:
    """Return the reason and the message of what stands in the way."""
    if error is None:
        return None
    return "NameTaken" if isinstance(error, NameTaken) else "Refused", str(error)


def _route(found: Found, before: Route | None) -> Route | None:
    """Return the way of an order; what cannot be asked for now is as it was before."""
    queue, topic = found.queue, found.topic
    if isinstance(queue, Missing) or isinstance(topic, Missing):
        return None
    if isinstance(queue, Unknown) or isinstance(topic, Unknown):
        return before and _as_far_as_known(before, queue, topic)
    return Route(queue.url, topic.arn, queue.visibility)


def _as_far_as_known(before: Route, queue: QueueFound | Unknown, topic: TopicFound | Unknown) -> Route:
    route = before
    if isinstance(queue, QueueFound):
        route = replace(route, queue_url=queue.url, visibility=queue.visibility)
    return replace(route, topic_arn=topic.arn) if isinstance(topic, TopicFound) else route
