"""Looks at an OrderProcessor's pods when its Deployment has not been ready for a while.

Pods are not watched, so an OrderProcessor whose pods work costs no request. Its Deployment's status, which is watched,
says when to look (docs/adr/0049).
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from patterns_k8s.operator.api.answers import ClusterError
from patterns_k8s.operator.desired.conditions import DeploymentSeen, is_rolled_out
from patterns_k8s.operator.desired.pod_causes import Cause, cause_of
from patterns_k8s.operator.desired.processor import Manifest, Processor, selector_of

__all__ = ["Diagnosis", "PodDiagnosis", "Pods"]

_log = logging.getLogger(__name__)
_PATIENCE = 10.0
"""Seconds that a rollout has before its pods are looked at: most are over by then."""
_LONGEST_PAUSE = 60.0
"""Seconds from one look to the next; the first is as long as the patience, and each is twice the one before."""


class Pods(Protocol):
    """The cluster, as far as it is needed here; raises ClusterError."""

    async def list_pods(self, namespace: str, labels: Mapping[str, str]) -> list[Manifest]:
        """Return the pods with these labels."""
        ...


@dataclass(slots=True)
class Diagnosis:
    """What is known of why pods are not ready.

    Attributes:
        of: what the pods were made of; pods of something else have other causes.
        due: when to look at the pods, in seconds of the clock; None while they are ready.
        pause: seconds from the next look to the one after it.
        cause: as last seen.
    """

    of: object = None
    due: float | None = None
    pause: float = _PATIENCE
    cause: Cause | None = None


class PodDiagnosis:
    """Finds out why pods are not ready, less and less often."""

    def __init__(self, cluster: Pods, *, clock: Callable[[], float]) -> None:
        """``clock`` counts seconds."""
        self._cluster = cluster
        self._clock = clock

    def is_due(self, diagnosis: Diagnosis) -> bool:
        """Return whether pods are to be looked at that have not been ready for long enough."""
        return diagnosis.due is not None and self._clock() >= diagnosis.due

    async def look(
        self, processor: Processor, diagnosis: Diagnosis, *, of: object, replicas: int, seen: DeploymentSeen
    ) -> Cause | None:
        """Return why pods are not ready, None when they are or when no pod says why.

        A cluster that does not answer is no reason to leave all else undone: what was known before holds.

        Args:
            processor: whose pods they are.
            diagnosis: what is known; it is changed.
            of: what the pods are made of.
            replicas: how many there must be.
            seen: the Deployment.
        """
        if of is None or not replicas or is_rolled_out(seen, replicas):
            diagnosis.of, diagnosis.due, diagnosis.cause = of, None, None
            return None
        if diagnosis.due is None or diagnosis.of != of:
            diagnosis.of, diagnosis.cause = of, None
            diagnosis.due, diagnosis.pause = self._clock() + _PATIENCE, _PATIENCE
            return None
        if self.is_due(diagnosis):
            diagnosis.due = self._clock() + diagnosis.pause
            diagnosis.pause = min(_LONGEST_PAUSE, 2 * diagnosis.pause)
            try:
                pods = await self._cluster.list_pods(processor.namespace, selector_of(processor.name))
            except ClusterError as error:
                _log.warning("%s; why pods of %s are not ready is not known.", error, processor.name)
            else:
                diagnosis.cause = cause_of(
                    pods, image=processor.spec.image, wanted=replicas, account=processor.owner.child_name
                )
        return diagnosis.cause
