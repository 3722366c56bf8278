"""How many pods an OrderProcessor has now: by its queue's depth, or as others say by the scale subresource."""

from collections.abc import Callable

from patterns_k8s.operator.api.ports import Merges, Tell
from patterns_k8s.operator.controller.tended import Tended
from patterns_k8s.operator.controller.wanted_workers import bounded, write_workers
from patterns_k8s.operator.desired.findings import Found
from patterns_k8s.operator.desired.processor import Processor
from patterns_k8s.operator.desired.scaling import ScalingMemory, ScalingPolicy, next_scale
from patterns_k8s.operator.observability.metrics import Metrics

__all__ = ["Scaler"]


class Scaler:
    """Decides how many pods there are to be, and declares it."""

    def __init__(self, cluster: Merges, metrics: Metrics, *, clock: Callable[[], float]) -> None:
        """``clock`` counts seconds."""
        self._cluster = cluster
        self._metrics = metrics
        self._clock = clock

    def scale(self, processor: Processor, tended: Tended, found: Found, tell: Tell) -> int:
        """Return how many pods there must be now."""
        spec = processor.spec
        before = start = tended.scaling or ScalingMemory(tended.replicas_told or spec.replicas.min)
        asked = tended.workers.read(processor)
        if spec.suspend or found.lacks_one:
            after = ScalingMemory(0)
        elif spec.scaling.mode == "External":
            after = ScalingMemory(bounded(spec))
        else:
            # As an autoscaler does with a Deployment that a person has scaled: it goes on from there.
            start = before if asked is None else ScalingMemory(asked)
            policy = ScalingPolicy(
                least=spec.replicas.min,
                most=spec.replicas.max,
                messages_per_pod=spec.scaling.messages_per_pod,
                cooldown=spec.scaling.cooldown_seconds,
            )
            after = next_scale(policy, start, found.messages, self._clock())
        if tended.scaled_from_cluster and after.replicas != before.replicas:
            up = after.replicas > before.replicas
            self._metrics.scaled.labels("up" if up else "down").inc()
            why = _why_scaled(processor, found.messages, asked)
            text = f"from {before.replicas} to {after.replicas} pods{why}"
            tell("Normal", "ScaledUp" if up else "ScaledDown", text)
        tended.scaling = after
        return after.replicas

    async def declare(self, processor: Processor, tended: Tended, replicas: int) -> bool:
        """Write how many pods the queue's depth wants, and return whether that was another number.

        While there are to be no workers it stays as it was: what will be wanted then is not known.
        """
        if processor.spec.suspend or tended.route is None or processor.spec.scaling.mode == "External":
            return False
        return await write_workers(self._cluster, processor, tended.workers, replicas)


def _why_scaled(processor: Processor, messages: int | None, asked: int | None) -> str:
    if asked is not None or processor.spec.scaling.mode == "External":
        return f", spec.workers was set to {processor.spec.workers}"
    return "" if messages is None else f" for {messages} messages"
