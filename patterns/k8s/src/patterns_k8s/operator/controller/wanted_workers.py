"""The wanted pods in an OrderProcessor's spec: read as others set them, written as the queue's depth has it.

An OrderProcessor is to its scale subresource what a Deployment is to its own: ``spec.workers`` is what is wanted,
whoever writes it, and ``status.replicas`` what there is (docs/adr/0059).
"""

from dataclasses import dataclass

from patterns_k8s.operator.api.ports import Merges
from patterns_k8s.operator.desired.drift import version_of
from patterns_k8s.operator.desired.processor import Processor, reference_of
from patterns_k8s.resource.order_processor import OrderProcessorSpec

__all__ = ["WantedWorkers", "bounded", "write_workers"]


@dataclass(slots=True)
class WantedWorkers:
    """The number as last read or written.

    Attributes:
        known: the number; None before it was read.
        version: of the OrderProcessor after it was written: what is older tells of the number before.
    """

    known: int | None = None
    version: int = 0

    def read(self, processor: Processor) -> int | None:
        """Return the number if another has set it since it was last read or written, else None."""
        if processor.version < self.version:
            return None
        before, self.known = self.known, processor.spec.workers
        return None if before is None or before == self.known else self.known


def bounded(spec: OrderProcessorSpec) -> int:
    """Return the wanted pods, within the limits."""
    return min(max(spec.workers, spec.replicas.min), spec.replicas.max)


async def write_workers(cluster: Merges, processor: Processor, workers: WantedWorkers, replicas: int) -> bool:
    """Write the number by the scale subresource, if it is another, and return whether it was.

    That is not asked of the admission webhook, so an operator that does not answer reviews can scale all the same.
    """
    if workers.known == replicas or not processor.has_workers:
        return False
    change = {"metadata": {"uid": processor.uid}, "spec": {"replicas": replicas}}
    kept = await cluster.merge(reference_of(processor.name, processor.namespace), change, part="/scale")
    workers.known, workers.version = replicas, version_of(kept)
    return True
