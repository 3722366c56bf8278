"""Orders on their way: from the event bus through the queue and the pods to the topic, and how many pods it takes."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from patterns_cli.demo.cluster_view import ClusterView
from patterns_cli.demo.event_tap import EventTap
from patterns_cli.demo.outcomes import publish_all
from patterns_cli.demo.scene import Scene, eventually
from patterns_cli.demo.table_orders import published_orders_table
from patterns_infra.kubernetes_names import PROCESSOR
from patterns_shared.adapters.eventbridge import EventBridgePublisher
from patterns_shared.domain.events import Event, EventType, outcome_event_id
from patterns_shared.domain.fulfilment import decide
from patterns_shared.testing.order_events import events_to_decide

__all__ = ["OrderFlow", "decide_orders", "scale"]

_SECONDS = 180.0
_A_LOOK = 0.5
_PILE = 400
"""Orders that are enough work for all pods, even after one of them has been at it for some seconds."""
_COUNTS = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]


@dataclass(frozen=True, slots=True)
class OrderFlow:
    """Where orders go in, what they go through, and where their outcomes come out."""

    scene: Scene
    cluster: ClusterView
    tap: EventTap

    async def place(self, events: Sequence[Event], *, twice: int = 0) -> None:
        """Place orders: in the table, whose relay tells of them, or by events as the web API's where that is not.

        The first ``twice`` events are published once more.
        """
        publisher = EventBridgePublisher(self.scene.client("events"), f"patterns.{self.scene.stage}")
        placed = await self.scene.placed(events)
        again = placed[:twice]
        if not await asyncio.to_thread(published_orders_table, self.scene.client, self.scene.stage):
            again = [*placed, *again]
        await asyncio.to_thread(publish_all, publisher, again)

    async def waiting(self, queue: str = "fulfilment_queue_url") -> int:
        """Return how many messages a queue has, those in work included."""

        def count() -> int:
            url = self.scene.outputs[queue]
            found = self.scene.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=_COUNTS)["Attributes"]
            return sum(int(found[name]) for name in _COUNTS)

        return await asyncio.to_thread(count)

    def heard(self) -> dict[str, str]:
        """Return the type of every event that the topic told, by its id."""
        return {event.id: event.type.value for event in self.tap.heard}


async def decide_orders(flow: OrderFlow) -> None:
    """Place orders on the bus, some of them twice, and compare what the topic tells with the shop's rules."""
    scene = flow.scene
    events = events_to_decide(seed=scene.seed + 3, orders=scene.orders)
    expected = _expected(events)
    async with scene.part("deciding orders", seconds=_SECONDS):
        await flow.place(events, twice=len(events) // 20 + 1)
        await flow.tap.listen(lambda _: expected.keys() <= flow.heard().keys(), lull=1.0)
        _compare(flow, "place orders on the bus, cancel some, tell some twice", expected)
        left = await eventually(flow.waiting, until=lambda seen: not seen, seconds=30)
        scene.checks.equal("look into the queue", expected=0, seen=left)
        scene.checks.equal("look for dead letters", expected=0, seen=await flow.waiting("fulfilment_dead_letter_url"))


async def scale(flow: OrderFlow, *, most: int) -> None:
    """Let orders pile up while nobody works, go on, and watch pods come and go."""
    scene, cluster = flow.scene, flow.cluster
    events = events_to_decide(seed=scene.seed + 4, orders=max(scene.orders, _PILE))
    expected = _expected(events)
    async with scene.part("scaling by the queue's depth", seconds=2 * _SECONDS):
        # Orders of other parts of the demo are decided first, so that what piles up is counted.
        await eventually(flow.waiting, until=lambda seen: not seen, seconds=_SECONDS)
        await _suspend(cluster, suspended=True)
        seen = await cluster.condition(PROCESSOR, "Ready", until="False Suspended")
        scene.checks.equal("suspend it", expected="False Suspended", seen=seen)
        # A worker that is about to end takes what comes while it waits for its last answer.
        left = await eventually(cluster.worker_pods, until=lambda pods: not pods, seconds=60)
        scene.checks.equal("look for workers after that", expected="none", seen=left or "none")
        await flow.place(events)
        piled = await eventually(flow.waiting, until=lambda seen: seen >= len(events), seconds=90)
        scene.checks.equal("place orders: how many wait", expected=len(events), seen=piled)
        await _suspend(cluster, suspended=False)
        listening = asyncio.create_task(flow.tap.listen(lambda _: expected.keys() <= flow.heard().keys(), lull=0.0))
        pods = await _watch(flow)
        await listening
        scene.checks.equal("go on: most pods at once", expected=most, seen=max(pods))
        scene.checks.equal("wait: pods in the end", expected=1, seen=pods[-1])
        falls = [f"{before} to {after}" for before, after in pairwise(pods) if after < before // 2]
        scene.checks.equal("look for steps down by more than half", expected=[], seen=falls)
        _compare(flow, "see that none was lost on the way up or down", expected)


def _compare(flow: OrderFlow, tried: str, expected: Mapping[str, str]) -> None:
    """Compare what the topic told; orders of other parts of the demo may have waited, too."""
    heard = flow.heard()
    flow.scene.checks.each(
        tried,
        expected=expected,
        seen={key: heard[key] for key in expected if key in heard},
        what="outcomes and cancellations on the topic, by the shop's rules",
    )


async def _watch(flow: OrderFlow) -> list[int]:
    """Show a row whenever something changes until everything is decided by one pod again; return the wanted pods."""
    flow.scene.progress.say(f"{'seconds':>10}{'waiting':>10}{'wanted':>10}{'ready':>10}")
    began, pods, shown = time.monotonic(), [0], ""
    while True:
        status, waiting = await flow.cluster.processor(PROCESSOR), await flow.waiting()
        wanted, took = int(status.get("desiredReplicas", 0)), time.monotonic() - began
        row = f"{waiting:>10}{wanted:>10}{status.get('readyReplicas', 0):>10}"
        if row != shown:
            flow.scene.progress.say(f"{took:>10.1f}{row}")
            shown = row
        if wanted != pods[-1]:
            pods.append(wanted)
        if (waiting == 0 and pods[-1] == 1 and max(pods) > 1) or took > _SECONDS:
            return pods
        await asyncio.sleep(_A_LOOK)


async def _suspend(cluster: ClusterView, *, suspended: bool) -> None:
    patch = f'{{"spec":{{"suspend":{"true" if suspended else "false"}}}}}'
    await cluster.show("patch", f"orderprocessor/{PROCESSOR}", "--type=merge", f"--patch={patch}")


def _expected(events: Sequence[Event]) -> dict[str, str]:
    """Return the type of every event that must come out by its id: an outcome for each order, and its cancellation."""
    expected = {}
    for event in events:
        if event.type is EventType.ORDER_CANCELLED:
            expected[event.id] = event.type.value
            continue
        decision = decide(quantities=[line.quantity for line in event.data.lines], total=event.data.total)
        kind = EventType.ORDER_FULFILLED if decision.fulfilled else EventType.ORDER_REJECTED
        expected[outcome_event_id(event.id)] = kind.value
    return expected
