"""Events: what happened to a pod, for `kubectl describe` and `kubectl get events`."""

import datetime as dt
import secrets
from dataclasses import dataclass, field

import httpx2
from lightkube import AsyncClient
from lightkube.models.core_v1 import EventSource, ObjectReference
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import Event, Pod
from lightkube.types import PatchType

from patterns_local.kubelet.pod_parts import meta_of

__all__ = ["Events"]

_REMEMBERED = 1000


@dataclass(slots=True)
class Events:
    """Records them; what happens again is counted. Losing one is no reason to fail."""

    client: AsyncClient
    component: str
    host: str
    _known: dict[tuple[str, str, str], tuple[str, int]] = field(default_factory=dict)

    async def tell(self, pod: Pod, kind: str, reason: str, message: str) -> None:
        """Record an event of a pod; ``kind`` is ``Normal`` or ``Warning``."""
        meta = meta_of(pod)
        key = (str(meta.uid), reason, message)
        now = dt.datetime.now(dt.UTC)
        try:
            if key in self._known:
                name, count = self._known[key]
                counted = {"count": count + 1, "lastTimestamp": now.strftime("%Y-%m-%dT%H:%M:%SZ")}
                await self.client.patch(Event, name, counted, namespace=meta.namespace, patch_type=PatchType.MERGE)
                self._known[key] = (name, count + 1)
            else:
                name = f"{meta.name}.{secrets.token_hex(8)}"
                await self.client.create(self._event(pod, name, kind=kind, reason=reason, message=message, now=now))
                if len(self._known) >= _REMEMBERED:
                    del self._known[next(iter(self._known))]
                self._known[key] = (name, 1)
        except httpx2.HTTPError:
            return

    def _event(self, pod: Pod, name: str, *, kind: str, reason: str, message: str, now: dt.datetime) -> Event:
        meta = meta_of(pod)
        about = ObjectReference(
            apiVersion="v1",
            kind="Pod",
            name=meta.name,
            namespace=meta.namespace,
            uid=meta.uid,
            resourceVersion=meta.resourceVersion,
        )
        return Event(
            metadata=ObjectMeta(name=name, namespace=meta.namespace),
            involvedObject=about,
            type=kind,
            reason=reason,
            message=message[:1000],
            count=1,
            firstTimestamp=now,
            lastTimestamp=now,
            source=EventSource(component=self.component, host=self.host),
        )
