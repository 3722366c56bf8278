"""Why pods are not ready, as they say it themselves. Pure.

https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#container-states
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from patterns_k8s.operator.desired.last_words import last_words, redacted

__all__ = ["REASONS", "Cause", "cause_of"]

Json = Mapping[str, Any]

_PULLS = frozenset({"ErrImagePull", "ImagePullBackOff"})
"""A pod alternates between the two for as long as its image cannot be pulled."""
_STARTING = frozenset({"", "ContainerCreating", "PodInitializing", "CrashLoopBackOff"})
"""Reasons to wait that say nothing by themselves."""
_NO_CREDENTIALS = re.compile(
    r"Unable to (?:locate|load) credentials|NoCredentialsError|CredentialRetrievalError"
    r"|Error when retrieving credentials|Partial credentials found"
)
"""botocore's words for a process to which nothing gives a role: botocore/exceptions.py."""
_DENIED = re.compile(
    r"\((?:AccessDenied|AccessDeniedException|AuthorizationError|UnrecognizedClientException|InvalidClientTokenId"
    r"|ExpiredToken|ExpiredTokenException|SignatureDoesNotMatch)\)|not authorized to perform"
)
REASONS = (
    "NoCredentials",
    "AccessDenied",
    "OOMKilled",
    "CrashLoopBackOff",
    "ErrImagePull",
    "InvalidImageName",
    "ErrImageNeverPull",
    "CreateContainerConfigError",
    "CreateContainerError",
    "RunContainerError",
    "Unschedulable",
)
"""Reasons of the condition ``Ready``, from those that explain most to those that explain least."""
_ROLLOUT = "pod-template-hash"
"""The label by which a Deployment's controller tells the pods of its ReplicaSets apart."""
_REASON = re.compile(r"[A-Za-z][A-Za-z0-9]{0,63}")


@dataclass(frozen=True, slots=True)
class Cause:
    """What keeps pods from working, and how many it keeps."""

    reason: str
    message: str
    pods: int


def cause_of(pods: Sequence[Json], *, image: str, wanted: int, account: str) -> Cause | None:
    """Return the cause that most of the pods have, None when none of them says why it is not ready.

    Only pods of the newest rollout count: what those before it suffer from may be what it is to mend. Of causes with as
    many pods the first of `REASONS` is returned, of messages the most frequent, else the first in alphabetical order:
    the same pods always give the same cause.

    Args:
        pods: all of one OrderProcessor's workers.
        image: that they are to have now.
        wanted: how many of them there must be.
        account: the service account of the pods, which a role is associated with.
    """
    pods = _newest(pods, image)
    alive = [pod for pod in pods if pod["status"].get("phase") not in {"Succeeded", "Failed"}]
    found = [
        why for pod in alive if not _is_ready(pod) and not _is_ending(pod) and (why := _why(pod, account)) is not None
    ]
    if not found and len(alive) < wanted:
        # A node that cannot take a pod fails it, and the next one is made. What failed before is kept for long.
        found = [why for pod in pods if (why := _rejection(pod)) is not None]
    if not found:
        return None
    counted = Counter(reason for reason, _ in found)
    reason = min(counted, key=lambda each: (-counted[each], _rank(each), each))
    messages = Counter(message for each, message in found if each == reason)
    message = min(messages, key=lambda each: (-messages[each], each))
    return Cause(reason, message, counted[reason])


def _newest(pods: Sequence[Json], image: str) -> Sequence[Json]:
    """Return the pods with this image, and of those the ones whose ReplicaSet began last.

    Where an admission webhook rewrites images none has this one; then that is not asked for.
    """
    declared = [pod for pod in pods if any(each.get("image") == image for each in _containers(pod.get("spec", {})))]
    rollouts: dict[str, list[Json]] = {}
    for pod in declared or pods:
        rollouts.setdefault(pod["metadata"].get("labels", {}).get(_ROLLOUT, ""), []).append(pod)
    began = {
        rollout: min(str(pod["metadata"].get("creationTimestamp", "")) for pod in made)
        for rollout, made in rollouts.items()
    }
    return rollouts[max(began, key=lambda each: (began[each], each))] if began else ()


def _why(pod: Json, account: str) -> tuple[str, str] | None:
    """Return the reason and the message of one pod that is not ready."""
    status = pod["status"]
    whys = [
        why
        for each in (*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ()))
        if not each.get("ready") and (why := _why_of_container(each, _limit(pod, each["name"]), account)) is not None
    ]
    if whys:
        return min(whys, key=lambda why: (_rank(why[0]), why))
    unscheduled = (
        each for each in status.get("conditions", ()) if each["type"] == "PodScheduled" and each["status"] == "False"
    )
    for condition in unscheduled:
        # Also for a scheduling gate: no node has been chosen.
        return "Unschedulable", redacted(condition.get("message") or condition.get("reason", ""))
    return None


def _why_of_container(container: Json, limit: str, account: str) -> tuple[str, str] | None:
    state = container.get("state", {})
    waiting = state.get("waiting", {})
    reason, message = str(waiting.get("reason", "")), redacted(waiting.get("message", ""))
    if reason in _PULLS:
        return "ErrImagePull", message or f"cannot pull {container.get('image', '')}"
    if reason not in _STARTING:
        return (reason if _REASON.fullmatch(reason) else "PodsNotReady"), message or reason
    ended = state.get("terminated") or container.get("lastState", {}).get("terminated")
    # One that ended, began again and has passed its startup probe since is not ready for another reason.
    if not ended or ("running" in state and container.get("started")):
        return None
    return _why_it_ended(ended, limit, account)


def _why_it_ended(ended: Json, limit: str, account: str) -> tuple[str, str]:
    if ended.get("reason") == "OOMKilled":
        at = f" of {limit}" if limit else ""
        return "OOMKilled", f"killed at the memory limit{at} (spec.resources.limits.memory)"
    words = last_words(str(ended.get("message", "")))
    how = f"exit code {ended.get('exitCode', 'unknown')}"
    said = f"{how}: {words}" if words else f"{how}, without a last word ({ended.get('reason', 'Error')})"
    if _NO_CREDENTIALS.search(words):
        return "NoCredentials", (
            f"pods of the service account {account} get no AWS role: there is no Pod Identity association for it, or "
            f"there was none when the pods were made; {said}"
        )
    if _DENIED.search(words):
        return "AccessDenied", f"AWS refuses the role of the service account {account}; {said}"
    return "CrashLoopBackOff", said


def _rejection(pod: Json) -> tuple[str, str] | None:
    status = pod["status"]
    reason = str(status.get("reason", ""))
    if status.get("phase") != "Failed" or not _REASON.fullmatch(reason):
        return None
    return reason, redacted(status.get("message", "")) or reason


def _limit(pod: Json, name: str) -> str:
    for each in _containers(pod.get("spec", {})):
        if each["name"] == name:
            return str(each.get("resources", {}).get("limits", {}).get("memory", ""))
    return ""


def _containers(spec: Json) -> Iterator[Json]:
    kinds: Iterable[str] = ("containers", "initContainers")
    for kind in kinds:
        yield from spec.get(kind, ())


def _rank(reason: str) -> int:
    return REASONS.index(reason) if reason in REASONS else len(REASONS)


def _is_ready(pod: Json) -> bool:
    conditions = pod["status"].get("conditions", ())
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def _is_ending(pod: Json) -> bool:
    return bool(pod["metadata"].get("deletionTimestamp"))
