"""An operator ends on SIGTERM within its pod's grace, whatever is away."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from threading import Event

import pytest
from tests.faulty_api_server import Asked, FaultyApiServer, Refusal
from tests.kube_cluster import KubeCluster
from tests.operator_install import SETTINGS
from tests.operators import Operators
from tests.order_processors import wait_condition
from tests.order_queue import OrderQueue

pytestmark = pytest.mark.integration

GRACE = 30
"""Seconds; manifests/base/operator.yaml."""


@pytest.fixture
def silence() -> Iterator[str]:
    """An address where connections are made and never answered."""
    with closing(socket.socket()) as server:
        server.bind(("127.0.0.1", 0))
        server.listen(128)
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize("hangs", [False, True])
def test_without_an_api_server(cluster: KubeCluster, operators: Operators, queue: OrderQueue, *, hangs: bool) -> None:
    """It refuses connections, or never answers; a second operator that is away, too, is not waited for."""
    answers = Event()

    def never(_asked: Asked) -> Refusal | None:
        answers.wait()
        return None

    with ExitStack() as owned:
        server = owned.enter_context(FaultyApiServer(cluster))
        owned.callback(answers.set)
        operator = owned.enter_context(operators.start(server=server.url))
        operator.wait_ready()
        cluster.apply(queue.processor(suspend=True))
        wait_condition(cluster, queue.name, "Suspended")
        if hangs:
            server.fault = never
        else:
            server.cut()
        time.sleep(2)  # until requests have failed, and others are made
        began = time.monotonic()
        assert operator.end() == 0
        assert time.monotonic() - began < GRACE - 5


def test_without_aws(cluster: KubeCluster, operators: Operators, queue: OrderQueue, silence: str) -> None:
    """Queues are looked up in threads, which cannot be cancelled."""
    with operators.running(settings=SETTINGS | {"AWS_ENDPOINT_URL": silence}) as operator:
        cluster.apply(queue.processor())
        time.sleep(2)
        began = time.monotonic()
        assert operator.end() == 0
        assert time.monotonic() - began < GRACE - 5
