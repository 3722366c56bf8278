"""Workers that die, poison among orders, a topic that is missing: no order is lost, repetitions have the same id."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from signal import SIGKILL

import psutil
import pytest
from tests.fault_table import FaultTable
from tests.faulty_service import FaultyService, HeldAt
from tests.kube_cluster import KubeCluster
from tests.operators import OperatorProcess
from tests.order_processors import child, live_pods, wait_condition, wait_pods
from tests.order_queue import OrderQueue, outcomes_of, placed_orders
from tests.waiting import eventually
from tests.workers import running_worker

from patterns_shared.testing import body_of

pytestmark = pytest.mark.faults
MakeQueue = Callable[..., OrderQueue]


def check(queue: OrderQueue, due: set[str], table: FaultTable, fault: str, began: float, *, letters: int = 0) -> None:
    """Nothing is lost or left, nothing unknown is told of; and tell of it."""
    queue.wait_told(due, seconds=120)
    eventually(lambda: queue.depth() == (0, 0), seconds=60)
    told = queue.heard()
    assert told.keys() == due
    found = queue.letters()
    assert len(found) == letters, found[:3]
    table.add(
        fault,
        sent=str(len(due) + letters),
        told_of=str(len(told)),
        told_twice=str(sum(times > 1 for times in told.values())),
        dead_letters=str(letters),
        took=f"{time.monotonic() - began:.0f} s",
    )


@pytest.mark.parametrize(
    ("fault", "service", "operation"),
    [
        ("killed between publish and delete", "sqs", "DeleteMessageBatch"),
        ("killed while it holds ten messages", "sns", "PublishBatch"),
    ],
)
def test_a_worker_is_killed(
    cluster: KubeCluster,
    make_queue: MakeQueue,
    worker_faults: FaultTable,
    tmp_path: Path,
    fault: str,
    service: str,
    operation: str,
) -> None:
    """Its ten messages come again to another one; what it had told of is told of again, with the same ids."""
    queue = make_queue(visibility=5)
    queue.publish()
    orders = placed_orders(10)
    queue.send(orders)
    began = time.monotonic()
    with FaultyService(cluster.aws) as faulty:
        faulty.fault = held = HeldAt(operation, done=False)
        with running_worker(cluster, queue, tmp_path / "first.log", **{service: faulty.url}) as worker:
            assert held.reached.wait(30)
            assert queue.depth() == (0, 10)
            worker.kill()
    told_before = set(queue.heard())
    assert told_before == (outcomes_of(orders) if service == "sqs" else set())
    with running_worker(cluster, queue, tmp_path / "second.log"):
        check(queue, outcomes_of(orders), worker_faults, fault, began)
    assert all(times == (2 if service == "sqs" else 1) for times in queue.heard().values())


def test_pods_are_killed_at_random(
    cluster: KubeCluster, operator: OperatorProcess, make_queue: MakeQueue, worker_faults: FaultTable
) -> None:
    """Eight times, as a node that is short of memory kills: they are started again, and nothing is lost."""
    assert operator.pid
    queue = make_queue(visibility=5, max_receives=20)
    queue.publish()
    cluster.apply(queue.processor(replicas={"min": 2, "max": 2}))
    wait_pods(cluster, queue.name, 2)
    chance, orders, began = Random(7), placed_orders(400), time.monotonic()
    for start in range(0, 400, 50):
        queue.send(orders[start : start + 50])
        time.sleep(chance.uniform(0.1, 0.6))
        chance.choice(eventually(lambda: _running(queue), seconds=20)).send_signal(SIGKILL)
    check(queue, outcomes_of(orders), worker_faults, "pods killed 8 times", began)
    states = [pod["status"]["containerStatuses"][0] for pod in wait_pods(cluster, queue.name, 2)]
    assert sum(each["restartCount"] for each in states) == 8


def test_a_thousand_poison_and_good_messages(
    cluster: KubeCluster, operator: OperatorProcess, make_queue: MakeQueue, worker_faults: FaultTable
) -> None:
    """Each poison message is one dead letter with its reason and costs no other anything; orders are told of once."""
    assert operator.pid
    queue = make_queue(visibility=10)
    queue.publish()
    chance, orders = Random(8), placed_orders(700)
    poison = [_poison(body_of(order), number) for number, order in enumerate(placed_orders(300, seed=2))]
    bodies = [*map(body_of, orders), *(body for body, _ in poison)]
    chance.shuffle(bodies)
    queue.send_bodies(bodies)
    cluster.apply(queue.processor(replicas={"min": 2, "max": 2}))
    began = time.monotonic()
    told = queue.wait_told(outcomes_of(orders), seconds=120)
    assert told == dict.fromkeys(outcomes_of(orders), 1)
    eventually(lambda: queue.depth() == (0, 0), seconds=60)
    letters = dict(queue.letters())
    assert letters.keys() == {body for body, _ in poison}
    assert all(complaint in letters[body] for body, complaint in poison), letters.values()
    worker_faults.add(
        "1,000 messages, 300 of them poison",
        sent="1000",
        told_of=str(len(told)),
        told_twice="0",
        dead_letters="300",
        took=f"{time.monotonic() - began:.0f} s",
    )


def test_the_topic_goes_and_comes_back(
    cluster: KubeCluster, operator: OperatorProcess, make_queue: MakeQueue, worker_faults: FaultTable
) -> None:
    """While its name is still published: workers hold what they have, for longer than messages are hidden."""
    assert operator.pid
    queue = make_queue(visibility=5, max_receives=2)
    queue.publish()
    queue.delete_topic()
    orders, began = placed_orders(60), time.monotonic()
    queue.send(orders)
    cluster.apply(queue.processor(replicas={"min": 2, "max": 2}))
    wait_condition(cluster, queue.name, "PodsNotReady")
    eventually(lambda: queue.depth() == (40, 20), seconds=40)
    # Three visibility timeouts and more receives than a message has, if they were counted.
    time.sleep(15)
    waiting, held = queue.depth()
    said = cluster.kubectl("logs", f"deployment/{child(queue.name)}")
    assert (waiting + held, held) == (60, 20), said
    assert "topic_out_of_reach" in said
    queue.make_topic()
    check(queue, outcomes_of(orders), worker_faults, "topic missing for 15 s", began)
    wait_condition(cluster, queue.name, "WorkersReady")


def test_the_queue_goes_and_comes_back(
    cluster: KubeCluster, operator: OperatorProcess, queue: OrderQueue, worker_faults: FaultTable
) -> None:
    """Workers go with it, and come back with it: orders that were sent meanwhile are decided."""
    assert operator.pid
    cluster.apply(queue.processor())
    wait_condition(cluster, queue.name, "WorkersReady")
    began = time.monotonic()
    queue.delete_queue()
    wait_condition(cluster, queue.name, "QueueMissing")
    eventually(lambda: not live_pods(cluster, queue.name), seconds=60)
    queue.make_queue()
    orders = placed_orders(30)
    queue.send(orders)
    check(queue, outcomes_of(orders), worker_faults, "queue deleted and made again", began)


def _running(queue: OrderQueue) -> list[psutil.Process]:
    """Return the queue's workers, without what started them."""
    return [
        each
        for each in psutil.process_iter(["cmdline", "environ"])
        if (each.info["cmdline"] or [])[1:] == ["-m", "patterns_k8s.worker"]
        and (each.info["environ"] or {}).get("QUEUE_URL") == queue.url
    ]


def _poison(body: str, number: int) -> tuple[str, str]:
    """Return the body, broken in one of four ways, and a part of the complaint about it."""
    document = json.loads(body)
    ways = (
        (body[: len(body) // 2], "is not JSON"),
        (json.dumps({**document, "schema_version": 99}), "schema_version"),
        (json.dumps({name: value for name, value in document.items() if name != "data"}), "data: is missing"),
        (json.dumps({**document, "type": "OrderFulfilled"}), "leaves nothing to decide"),
    )
    return ways[number % len(ways)]
