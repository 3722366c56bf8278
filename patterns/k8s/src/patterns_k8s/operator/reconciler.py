"""One look at an OrderProcessor: find out, decide, apply what differs, report."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from patterns_k8s.operator.answers import Gone, Refused
from patterns_k8s.operator.backfill_jobs import BackfillJobs
from patterns_k8s.operator.backfills import BackfillState
from patterns_k8s.operator.conditions import claims_of, deployment_seen, status_of
from patterns_k8s.operator.connection import REQUESTS
from patterns_k8s.operator.desired import Route, desired
from patterns_k8s.operator.drift import fingerprint, mark_of, named_in, version_of
from patterns_k8s.operator.findings import Missing, QueueFound, TopicFound, Unknown
from patterns_k8s.operator.metrics import Metrics
from patterns_k8s.operator.pods import Surroundings
from patterns_k8s.operator.ports import Children, Tell
from patterns_k8s.operator.processor import Manifest, Processor
from patterns_k8s.operator.reports import Reports
from patterns_k8s.operator.scaling import ScalingMemory, ScalingPolicy, next_scale
from patterns_k8s.operator.tended import Applied, Tended

__all__ = ["Lookups", "Reconciler"]

_UNTOLD: Manifest = {}
Found = tuple[QueueFound | Missing | Unknown, TopicFound | Missing | Unknown]


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
        self._cluster = cluster
        self._lookups = lookups
        self._surroundings = surroundings
        self._metrics = metrics
        self._clock = clock
        # One more would only wait for a connection, with all its manifests in hand.
        self._turns = asyncio.Semaphore(REQUESTS)
        self._jobs = BackfillJobs(cluster, surroundings)
        self._reports = Reports(cluster, now=now)

    async def reconcile(self, processor: Processor, tended: Tended, reported: Mapping[str, Any], tell: Tell) -> bool:
        """Look once, and return whether there was anything to do; ``reported`` is the status in the cluster.

        Raises:
            ClusterError: the cluster did not do something; what is left is done at the next look.
        """
        if tended.status is None:
            tended.status = dict(reported)
        spec = processor.spec
        # One after the other: mostly both are known, and waiting for both at once would cost more than it saves.
        found = (await self._lookups.queue(spec.queue), await self._lookups.topic(spec.topic))
        tended.route = _route(found, tended.route)
        replicas = self._scale(processor, tended, found, tell)
        settled = (processor, found, replicas)
        if settled == tended.settled:
            return False
        async with self._turns:
            tended.unseen = False
            await self._change(processor, tended, found, replicas, tell)
        # What the cluster told meanwhile is for the next look.
        tended.settled = None if tended.unseen else settled
        return True

    async def _change(self, processor: Processor, tended: Tended, found: Found, replicas: int, tell: Tell) -> None:
        """Bring children and status to what was decided."""
        refused: Refused | None = None
        backfills: dict[str, BackfillState] = {}
        try:
            await self._apply(processor, tended, found, replicas, tell)
            backfills = await self._jobs.run(processor, tended, topic=found[1], tell=tell)
        except Refused as error:
            refused = error
            backfills = self._jobs.states(processor, tended)
        queue, topic = found
        claims = claims_of(
            processor,
            queue=queue,
            topic=topic,
            route=tended.route,
            replicas=replicas,
            seen=tended.deployment,
            problem=str(refused or ""),
        )
        await self._reports.report(
            processor,
            tended,
            lambda before, now: status_of(
                processor,
                claims,
                before,
                queue=queue,
                topic=topic,
                replicas=replicas,
                seen=tended.deployment,
                backfills=backfills,
                now=now,
            ),
            tell,
        )
        if refused is not None:
            raise refused

    async def _apply(self, processor: Processor, tended: Tended, found: Found, replicas: int, tell: Tell) -> None:
        manifests = desired(processor, route=tended.route, replicas=replicas, surroundings=self._surroundings)
        if tended.route is None and (processor.spec.suspend or any(isinstance(each, Missing) for each in found)):
            await self._park(processor, tended)
        for manifest in manifests:
            kind, wanted = manifest["kind"], fingerprint(manifest)
            live = tended.changed.pop(kind, _UNTOLD)
            known = tended.applied.get(kind)
            unchanged = known is not None and known.manifest == wanted
            if known is not None and unchanged and _is_as_applied(manifest, live, known):
                if live:
                    known.mark = mark_of(live)  # its like is not compared again
                continue
            # Forgotten first, so that a failure is made good by the next look.
            tended.applied.pop(kind, None)
            kept = await self._cluster.apply(manifest)
            looks = fingerprint(named_in(manifest, kept))
            tended.keep(kind, Applied(wanted, looks, mark_of(kept), version_of(kept)), kept)
            self._metrics.applied.labels(kind).inc()
            if unchanged:
                self._metrics.repaired.labels(kind).inc()
                what = "was deleted" if live is None else "was changed"
                tell("Warning", "Repaired", f"{kind} {manifest['metadata']['name']} {what} by somebody else")

    async def _park(self, processor: Processor, tended: Tended) -> None:
        """Take the pods away from a Deployment that this operator, or one before it, made when there was a route."""
        tended.applied.pop("Deployment", None)
        tended.changed.pop("Deployment", None)
        reference: Manifest = {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": processor.name, "namespace": processor.namespace},
        }
        try:
            parked = await self._cluster.merge(reference, {"spec": {"replicas": 0}})
        except Gone:
            return
        tended.deployment = deployment_seen(parked)

    def _scale(self, processor: Processor, tended: Tended, found: Found, tell: Tell) -> int:
        """Return how many pods there must be now."""
        spec, (queue, topic) = processor.spec, found
        before = tended.scaling or ScalingMemory((tended.status or {}).get("replicas", spec.replicas.min))
        if spec.suspend or isinstance(queue, Missing) or isinstance(topic, Missing):
            after = ScalingMemory(0)
        else:
            policy = ScalingPolicy(
                least=spec.replicas.min,
                most=spec.replicas.max,
                messages_per_pod=spec.scaling.messages_per_pod,
                cooldown=spec.scaling.cooldown_seconds,
            )
            messages = queue.messages if isinstance(queue, QueueFound) else None
            after = next_scale(policy, before, messages, self._clock())
        if tended.scaling is not None and after.replicas != before.replicas:
            up = after.replicas > before.replicas
            self._metrics.scaled.labels("up" if up else "down").inc()
            waiting = f" for {queue.messages} messages" if isinstance(queue, QueueFound) else ""
            text = f"from {before.replicas} to {after.replicas} pods{waiting}"
            tell("Normal", "ScaledUp" if up else "ScaledDown", text)
        tended.scaling = after
        return after.replicas


def _route(found: Found, before: Route | None) -> Route | None:
    """Return the way of an order; what cannot be asked for now is as it was before."""
    queue, topic = found
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


def _is_as_applied(manifest: Manifest, live: Manifest | None, known: Applied) -> bool:
    return live is _UNTOLD or (live is not None and fingerprint(named_in(manifest, live)) == known.live)
