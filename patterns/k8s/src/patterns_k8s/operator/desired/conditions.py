"""The status of an OrderProcessor, put together from what was found out and done. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from patterns_k8s.operator.desired.backfills import BackfillState, job_name
from patterns_k8s.operator.desired.children import Route
from patterns_k8s.operator.desired.findings import Found, Missing, QueueFound, TopicFound, Unknown
from patterns_k8s.operator.desired.last_words import redacted
from patterns_k8s.operator.desired.pod_causes import Cause
from patterns_k8s.operator.desired.processor import Processor, selector_of

__all__ = [
    "Claim",
    "DeploymentSeen",
    "Observation",
    "claims_of",
    "condition_of",
    "deployment_seen",
    "is_rolled_out",
    "status_of",
    "transitions",
]

Json = dict[str, Any]
_Verdict = tuple[bool, str, str]
"""Whether, the reason, the message."""


@dataclass(frozen=True, slots=True)
class DeploymentSeen:
    """A Deployment as the cluster last told of it.

    Attributes:
        current: whether its controller has seen the last change.
        updated: pods of the last change.
        ready: pods that are ready.
        total: pods that there are, those of changes before included.
        stuck: that and why the rollout makes no progress; empty while it does.
        refused: why pods cannot be made (a quota, an admission webhook, Pod Security); empty while they can.
    """

    current: bool = False
    updated: int = 0
    ready: int = 0
    total: int = 0
    stuck: str = ""
    refused: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What one reconcile has found; the whole status follows from it.

    Attributes:
        found: queue and topic.
        route: the way of an order, as far as it is known; None when there are to be no workers.
        replicas: pods that there must be.
        deployment: as the cluster last told of it.
        backfills: states of the declared ranges, by their Jobs' names.
        problem: reason and message of what could not be done.
        cause: why pods are not ready, if they say.
    """

    found: Found
    route: Route | None
    replicas: int
    deployment: DeploymentSeen
    backfills: Mapping[str, BackfillState] = field(default_factory=dict)
    problem: tuple[str, str] | None = None
    cause: Cause | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """That something is so (True), is not (False), or is not known (None), and why."""

    type: str
    met: bool | None
    reason: str
    message: str


def deployment_seen(body: Mapping[str, Any]) -> DeploymentSeen:
    """Return what the cluster tells of a Deployment."""
    status = body.get("status", {})
    conditions = {each["type"]: each for each in status.get("conditions", ())}
    progressing, failing = conditions.get("Progressing", {}), conditions.get("ReplicaFailure", {})
    stuck = progressing.get("reason") == "ProgressDeadlineExceeded"
    return DeploymentSeen(
        current=status.get("observedGeneration", 0) >= body["metadata"].get("generation", 0),
        updated=status.get("updatedReplicas", 0),
        ready=status.get("readyReplicas", 0),
        total=status.get("replicas", 0),
        stuck=progressing.get("message", "") if stuck else "",
        refused=failing.get("message") or "pods cannot be made" if failing.get("status") == "True" else "",
    )


def is_rolled_out(seen: DeploymentSeen, replicas: int) -> bool:
    """Return whether so many pods work, and no others are left."""
    there = seen.current and seen.updated >= replicas and seen.ready >= replicas and seen.total <= replicas
    return there and not seen.stuck


def claims_of(processor: Processor, observed: Observation) -> tuple[Claim, ...]:
    """Return what is so of an OrderProcessor, by what a reconcile has found."""
    found = (_resolved("QueueResolved", observed.found.queue), _resolved("TopicResolved", observed.found.topic))
    hindrance = _hindrance(processor, found, observed)
    ready = Claim("Ready", *(hindrance or _rollout(observed)))
    if hindrance is not None and hindrance[1] == "Suspended":
        ready = replace(ready, message=f"suspended; {observed.deployment.total} pods are left")
    return (ready, *found, _scaling(processor, observed))


def _resolved(claim_type: str, finding: QueueFound | TopicFound | Missing | Unknown) -> Claim:
    match finding:
        case QueueFound(url=where) | TopicFound(arn=where):
            return Claim(claim_type, met=True, reason="Resolved", message=where)
        case Missing():
            return Claim(claim_type, met=False, reason=finding.reason, message=finding.message)
    return Claim(claim_type, met=None, reason=finding.reason, message=finding.message)


def _hindrance(processor: Processor, found: Sequence[Claim], observed: Observation) -> _Verdict | None:
    """Return why there are no workers, or none as declared."""
    if observed.problem:
        return False, *observed.problem
    if processor.spec.suspend:
        return False, "Suspended", ""
    missing = next((each for each in found if each.met is False or (each.met is None and observed.route is None)), None)
    return (False, missing.reason, f"no workers: {missing.message}") if missing else None


def _rollout(observed: Observation) -> _Verdict:
    """Return how far the workers are; what a pod says of itself explains more than what is said of all of them."""
    seen, replicas, cause = observed.deployment, observed.replicas, observed.cause
    pods = f"{seen.ready} of {replicas} pods ready"
    if is_rolled_out(seen, replicas):
        return True, "WorkersReady", pods
    if cause is not None:
        which = "1 pod" if cause.pods == 1 else f"{cause.pods} pods"
        return False, cause.reason, f"{pods}, {which}: {cause.message}"
    if seen.refused:
        return False, "FailedCreate", f"{pods}: {redacted(seen.refused)}"
    if seen.stuck:
        return False, "NotProgressing", seen.stuck
    if not seen.current or seen.updated < replicas or seen.total > replicas:
        return False, "RollingOut", pods
    return False, "PodsNotReady", pods


def _scaling(processor: Processor, observed: Observation) -> Claim:
    limits = processor.spec.replicas
    queue, route, replicas = observed.found.queue, observed.route, observed.replicas
    if processor.spec.suspend:
        return Claim("Scaling", met=False, reason="Suspended", message="suspended: no pods")
    if route is not None and processor.spec.scaling.mode == "External":
        return _external(processor, replicas)
    if isinstance(queue, Unknown) and route is not None:
        return Claim("Scaling", met=None, reason=queue.reason, message=f"held at {replicas}: {queue.message}")
    if route is None or not isinstance(queue, QueueFound):
        return Claim("Scaling", met=False, reason="NothingToScale", message="no pods without a queue and a topic")
    at = "AtMaximum" if replicas == limits.max else "AtMinimum" if replicas == limits.min else "ByQueueDepth"
    return Claim("Scaling", met=True, reason=at, message=f"{replicas} pods, from {limits.min} to {limits.max}")


def _external(processor: Processor, replicas: int) -> Claim:
    """Return whether what others want is within the limits; a change beyond them is refused, one of them is not."""
    limits, wanted = processor.spec.replicas, processor.spec.workers
    within = f"from {limits.min} to {limits.max}"
    if wanted == replicas:
        return Claim("Scaling", met=True, reason="SetExternally", message=f"{replicas} pods, {within}")
    text = f"spec.workers is {wanted} and spec.replicas goes {within}: held at {replicas}"
    return Claim("Scaling", met=False, reason="OutOfBounds", message=text)


def status_of(processor: Processor, observed: Observation, before: Mapping[str, Any], now: datetime) -> Json:
    """Return the whole status. What is not known for now stays as it was ``before``; times move only with changes."""
    queue, topic = observed.found.queue, observed.found.topic
    seen, replicas = observed.deployment, observed.replicas
    old = {condition["type"]: condition for condition in before.get("conditions", ())}
    # A version before had it as the number of pods.
    scaled = before.get("desiredReplicas", before.get("replicas")) != replicas
    return {
        "observedGeneration": processor.generation,
        "replicas": seen.total,
        "desiredReplicas": replicas,
        "readyReplicas": seen.ready,
        "selector": ",".join(f"{key}={value}" for key, value in selector_of(processor.name).items()),
        "messages": queue.messages if isinstance(queue, QueueFound) else before.get("messages"),
        "lastScaleTime": _text(now) if scaled else before.get("lastScaleTime"),
        "queueUrl": queue.url if isinstance(queue, QueueFound) else before.get("queueUrl"),
        "topicArn": topic.arn if isinstance(topic, TopicFound) else before.get("topicArn"),
        "conditions": [
            condition_of(claim, old.get(claim.type), processor.generation, now)
            for claim in claims_of(processor, observed)
        ],
        "backfills": [
            {
                "from": days.first.isoformat(),
                "to": days.last.isoformat(),
                "job": (job := job_name(processor, days)),
                "state": observed.backfills[job],
            }
            for days in processor.spec.backfill
        ],
    }


def transitions(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Json]:
    """Return the conditions of ``after`` whose status or reason is new; of a new object, those that are not met."""
    old = {condition["type"]: (condition["status"], condition["reason"]) for condition in before.get("conditions", ())}
    return [
        condition
        for condition in after["conditions"]
        if old.get(condition["type"], ("True", condition["reason"])) != (condition["status"], condition["reason"])
    ]


def condition_of(claim: Claim, old: Mapping[str, Any] | None, generation: int, now: datetime) -> Json:
    """Return the claim as a condition; its time moves only when its status does."""
    status = {True: "True", False: "False", None: "Unknown"}[claim.met]
    changed = old is None or old["status"] != status
    return {
        "type": claim.type,
        "status": status,
        "reason": claim.reason,
        "message": claim.message[:1024],
        "observedGeneration": generation,
        "lastTransitionTime": _text(now) if changed or old is None else old["lastTransitionTime"],
    }


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
