"""Writes the status of an OrderProcessor when it has changed, and tells what is worth an event."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from patterns_k8s.operator.api.ports import Children, Tell
from patterns_k8s.operator.controller.tended import Tended
from patterns_k8s.operator.desired.conditions import Claim, condition_of, transitions
from patterns_k8s.operator.desired.pod_causes import REASONS
from patterns_k8s.operator.desired.processor import Owner, Processor, reference_of

__all__ = ["Reports"]

_NEWS = {
    **dict.fromkeys(REASONS, "Warning"),
    "AtMaximum": "Warning",
    "FailedCreate": "Warning",
    "LookupFailed": "Warning",
    "NameNotPublished": "Warning",
    "NameTaken": "Warning",
    "NotProgressing": "Warning",
    "OutOfBounds": "Warning",
    "QueueMissing": "Warning",
    "QueueUnreadable": "Warning",
    "Refused": "Warning",
    "Resolved": "Normal",
    "Suspended": "Normal",
    "WorkersReady": "Normal",
}
"""Reasons that are told as events, with the events' type; the others are stations on the way."""
Write = Callable[[Mapping[str, Any], datetime], dict[str, Any]]
"""Returns the status, given the one before and the time."""


class Reports:
    """The status subresource, written only when it says something new."""

    def __init__(self, cluster: Children, *, now: Callable[[], datetime]) -> None:
        """Take the cluster and the time of day."""
        self._cluster = cluster
        self._now = now

    async def report(self, processor: Processor, tended: Tended, write: Write, tell: Tell) -> None:
        """Write the status if it changed, and tell its news."""
        before = tended.status or {}
        after = {name: value for name, value in write(before, self._now()).items() if value is not None}
        if after == before and tended.overwritten is None:
            return
        await self._write(processor.owner, tended, after)
        for condition in transitions(before, after):
            reason = condition["reason"]
            kind = _NEWS.get(reason)
            # What a new one was declared to be is no news.
            if kind and (before or kind == "Warning") and (condition["type"], reason) != ("Scaling", "Suspended"):
                tell(kind, reason, f"{condition['type']}: {condition['message']}")

    async def refuse(self, body: Mapping[str, Any], tended: Tended, problem: str, tell: Tell) -> None:
        """Report a spec that cannot be read; admission and schema should not have let it in."""
        metadata = body["metadata"]
        before = tended.status if tended.status is not None else dict(body.get("status", {}))
        old = {each["type"]: each for each in before.get("conditions", ())}
        claim = Claim("Ready", met=False, reason="InvalidSpec", message=problem)
        ready = condition_of(claim, old.get("Ready"), metadata.get("generation", 1), self._now())
        if ready == old.get("Ready") and tended.overwritten is None:
            return
        after = {**before, "conditions": [ready, *(each for each in old.values() if each["type"] != "Ready")]}
        await self._write(Owner(metadata["name"], metadata["namespace"], metadata["uid"]), tended, after)
        tell("Warning", "InvalidSpec", problem)

    async def _write(self, owner: Owner, tended: Tended, status: dict[str, Any]) -> None:
        """Write the status of this OrderProcessor, and of no other of its name."""
        _, others = tended.overwritten or (0, {})
        gone = dict.fromkeys((others.keys() | (tended.status or {}).keys()) - status.keys())
        change = {"metadata": {"uid": owner.uid}, "status": status | gone}
        kept = await self._cluster.merge(reference_of(owner.name, owner.namespace), change, part="/status")
        tended.wrote(status, kept)
