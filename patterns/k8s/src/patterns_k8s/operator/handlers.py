"""What kopf calls, and when; every handler hands on at once.

There is one handler that acts, a daemon for each OrderProcessor, so that no two ever act on the same one; the others
wake it, and are coroutines, since kopf would run a plain function in a thread, from which nobody may be woken. kopf
starts the daemon for those that are there and those that come, and stops it when a peer takes over, when the
OrderProcessor is deleted, and when the operator ends. What happens to children comes by a watch of their own.
"""

import asyncio
from datetime import UTC, datetime
from typing import cast

import kopf

from patterns_k8s.operator.api.answers import ClusterError
from patterns_k8s.operator.controller.drain import drain
from patterns_k8s.operator.desired.processor import Manifest, Owner, reference_of
from patterns_k8s.operator.parts import Parts
from patterns_k8s.operator.settings import configure
from patterns_k8s.operator.webhook.admission import problems_of, warnings_of
from patterns_k8s.operator.webhook.admission_server import AdmissionServer
from patterns_k8s.resource.order_processor import GROUP, PLURAL, VERSION, OrderProcessorSpec

__all__ = ["register"]

_DRAIN_SECONDS = 900
"""After which a deletion goes on, whatever is left: a pod on a lost node never ends."""
_ORPHAN = "orphan"
"""The cluster's own finalizer: it takes the owner out of the children before the OrderProcessor goes.

https://kubernetes.io/docs/concepts/architecture/garbage-collection/#orphaned-dependents
"""
_PROCESSORS = (GROUP, VERSION, PLURAL)


def register(registry: kopf.OperatorRegistry, parts: Parts, *, drain_look_seconds: float = 1.0) -> None:
    """Register every handler; ``drain_look_seconds`` is the time from one look at the pods of a drain to the next."""
    _register_life(registry, parts)
    _register_processors(registry, parts)
    _register_deletions(registry, parts, drain_look_seconds)
    if parts.settings.webhook is not None:
        _register_admission(registry, parts)


def _register_life(registry: kopf.OperatorRegistry, parts: Parts) -> None:
    @kopf.on.login(registry=registry, id="login")
    async def login(settings: kopf.OperatorSettings, **_: object) -> kopf.ConnectionInfo:
        return parts.connect(settings)

    @kopf.on.startup(registry=registry, id="start")
    async def start(settings: kopf.OperatorSettings, **_: object) -> None:
        configure(settings, parts.settings)
        if parts.settings.webhook is not None:
            settings.admission.server = AdmissionServer(
                parts.settings.webhook,
                listening=parts.status_server.admits,
                note_end=parts.metrics.certificate_end.set,
            )
        await parts.status_server.start(parts.settings.host, parts.settings.status_port)
        # Last: kopf starts anew what failed.
        parts.child_watch.begin()
        parts.events.begin()

    @kopf.on.cleanup(registry=registry, id="end")
    async def end(**_: object) -> None:
        parts.child_watch.close()
        parts.events.close()
        parts.reminders.close()
        await parts.status_server.stop()
        await parts.cluster.close()


def _register_processors(registry: kopf.OperatorRegistry, parts: Parts) -> None:
    # Cancelled rather than asked to end: whatever it is at, the next one finds out what is left.
    @kopf.daemon(*_PROCESSORS, registry=registry, id="tend", cancellation_timeout=5)
    async def tend(body: kopf.Body, uid: str, logger: kopf.Logger, stopped: kopf.DaemonStopped, **_: object) -> None:
        try:
            await parts.tending.tend(body, parts.events.teller(body), logger)
        except asyncio.CancelledError:
            if not stopped:
                raise
        finally:
            # Who looks after it next, here or elsewhere, finds out all of it.
            parts.memories.forget(uid)

    @kopf.on.event(*_PROCESSORS, registry=registry, id="edited")
    async def edited(event: kopf.RawEvent, uid: str, meta: kopf.Meta, **_: object) -> None:
        if event["type"] == "DELETED":
            parts.reminders.end(uid)
            return
        if _is_ending(meta):
            parts.reminders.begin(uid, reference_of(meta["name"], meta["namespace"]))
        body = cast("Manifest", event["object"])
        # kopf keeps the newest body for the daemon. Half of it is who set which field, which nobody here reads.
        body["metadata"].pop("managedFields", None)
        parts.memories.edited(uid, body)


def _register_deletions(registry: kopf.OperatorRegistry, parts: Parts, look_seconds: float) -> None:
    # Without the condition kopf would see every change through as if somebody handled it. With the id the progress of a
    # drain has a name that an annotation may have.
    @kopf.on.delete(*_PROCESSORS, registry=registry, id="drain", when=_is_ending, timeout=_DRAIN_SECONDS)
    async def end(meta: kopf.Meta, body: kopf.Body, retry: int, **_: object) -> None:
        if _ORPHAN in meta.get("finalizers", ()):
            return  # the workers go on: kubectl delete --cascade=orphan
        try:
            owner = Owner(meta["name"], meta["namespace"], meta["uid"])
            left = await drain(parts.cluster, owner, former=parts.memories.former_deployments(owner.uid))
        except ClusterError as error:
            raise kopf.TemporaryError(str(error), delay=min(30, 2 + retry)) from error
        if left:
            if not retry:
                parts.events.teller(body)("Normal", "Draining", f"waiting for {left} pods to end")
            raise kopf.TemporaryError(f"draining: {left} pods are left", delay=look_seconds)


def _register_admission(registry: kopf.OperatorRegistry, parts: Parts) -> None:
    @kopf.on.validate(*_PROCESSORS, registry=registry, id="validate")
    async def validate(name: str, namespace: str | None, body: kopf.Body, warnings: list[str], **_: object) -> None:
        problems = problems_of(body["spec"], today=datetime.now(UTC).date())
        parts.metrics.admissions.labels("refused" if problems else "allowed").inc()
        if problems:
            raise kopf.AdmissionError("; ".join(problems), code=422)
        spec = OrderProcessorSpec.read(body["spec"])
        sharing = parts.memories.working_on(spec.queue, namespace=str(namespace), but=name)
        watched = parts.settings.namespace
        warnings += warnings_of(spec, sharing=sharing, namespace=str(namespace), watched=watched)


def _is_ending(meta: kopf.Meta, **_: object) -> bool:
    return bool(meta.get("deletionTimestamp"))
