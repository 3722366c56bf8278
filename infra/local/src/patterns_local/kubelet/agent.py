"""The kubelet itself: the pods that are bound to the node, and what runs of them."""

import asyncio
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field

from lightkube.resources.core_v1 import Pod

from patterns_local.kubelet.addresses import Addresses
from patterns_local.kubelet.insisting import insist
from patterns_local.kubelet.pod import NodeFacts, PodProcesses
from patterns_local.kubelet.pod_parts import meta_of, name_of, namespace_of, uid_of
from patterns_local.kubelet.status import PodRecord
from patterns_local.kubelet.watched import follow_pods

__all__ = ["Agent"]

_LATE_SECONDS = 60.0


@dataclass(slots=True)
class Agent:
    """Runs what the API server says that this node shall run.

    Attributes:
        node: its name.
        facts: what pods share.
        forget: called with the uid of a pod that is gone.
    """

    node: str
    facts: NodeFacts
    forget: Callable[[str], None]
    _pods: dict[str, PodProcesses] = field(default_factory=dict)
    _ending: dict[str, "asyncio.Task[None]"] = field(default_factory=dict)
    _there: set[str] = field(default_factory=set)
    _addresses: Addresses = field(default_factory=Addresses)

    async def run(self) -> None:
        """Follow the node's pods for ever."""
        fields = {"spec.nodeName": self.node}
        with closing(self._addresses):
            await follow_pods(self.facts.client, fields, present=self._present, absent=self._absent)

    def find(self, namespace: str, name: str) -> PodProcesses | None:
        """Return a pod by its name."""
        for each in self._pods.values():
            meta = each.pod.metadata
            if meta and (meta.namespace, meta.name) == (namespace, name):
                return each
        return None

    async def _present(self, pod: Pod) -> None:
        uid = uid_of(pod)
        self._there.add(uid)
        known = self._pods.get(uid)
        if known:
            known.pod = pod
        if meta_of(pod).deletionTimestamp:
            self._end(uid, pod, float(meta_of(pod).deletionGracePeriodSeconds or 0))
        elif (
            known is None
            and uid not in self._ending
            and not (pod.status and pod.status.phase in {"Succeeded", "Failed"})
        ):
            address = self._addresses.take(uid, pod.status.podIP if pod.status else None)
            record = PodRecord(address, self.facts.address, time.time())
            if pod.status and pod.status.startTime:
                record.started_at = pod.status.startTime.timestamp()
            started = PodProcesses(pod, self.facts, record, lambda: uid in self._there)
            self._pods[uid] = started
            started.start()

    async def _absent(self, uid: str) -> None:
        """End what was deleted with no grace, or while nobody was told."""
        self._there.discard(uid)
        self._end(uid, None, 0.0)

    def _end(self, uid: str, deleted: Pod | None, grace: float) -> None:
        """End a pod once; what is not known any more was ended before.

        Told again, it can only be in more of a hurry, as a kubelet is: the new grace counts from now.
        """
        known = self._pods.get(uid)
        if known:
            known.grace(grace)
        if uid not in self._ending and (deleted or known):
            self._ending[uid] = asyncio.create_task(self._finish(uid, deleted, grace))

    async def _finish(self, uid: str, deleted: Pod | None, grace: float) -> None:
        known = self._pods.get(uid)
        try:
            if known:
                await known.stop(grace)
            if deleted:
                await self._delete(deleted)
        finally:
            self._pods.pop(uid, None)
            self._addresses.give_back(uid)
            self.forget(uid)
            # Changes that are still on their way to us speak of a pod that has ended.
            asyncio.get_running_loop().call_later(_LATE_SECONDS, self._ending.pop, uid, None)

    async def _delete(self, pod: Pod) -> None:
        """Tell the API server that nothing of the pod runs any more."""
        uid, name, namespace = uid_of(pod), name_of(pod), namespace_of(pod)

        async def delete() -> None:
            there = await self.facts.client.get(Pod, name, namespace=namespace)
            # Somebody may have forced its end, and another pod may have taken its name.
            if uid_of(there) == uid:
                await self.facts.client.delete(Pod, name, namespace=namespace, grace_period=0)

        await insist(delete, is_there=lambda: uid in self._there)
