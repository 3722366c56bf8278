"""The scheduler of a cluster with one node: a pod goes there, or stays pending with the reason."""

import datetime as dt
from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus

import msgspec
from lightkube import ApiError, AsyncClient
from lightkube.models.core_v1 import ObjectReference
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import Pod, PodBinding
from lightkube.types import PatchType

from patterns_infra.local.kubelet.events import Events
from patterns_infra.local.kubelet.pod_parts import meta_of, name_of, namespace_of, spec_of
from patterns_infra.local.kubelet.watched import follow_pods

__all__ = ["Scheduler", "why_not"]

_NAME = "default-scheduler"


class Scheduler:
    """Binds pending pods."""

    def __init__(self, client: AsyncClient, events: Events, node: str, labels: Mapping[str, str]) -> None:
        """Bind nothing yet.

        Args:
            client: as the scheduler.
            events: where it says why a pod waits.
            node: name of the only node.
            labels: of the node.
        """
        self._client = client
        self._events = events
        self._node = node
        self._labels = labels

    async def run(self) -> None:
        """Bind pods for ever."""

        async def absent(_: str) -> None:
            """Nothing is kept of a pod that was bound or deleted."""

        unbound = {"spec.nodeName": "", "status.phase": "Pending"}
        await follow_pods(self._client, unbound, present=self._schedule, absent=absent)

    async def _schedule(self, pod: Pod) -> None:
        if (
            meta_of(pod).deletionTimestamp
            or spec_of(pod).schedulerName not in {None, _NAME}
            or spec_of(pod).schedulingGates
        ):
            return
        reason = why_not(pod, self._labels)
        try:
            if reason:
                await self._refuse(pod, reason)
                return
            target = ObjectReference(apiVersion="v1", kind="Node", name=self._node)
            binding = PodBinding(metadata=ObjectMeta(name=name_of(pod)), target=target)
            # What is answered to a binding is a status, which the client takes for a binding with a field missing.
            with suppress(msgspec.ValidationError):
                await self._client.create(binding, name_of(pod), namespace=namespace_of(pod))
        except ApiError as error:
            # It was deleted, or bound by somebody else, in the meantime.
            if error.status.code not in {HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT}:
                raise

    async def _refuse(self, pod: Pod, reason: str) -> None:
        conditions = (pod.status and pod.status.conditions) or []
        if any(each.type == "PodScheduled" and each.message == reason for each in conditions):
            return
        condition = {
            "type": "PodScheduled",
            "status": "False",
            "reason": "Unschedulable",
            "message": reason,
            "lastTransitionTime": dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        await self._client.patch(
            Pod.Status,
            name_of(pod),
            {"status": {"conditions": [condition]}},
            namespace=namespace_of(pod),
            patch_type=PatchType.STRATEGIC,
        )
        await self._events.tell(pod, "Warning", "FailedScheduling", reason)


def why_not(pod: Pod, labels: Mapping[str, str]) -> str:
    """Return why the pod cannot run on a node with these labels, empty when it can.

    Only the node selector counts: one node without taints is enough for every spread, and for every affinity that a
    shop's patterns have.
    """
    wanted = (pod.spec and spec_of(pod).nodeSelector) or {}
    missing = sorted(f"{key}={value}" for key, value in wanted.items() if labels.get(key) != value)
    return (
        f"0/1 nodes are available: 1 node(s) didn't match Pod's node selector ({', '.join(missing)})" if missing else ""
    )
