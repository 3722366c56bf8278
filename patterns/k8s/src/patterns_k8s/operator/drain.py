"""The end of an OrderProcessor: its workers finish first, then it may go, and the cluster collects the rest."""

import contextlib
from collections.abc import Mapping
from typing import Protocol

from patterns_k8s.operator.answers import Gone
from patterns_k8s.operator.ports import Merges
from patterns_k8s.operator.processor import Manifest, selector_of

__all__ = ["Drains", "drain"]


class Drains(Merges, Protocol):
    """The cluster, as far as it is needed here; raises ClusterError."""

    async def count_pods(self, namespace: str, labels: Mapping[str, str]) -> int:
        """Return how many pods have these labels and have not ended."""
        ...


async def drain(cluster: Drains, *, name: str, namespace: str) -> int:
    """Take the workers away, and return how many have not ended yet; asking again is asking for the same.

    A backfill is not waited for: what it has not published another run would publish.
    """
    reference: Manifest = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace},
    }
    # Pods may be left of one that is gone.
    with contextlib.suppress(Gone):
        await cluster.merge(reference, {"spec": {"replicas": 0}})
    return await cluster.count_pods(namespace, selector_of(name))
