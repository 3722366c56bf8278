"""Orders through all four patterns on the local platform: how long one takes, where its time goes, how many a second.

Nothing stands in for a pattern: an order goes from the API through table, relay, bus, queue, pod, topic, queue and
function to the status that its customer reads.
"""

import itertools
import json
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from benchmarks.answers import WrongAnswer
from benchmarks.results import Result, counted
from patterns_cli.demo.latencies import percentile
from patterns_cli.demo.plan import CUSTOMERS, PlannedOrder, make_plan
from patterns_cli.demo.shoppers import Shopper, sign_up
from patterns_cli.journeys.journey import Journey, read_journey
from patterns_deploy.folder import LocalFolder
from patterns_deploy.kubernetes.kubectl import Kubectl
from patterns_infra.kubernetes_names import OPERATOR, OPERATOR_NAMESPACE, PROCESSOR
from patterns_local.platform import Platform

__all__ = ["STEPS", "measure", "times_of_steps"]

BENCHMARK = "whole-shop"
STEPS = {
    ("relay", "relayed"): "until the relay has told the bus",
    ("fulfilment", "fulfilled"): "until a pod has decided it and told the topic",
    ("outcome", "forwarded"): "until the bus knows what was decided",
    ("outcome", "recorded"): "until the table has it",
}
"""Lines of an order's journey, in their order; each row is the time since the one before."""
_ALONE = 40
_NOT_COUNTED = 10
"""Orders that start functions, and fill no row."""
_SECONDS = 60.0
_ON_THE_WAY = 10
"""With more undecided orders than this a customer waits; else they place as many one after the other."""
_LOOK = 0.05
_PATIENCE = 120.0
_READY = "--for=condition=Ready"


@dataclass(slots=True)
class _Shop:
    platform: Platform
    http: httpx.Client
    customers: list[Shopper]
    orders: Iterator[PlannedOrder]
    accepted: int = 0
    _one: threading.Lock = field(default_factory=threading.Lock)

    def decided(self) -> int:
        """Return how many of the accepted orders are decided."""
        return self.accepted - sum(map(self.undecided, self.customers))

    def place(self, customer: Shopper) -> str:
        """Place the next order, and return its id; a gateway that says 429 is asked again."""
        with self._one:
            order = next(self.orders)
        headers = {"Idempotency-Key": order.key, "traceparent": order.traceparent}
        while True:
            answer = self._call(customer, "POST", "/orders", json=order.body, headers=headers)
            if answer.status_code != httpx.codes.TOO_MANY_REQUESTS:
                break
            time.sleep(float(answer.headers.get("Retry-After", 1)))
        order_id = str(answer.raise_for_status().json()["order_id"])
        with self._one:
            self.accepted += 1
        return order_id

    def status(self, customer: Shopper, order_id: str) -> str:
        return str(self._call(customer, "GET", f"/orders/{order_id}").raise_for_status().json()["status"])

    def undecided(self, customer: Shopper) -> int:
        query = {"status": "PLACED", "limit": 100}
        return len(self._call(customer, "GET", "/orders", params=query).raise_for_status().json()["orders"])

    def _call(self, customer: Shopper, method: str, path: str, **more: Any) -> httpx.Response:  # noqa: ANN401 - httpx's
        headers = {"Authorization": f"Bearer {customer.id_token}", **more.pop("headers", {})}
        return self.http.request(method, path, headers=headers, **more)


def measure() -> list[Result]:
    """Place orders one after the other, and then for a minute as many as go through."""
    with tempfile.TemporaryDirectory(prefix="patterns-bench-") as folder, _shop(Path(folder)) as shop:
        for _ in range(_NOT_COUNTED):
            _pass_alone(shop)
        alone = [_pass_alone(shop) for _ in range(_ALONE)]
        steps = times_of_steps([_journey(shop, order_id) for order_id, _ in alone])
        first, second = _sustained(shop)
    latencies = [seconds for _, seconds in alone]
    return [
        counted(BENCHMARK, "from 201 to the outcome that its customer reads, p50", percentile(latencies, 50), "s"),
        counted(BENCHMARK, "from 201 to the outcome that its customer reads, p95", percentile(latencies, 95), "s"),
        *(counted(BENCHMARK, f"of it, median: {name}", seconds, "s") for name, seconds in steps.items()),
        counted(BENCHMARK, "orders a second through all four, for a minute", (first + second) / _SECONDS, "orders/s"),
        counted(BENCHMARK, "of it: in the last half of the minute", second / (_SECONDS / 2), "orders/s"),
    ]


def times_of_steps(journeys: Sequence[Journey]) -> dict[str, float]:
    """Return the median seconds of each step since the one before, over the orders that were fulfilled.

    Raises:
        WrongAnswer: no journey has all steps.
    """
    found: dict[str, list[float]] = {name: [] for name in STEPS.values()}
    for journey in journeys:
        at = {(step.program, step.what): step.at for step in journey.steps}
        times = [at.get(("api", "POST /orders 201")), *(at.get(step) for step in STEPS)]
        known = [each for each in times if each is not None]
        if len(known) == len(times):
            for name, (before, after) in zip(STEPS.values(), itertools.pairwise(known), strict=True):
                found[name].append((after - before).total_seconds())
    if not all(found.values()):
        raise WrongAnswer(f"no log has all steps of one of {len(journeys)} orders")
    return {name: statistics.median(seconds) for name, seconds in found.items()}


def _pass_alone(shop: _Shop) -> tuple[str, float]:
    """Place an order, and look until it is decided; its id, and the seconds since it was accepted."""
    customer = shop.customers[0]
    order_id, accepted = shop.place(customer), time.monotonic()
    _wait(lambda: shop.status(customer, order_id) != "PLACED", f"order {order_id} is not decided")
    return order_id, time.monotonic() - accepted


def _journey(shop: _Shop, order_id: str) -> Journey:
    return read_journey(shop.platform.place, order_id, start=None, limit=1_000, now=datetime.now(UTC))


def _sustained(shop: _Shop) -> tuple[int, int]:
    """Return how many orders were decided in each half of a minute, while every customer places one after the other."""
    end = time.monotonic() + _SECONDS

    def buy(customer: Shopper) -> None:
        while time.monotonic() < end:
            if shop.undecided(customer) > _ON_THE_WAY:
                time.sleep(_LOOK)
                continue
            for _ in range(_ON_THE_WAY):
                shop.place(customer)

    before = shop.accepted
    with ThreadPoolExecutor(len(shop.customers)) as pool:
        buying = [pool.submit(buy, customer) for customer in shop.customers]
        time.sleep(_SECONDS / 2)
        half = shop.decided()
        time.sleep(max(0.0, end - time.monotonic()))
        whole = shop.decided()
        for each in buying:
            each.result()
    _wait(lambda: shop.decided() == shop.accepted, "orders are left undecided")
    return half - before, whole - half


@contextmanager
def _shop(folder: Path) -> Iterator[_Shop]:
    """Give a shop on a platform of its own, with two workers."""
    with Platform.start(folder=LocalFolder(folder / "state")) as platform:
        outputs = {key: str(value) for found in platform.outputs().values() for key, value in found.items()}
        _have_workers(Kubectl(Path(outputs["kubeconfig"]), {}), outputs["namespace"])
        cognito, pool, client_id = (
            platform.client("cognito-idp"),
            outputs["user_pool_id"],
            outputs["user_pool_client_id"],
        )
        emails = [f"buyer-{number}@example.com" for number in range(CUSTOMERS)]
        customers = [sign_up(cognito, pool, client_id, email, group="customers") for email in emails]
        orders = itertools.chain.from_iterable(make_plan(seed=seed, orders=500).orders for seed in itertools.count(1))
        with httpx.Client(base_url=outputs["api_url"], timeout=60, trust_env=False) as http:
            yield _Shop(platform, http, customers, orders)


def _have_workers(kubectl: Kubectl, namespace: str) -> None:
    operator = kubectl.get("deployment", OPERATOR, f"--namespace={OPERATOR_NAMESPACE}")
    if operator is None:
        raise WrongAnswer("the operator is not installed")
    processor = {
        "apiVersion": "patterns.example.com/v1",
        "kind": "OrderProcessor",
        "metadata": {"name": PROCESSOR, "namespace": namespace},
        "spec": {
            "image": operator["spec"]["template"]["spec"]["containers"][0]["image"],
            "replicas": {"min": 2, "max": 2},
        },
    }
    kubectl.run("apply", "--filename=-", given=json.dumps(processor))
    kubectl.run("wait", _READY, f"orderprocessor/{PROCESSOR}", f"--namespace={namespace}", "--timeout=90s", seconds=100)


def _wait(until: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not until():
        if time.monotonic() > deadline:
            raise WrongAnswer(f"{otherwise} after {_PATIENCE:g} s")
        time.sleep(_LOOK)
