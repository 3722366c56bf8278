"""One cluster with AWS beside it for all tests of the pattern, and a queue of its own for each of them.

Queues, topics and roles are made by hand, as the pattern's stack makes them; nothing else here knows that.
"""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from tests.audit import AuditLog
from tests.fault_table import FaultTable
from tests.faulty_api_server import FaultyApiServer
from tests.kube_cluster import KubeCluster, running_cluster
from tests.operator_install import OPERATOR, Installation, install
from tests.operator_trials import Trial
from tests.operators import OperatorProcess, Operators
from tests.order_processors import remove
from tests.order_queue import OrderQueue
from tests.pod_roles import associate_operator, associate_workers

from patterns_infra.local.folder import LocalFolder


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the comparison of rights and requests come last: it is about all that was asked for in the session."""
    items.sort(key=lambda item: item.path.name == "test_rights.py")


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KubeCluster]:
    """Start a cluster; without Kubernetes' programs the tests fail, they are never skipped."""
    with running_cluster(LocalFolder(tmp_path_factory.mktemp("kubernetes"))) as started:
        yield started


@dataclass(frozen=True, slots=True)
class Installed:
    """The operator's manifests, and its AWS role."""

    installation: Installation
    role: str


@pytest.fixture(scope="session")
def installed(cluster: KubeCluster, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Install definitions, rights and the operator; it begins to run as a pod."""
    role = associate_operator(cluster, OPERATOR)
    return Installed(install(cluster, tmp_path_factory.mktemp("install")), role)


@pytest.fixture(scope="session")
def audit(cluster: KubeCluster) -> AuditLog:
    """Return the API server's audit log."""
    return AuditLog(cluster.folder)


@pytest.fixture(scope="module")
def operator_pod(cluster: KubeCluster, installed: Installed) -> Iterator[str]:  # noqa: ARG001 - it must be installed
    """Run the operator as a pod, as installed; the Deployment's name."""
    cluster.kubectl("scale", f"deployment/{OPERATOR}", "--replicas=1")
    cluster.kubectl("rollout", "status", f"deployment/{OPERATOR}", "--timeout=60s", seconds=70)
    yield OPERATOR
    cluster.kubectl("scale", f"deployment/{OPERATOR}", "--replicas=0")
    cluster.kubectl(
        *("wait", "--for=delete", "pod", f"--selector=app.kubernetes.io/name={OPERATOR}", "--timeout=40s"), seconds=50
    )


@pytest.fixture(scope="module")
def operators(cluster: KubeCluster, installed: Installed, tmp_path_factory: pytest.TempPathFactory) -> Operators:
    """Return what starts operators as processes, while none runs as a pod."""
    cluster.kubectl("scale", f"deployment/{OPERATOR}", "--replicas=0")
    cluster.kubectl(
        *("wait", "--for=delete", "pod", f"--selector=app.kubernetes.io/name={OPERATOR}", "--timeout=40s"), seconds=50
    )
    return Operators(cluster, installed.installation, installed.role, tmp_path_factory.mktemp("operators"))


@pytest.fixture
def operator(operators: Operators) -> Iterator[OperatorProcess]:
    """Run one operator as a process."""
    with operators.running() as running:
        yield running


@pytest.fixture
def make_queue(cluster: KubeCluster, installed: Installed) -> Iterator[Callable[..., OrderQueue]]:
    """Return a maker of queues whose workers have a role; their OrderProcessors are gone afterwards."""
    assert installed.role
    made: list[OrderQueue] = []

    def make(*, name: str = "shop", **traits: int) -> OrderQueue:
        queue = OrderQueue(cluster, f"{name}-{secrets.token_hex(3)}", **traits)
        associate_workers(cluster, queue.name)
        made.append(queue)
        return queue

    yield make
    for queue in made:
        remove(cluster, queue.name)


@pytest.fixture
def queue(make_queue: Callable[..., OrderQueue]) -> OrderQueue:
    """Return a queue and a topic whose names are published."""
    queue = make_queue()
    queue.publish()
    return queue


@pytest.fixture
def trial(cluster: KubeCluster, audit: AuditLog, make_queue: Callable[..., OrderQueue]) -> Trial:
    """Return OrderProcessors for somebody to disturb."""
    return Trial(cluster, audit, make_queue)


@pytest.fixture
def api_server(cluster: KubeCluster) -> Iterator[FaultyApiServer]:
    """Give what stands in front of the API server."""
    with FaultyApiServer(cluster) as server:
        yield server


@pytest.fixture(scope="session")
def operator_faults(request: pytest.FixtureRequest) -> Iterator[FaultTable]:
    """Return the table of what was done to the operator; it is printed at the end."""
    columns = ("meanwhile", "API_calls", "processor", "converged_in", "told_twice", "at_rest")
    yield from _shown(request, FaultTable("What was done to the operator and its cluster", columns))


@pytest.fixture(scope="session")
def worker_faults(request: pytest.FixtureRequest) -> Iterator[FaultTable]:
    """Return the table of what was done to workers; it is printed at the end."""
    columns = ("sent", "told_of", "told_twice", "dead_letters", "took")
    yield from _shown(request, FaultTable("What was done to the workers", columns))


def _shown(request: pytest.FixtureRequest, table: FaultTable) -> Iterator[FaultTable]:
    yield table
    capture = request.config.pluginmanager.getplugin("capturemanager")
    assert capture is not None
    with capture.global_and_fixture_disabled():
        table.show()
