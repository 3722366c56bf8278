"""A cluster of the benchmarks' own, with the operator's definitions and rights on it, and no operator."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.kube_cluster import IN_SYSTEM, KubeCluster, running_cluster
from tests.operator_install import OPERATOR, install
from tests.operators import Operators
from tests.pod_roles import PodRoles

from patterns_deploy.folder import LocalFolder

__all__ = ["Surroundings", "surroundings"]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The cluster, and what starts operators on it as processes, with the rights of the operator's account."""

    cluster: KubeCluster
    operators: Operators
    roles: PodRoles
    folder: Path


@contextmanager
def surroundings() -> Iterator[Surroundings]:
    """Yield a cluster. No webhook server runs, so no admission reviews are requested, as for a bare operator."""
    with tempfile.TemporaryDirectory(prefix="patterns-bench-") as name:
        folder = Path(name)
        (folder / "install").mkdir()
        with running_cluster(LocalFolder(folder / "state")) as cluster:
            roles = PodRoles.deploy(cluster)
            installation = install(cluster, folder / "install")
            cluster.kubectl("scale", f"deployment/{OPERATOR}", "--replicas=0", IN_SYSTEM)
            cluster.kubectl("delete", "validatingwebhookconfiguration", OPERATOR)
            gone = f"--selector=app.kubernetes.io/name={OPERATOR}"
            cluster.kubectl("wait", "--for=delete", "pod", gone, "--timeout=40s", IN_SYSTEM, seconds=50)
            yield Surroundings(cluster, Operators(cluster, installation, folder), roles, folder)
