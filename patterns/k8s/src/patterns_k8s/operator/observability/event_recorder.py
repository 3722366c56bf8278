"""Posts Events about OrderProcessors; what happens again is counted in the same Event, as client-go's recorder does.

kopf posts a new Event for each occurrence. A count takes a request as well, but no more of the API server's storage,
and ``kubectl describe`` shows one line.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from patterns_k8s.operator.api.answers import ClusterError, Gone
from patterns_k8s.operator.api.ports import Merges, Tell
from patterns_k8s.operator.desired.processor import MANAGER, Manifest, reference_of

__all__ = ["EventRecorder", "PostsEvents"]

_log = logging.getLogger(__name__)
_GATHERED = frozenset({"Repaired"})
"""Reasons whose Events are one, whatever their messages say: who edits children in turns makes one line."""
_WINDOW = timedelta(minutes=10)
"""After which the same is a new Event, as for client-go's recorder."""
_REMEMBERED = 4096
_LONGEST_MESSAGE = 1024
"""https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/"""
_Key = tuple[str, str, str, str]


class PostsEvents(Merges, Protocol):
    """The cluster, as far as it is needed here; raises ClusterError."""

    async def create(self, manifest: Manifest) -> Manifest:
        """Create the object and return it."""
        ...


@dataclass(slots=True)
class _Record:
    """One Event: what it says, how often that has been so, and its name once it was posted."""

    regarding: Manifest
    kind: str
    reason: str
    first: datetime
    last: datetime
    messages: list[str] = field(default_factory=list)
    count: int = 0
    name: str = ""

    def add(self, message: str, at: datetime) -> None:
        """Count one more."""
        self.count += 1
        self.last = at
        if message not in self.messages:
            self.messages.append(message)
        while len(self.messages) > 1 and len(self.message) > _LONGEST_MESSAGE:
            self.messages.pop(0)

    @property
    def message(self) -> str:
        """What it says, the newest last."""
        return "; ".join(self.messages)


class EventRecorder:
    """Takes events at once and posts them one after the other; while they wait they are counted, too."""

    def __init__(self, cluster: PostsEvents, *, now: Callable[[], datetime], instance: str) -> None:
        """``instance`` is this operator among its peers."""
        self._cluster = cluster
        self._now = now
        self._instance = instance
        self._records: OrderedDict[_Key, _Record] = OrderedDict()
        self._waiting: dict[_Key, _Record] = {}
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Begin to post."""
        self._task = asyncio.create_task(self._post_all())

    def close(self) -> None:
        """Post no more."""
        if self._task is not None:
            self._task.cancel()

    def teller(self, body: Mapping[str, Any]) -> Tell:
        """Return what posts events about this OrderProcessor: type, reason, message."""
        metadata = body["metadata"]
        uid = str(metadata["uid"])
        reference = reference_of(metadata["name"], metadata["namespace"])
        regarding = {key: reference[key] for key in ("apiVersion", "kind")} | reference["metadata"] | {"uid": uid}
        return lambda kind, reason, message: self._take(regarding, kind, reason, message[:_LONGEST_MESSAGE])

    def _take(self, regarding: Manifest, kind: str, reason: str, message: str) -> None:
        key = (regarding["uid"], kind, reason, "" if reason in _GATHERED else message)
        now = self._now()
        record = self._records.pop(key, None)
        if record is None or now - record.last > _WINDOW:
            record = _Record(regarding, kind, reason, first=now, last=now)
        record.add(message, now)
        self._records[key] = record
        if len(self._records) > _REMEMBERED:
            self._records.popitem(last=False)
        if key not in self._waiting and len(self._waiting) >= _REMEMBERED:
            _log.warning("the API server takes no events; not posted: %s: %s", reason, message)
            return
        self._waiting[key] = record
        self._news.set()

    async def _post_all(self) -> None:
        while True:
            await self._news.wait()
            while self._waiting:
                record = self._waiting.pop(next(iter(self._waiting)))
                try:
                    await self._post(record)
                except ClusterError as error:
                    _log.warning("%s; not posted: %s: %s", error, record.reason, record.message)
            self._news.clear()

    async def _post(self, record: _Record) -> None:
        """Post the Event, or its count if it is there; one that the API server has forgotten is posted again."""
        namespace = record.regarding["namespace"]
        news = {"count": record.count, "lastTimestamp": _text(record.last), "message": record.message}
        if record.name:
            reference = {"apiVersion": "v1", "kind": "Event", "metadata": {"name": record.name, "namespace": namespace}}
            try:
                await self._cluster.merge(reference, news)
            except Gone:
                record.name = ""
            else:
                return
        kept = await self._cluster.create(
            {
                "apiVersion": "v1",
                "kind": "Event",
                "metadata": {"generateName": f"{record.regarding['name']}.", "namespace": namespace},
                "involvedObject": record.regarding,
                "type": record.kind,
                "reason": record.reason,
                "firstTimestamp": _text(record.first),
                "source": {"component": MANAGER, "host": self._instance},
                "reportingComponent": MANAGER,
                "reportingInstance": self._instance,
                **news,
            }
        )
        record.name = kept["metadata"]["name"]


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
