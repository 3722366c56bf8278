"""OrderProcessors that are changed while something fails, and whether all comes to what is declared."""

import json
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from tests.audit import AuditLog
from tests.kube_cluster import KubeCluster
from tests.operator_rights import OPERATOR_USER
from tests.order_processors import child
from tests.order_queue import OrderQueue, outcomes_of, placed_orders
from tests.waiting import eventually

__all__ = ["Trial"]

CHILDREN = {"ServiceAccount", "NetworkPolicy", "PodDisruptionBudget", "Deployment"}
_KINDS = "orderprocessors,serviceaccounts,networkpolicies,poddisruptionbudgets,deployments"
_AT_REST_SECONDS = 10.0
Objects = dict[tuple[str, str], dict[str, Any]]


class Trial:
    """One that works orders, and some that are suspended, of which the manifests say all there is to say.

    Attributes:
        audit: what operators asked for.
        working: the queue of the one with workers.
        sent: how many orders were put into it.
    """

    def __init__(self, cluster: KubeCluster, audit: AuditLog, make_queue: Callable[..., OrderQueue]) -> None:
        """Declare nothing yet."""
        self._cluster = cluster
        self.audit = audit
        self._make_queue = make_queue
        self._due: set[str] = set()
        self._round = 0
        self._suspended: list[OrderQueue] = []
        self._removed: list[OrderQueue] = []
        self.working = make_queue(name="works")
        self.working.publish()

    @property
    def sent(self) -> int:
        """How many orders were put into the queue so far."""
        return len(self._due)

    def declare(self, suspended: int = 3) -> None:
        """Declare them."""
        for _ in range(suspended):
            self._add()
        self._declare()

    def disturb(self) -> None:
        """Change what is declared, add one, delete one, damage children of two; and send orders."""
        self.send(20)
        self._add()
        removed = self._suspended.pop(0)
        self._removed.append(removed)
        self._cluster.kubectl("delete", "orderprocessor", removed.name, "--wait=false")
        self._declare()
        self.damage()

    def damage(self) -> None:
        """Delete children of one and edit one of another, as a user might who does not know their owner."""
        deleted, edited, *_ = self._suspended
        self._cluster.kubectl("delete", "serviceaccount,poddisruptionbudget", child(deleted.name), "--ignore-not-found")
        change = '--patch={"spec": {"replicas": 7}}'
        self._cluster.kubectl("patch", "deployment", child(edited.name), "--type=merge", change, fails=None)

    def send(self, count: int) -> None:
        """Send orders to the one that works."""
        orders = placed_orders(count, seed=self._round)
        self._due |= outcomes_of(orders)
        self.working.send(orders)

    def wait_converged(self, *, seconds: float = 60) -> None:
        """Wait until every object is as declared and every status tells of the newest generation.

        Raises:
            AssertionError: they are not; says what is not yet so.
        """
        last: list[str] = []

        def look() -> bool:
            last[:] = self._differences()
            return not last

        try:
            eventually(look, seconds=seconds, pause=0.3)
        except AssertionError as error:
            seen = self._cluster.kubectl("get", "orderprocessors,pods,events")
            raise AssertionError(f"not within {seconds:g} s: {'; '.join(last)}\n{seen}") from error

    def wait_told(self, *, seconds: float = 90) -> int:
        """Wait until the topic told of every order, and return how many it told of more than once."""
        told = self.working.wait_told(self._due, seconds=seconds)
        assert told.keys() == self._due, "the topic received events that were not sent"
        return sum(times > 1 for times in told.values())

    def row(self, began: float, calls: int) -> dict[str, str]:
        """Return what the table tells of a fault after all has converged."""
        took = time.monotonic() - began
        return {
            "API_calls": str(calls),
            "converged_in": f"{took:.0f} s in all",
            "told_twice": f"{self.wait_told()} of {self.sent}",
            "at_rest": self.rest(),
        }

    def rest(self) -> str:
        """Wait a while and tell what operators asked for meanwhile, which must be nothing."""
        time.sleep(6)  # what was on its way, and watches that begin again
        mark = self.audit.mark()
        time.sleep(_AT_REST_SECONDS)
        calls = self.calls(mark)
        assert not calls, calls
        watches = Counter(call.resource for call in self.audit.calls(OPERATOR_USER, since=mark) if call.verb == "watch")
        # One may be at its end, after minutes.
        assert max(watches.values(), default=0) <= 1, watches
        return f"{calls.total()} calls in {_AT_REST_SECONDS:g} s"

    def calls(self, since: int) -> Counter[str]:
        """Return what operators asked for after a mark of the audit log, watches and signs of life left out."""
        asked = self.audit.calls(OPERATOR_USER, since=since)
        return Counter(
            f"{call.verb} {call.resource}"
            for call in asked
            if call.resource and call.verb != "watch" and call.resource != "clusterkopfpeerings"
        )

    def _add(self) -> None:
        queue = self._make_queue(name="rests")
        queue.publish()
        self._suspended.append(queue)

    def _declare(self) -> None:
        self._round += 1
        common = {"concurrency": self._round}
        few = {"replicas": {"min": 1, "max": 1}}
        suspended = [queue.processor(suspend=True, **common) for queue in self._suspended]
        self._cluster.apply(self.working.processor(**common, **few), *suspended)

    def _differences(self) -> list[str]:
        listed = json.loads(self._cluster.kubectl("get", _KINDS, "--output=json"))["items"]
        objects: Objects = {(each["kind"], each["metadata"]["name"]): each for each in listed}
        gone = {name for x in self._removed for name in (x.name, child(x.name))}
        wrong = [f"{kind} {name} is still there" for kind, name in objects if name in gone]
        wrong += self._wrong(objects, self.working.name, replicas=1, reason="WorkersReady")
        for queue in self._suspended:
            wrong += self._wrong(objects, queue.name, replicas=0, reason="Suspended")
        return wrong

    def _wrong(self, objects: Objects, name: str, *, replicas: int, reason: str) -> list[str]:
        processor = objects["OrderProcessor", name]
        missing = sorted(kind for kind in CHILDREN if (kind, child(name)) not in objects)
        if missing:
            return [f"{name} has no {', '.join(missing)}"]
        spec = objects["Deployment", child(name)]["spec"]
        container = spec["template"]["spec"]["containers"][0]
        concurrency = {each["name"]: each.get("value") for each in container["env"]}["CONCURRENCY"]
        status = processor.get("status", {})
        conditions = {each["type"]: each for each in status.get("conditions", ())}
        ready = conditions.get("Ready", {})
        seen = {
            "replicas": (spec["replicas"], replicas),
            "concurrency": (concurrency, str(processor["spec"]["concurrency"])),
            "generation": (status.get("observedGeneration"), processor["metadata"]["generation"]),
            "reason": (ready.get("reason"), reason),
        }
        return [f"{name}: {what} is {found}, not {wanted}" for what, (found, wanted) in seen.items() if found != wanted]
