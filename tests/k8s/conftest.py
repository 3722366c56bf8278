"""One cluster and one AWS for all tests of the pattern, and a queue of its own for each of them.

The pattern's stack is deployed there, and its roles are those that the operator and the workers have. Each test has
queues and topics of its own besides the stack's; their roles are the stack's with other names (see `tests.pod_roles`).
"""

import secrets
from collections.abc import Callable, Iterator

import pytest
from tests.audit import AuditLog
from tests.fault_table import FaultTable
from tests.faulty_api_server import FaultyApiServer
from tests.kube_cluster import IN_SYSTEM, KubeCluster, running_cluster
from tests.operator_install import OPERATOR, Installation, install
from tests.operator_trials import Trial
from tests.operators import OperatorProcess, Operators
from tests.order_processors import remove
from tests.order_queue import OrderQueue
from tests.pod_roles import PodRoles

from patterns_deploy.folder import LocalFolder


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the comparison of rights and requests come last: it is about all that was asked for in the session."""
    items.sort(key=lambda item: item.path.name == "test_rights.py")


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KubeCluster]:
    """Start a cluster; without Kubernetes' programs the tests fail, they are never skipped."""
    with running_cluster(LocalFolder(tmp_path_factory.mktemp("kubernetes"))) as started:
        yield started


@pytest.fixture(scope="session")
def roles(cluster: KubeCluster) -> PodRoles:
    """Deploy the pattern's stack and return its roles."""
    return PodRoles.deploy(cluster)


@pytest.fixture(scope="session")
def installed(
    cluster: KubeCluster,
    roles: PodRoles,  # noqa: ARG001 - it must be there
    tmp_path_factory: pytest.TempPathFactory,
) -> Installation:
    """Install definitions, rights and the operator, whose role is there; it begins to run as a pod."""
    return install(cluster, tmp_path_factory.mktemp("install"))


@pytest.fixture(scope="session")
def audit(cluster: KubeCluster) -> AuditLog:
    """Return the API server's audit log."""
    return AuditLog(cluster.folder)


@pytest.fixture(scope="module")
def operator_pod(cluster: KubeCluster, installed: Installation) -> Iterator[str]:  # noqa: ARG001 - it must be installed
    """Run the operator as a pod, as installed; the Deployment's name."""
    cluster.kubectl("scale", f"deployment/{OPERATOR}", "--replicas=1", IN_SYSTEM)
    cluster.kubectl("rollout", "status", f"deployment/{OPERATOR}", "--timeout=60s", IN_SYSTEM, seconds=70)
    yield OPERATOR
    cluster.kubectl("scale", f"deployment/{OPERATOR}", "--replicas=0", IN_SYSTEM)
    cluster.kubectl(
        *("wait", "--for=delete", "pod", f"--selector=app.kubernetes.io/name={OPERATOR}", "--timeout=40s", IN_SYSTEM),
        seconds=50,
    )


@pytest.fixture(scope="module")
def operators(cluster: KubeCluster, installed: Installation, tmp_path_factory: pytest.TempPathFactory) -> Operators:
    """Return what starts operators as processes, while none runs as a pod."""
    cluster.kubectl("scale", f"deployment/{OPERATOR}", "--replicas=0", IN_SYSTEM)
    cluster.kubectl(
        *("wait", "--for=delete", "pod", f"--selector=app.kubernetes.io/name={OPERATOR}", "--timeout=40s", IN_SYSTEM),
        seconds=50,
    )
    return Operators(cluster, installed, tmp_path_factory.mktemp("operators"))


@pytest.fixture
def operator(operators: Operators) -> Iterator[OperatorProcess]:
    """Run one operator as a process."""
    with operators.running() as running:
        yield running


@pytest.fixture
def make_queue(
    cluster: KubeCluster,
    roles: PodRoles,
    installed: Installation,  # noqa: ARG001 - it must be
) -> Iterator[Callable[..., OrderQueue]]:
    """Return a maker of queues that the operator may look after; their OrderProcessors are gone afterwards."""
    made: list[OrderQueue] = []

    def make(*, name: str = "shop", **traits: int) -> OrderQueue:
        queue = OrderQueue(cluster, f"{name}-{secrets.token_hex(3)}", **traits)
        roles.add(queue.name)
        made.append(queue)
        return queue

    yield make
    for queue in made:
        remove(cluster, queue.name)
        roles.remove(queue.name)


@pytest.fixture
def queue(make_queue: Callable[..., OrderQueue]) -> OrderQueue:
    """Return a queue and a topic whose names are published."""
    queue = make_queue()
    queue.publish()
    return queue


@pytest.fixture
def trial(cluster: KubeCluster, audit: AuditLog, make_queue: Callable[..., OrderQueue]) -> Trial:
    """Return OrderProcessors for a fault to disturb."""
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
