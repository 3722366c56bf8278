"""A queue or a topic that is not there yet: the status says which, orders wait, and all goes on when it comes."""

from collections.abc import Callable

import pytest
from tests.kube_cluster import KubeCluster
from tests.order_processors import condition, live_pods, wait_condition
from tests.order_queue import OrderQueue, outcomes_of, placed_orders
from tests.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("operator_pod")]
MakeQueue = Callable[..., OrderQueue]


def test_a_topic_that_is_deployed_later(cluster: KubeCluster, make_queue: MakeQueue) -> None:
    """Without it there are no workers; with it everything that waited is told of once."""
    queue = make_queue()
    queue.publish(topic=False)
    orders = placed_orders(20)
    queue.send(orders)
    cluster.apply(queue.processor())
    ready = wait_condition(cluster, queue.name, "NameNotPublished")
    assert ready["status"] == "False"
    assert "/patterns/local/async/" in ready["message"]
    assert condition(cluster, queue.name, "QueueResolved")["status"] == "True"
    assert condition(cluster, queue.name, "TopicResolved")["reason"] == "NameNotPublished"
    assert condition(cluster, queue.name, "Scaling")["reason"] == "NothingToScale"
    assert not live_pods(cluster, queue.name)
    assert queue.depth() == (20, 0)
    queue.publish()
    assert queue.wait_told(outcomes_of(orders)) == dict.fromkeys(outcomes_of(orders), 1)
    wait_condition(cluster, queue.name, "WorkersReady")


def test_a_queue_that_is_deployed_later(cluster: KubeCluster, make_queue: MakeQueue) -> None:
    """First its name is missing, then the queue itself."""
    queue = make_queue()
    queue.delete_queue()
    queue.publish(queue=False)
    cluster.apply(queue.processor())
    assert wait_condition(cluster, queue.name, "NameNotPublished", kind="QueueResolved")["status"] == "False"
    queue.publish()
    missing = wait_condition(cluster, queue.name, "QueueMissing", kind="QueueResolved")
    assert queue.url in missing["message"]
    queue.make_queue()
    orders = placed_orders(5)
    queue.send(orders)
    queue.wait_told(outcomes_of(orders))
    wait_condition(cluster, queue.name, "WorkersReady")


def test_a_queue_that_goes(cluster: KubeCluster, queue: OrderQueue) -> None:
    """Its workers, who would have nothing to do, go too, and come back with it."""
    cluster.apply(queue.processor())
    wait_condition(cluster, queue.name, "WorkersReady")
    queue.delete_queue()
    wait_condition(cluster, queue.name, "QueueMissing")
    eventually(lambda: not live_pods(cluster, queue.name), seconds=60)
    queue.make_queue()
    wait_condition(cluster, queue.name, "WorkersReady")
