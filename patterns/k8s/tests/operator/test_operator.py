"""The whole operator on kmock: kopf, its handlers, HTTP, and an API server that fails in every way it can."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import kmock
import kopf
import pytest

from patterns_k8s.operator.bootstrap import make_parts
from patterns_k8s.operator.desired.findings import Missing, QueueFound, TopicFound, Unknown
from patterns_k8s.operator.desired.pods import Surroundings
from patterns_k8s.operator.handlers import register
from patterns_k8s.operator.observability.metrics import Metrics
from patterns_k8s.operator.parts import Parts
from patterns_k8s.operator.settings import OperatorSettings
from patterns_k8s.testing.emulator import ORDER_PROCESSORS, Emulator, resource_of

Request = Any
CHILDREN = ["serviceaccounts", "networkpolicies", "poddisruptionbudgets", "deployments"]
SETTINGS = OperatorSettings(
    surroundings=Surroundings(stage="test", region="eu-central-1"),
    namespace="test",
    look_seconds=10,
    host="127.0.0.1",
    liveness_port=0,
    status_port=0,
    peering="none",
    peering_seconds=15,
    webhook=None,
)


class Shop:
    """The queue and the topic, as they are found."""

    def __init__(self) -> None:
        """Both are there."""
        self.messages = 0
        self.found_topic: TopicFound | Missing | Unknown = TopicFound("arn:aws:sns:eu-central-1:123456789012:x")

    async def queue(self, _name: str) -> QueueFound | Missing | Unknown:
        """Return the queue."""
        return QueueFound("https://sqs.example.com/fulfilment", self.messages, 60)

    async def topic(self, _name: str) -> TopicFound | Missing | Unknown:
        """Return the topic."""
        return self.found_topic


@dataclass
class Scene:
    """A running API server, and how to run an operator against it."""

    emulator: Emulator
    server: str
    shop: Shop

    @asynccontextmanager
    async def operating(self, patience: float = 0.05, look_seconds: float = 0.02) -> AsyncIterator[Parts]:
        """Run an operator while the block lasts, with less patience than a real one has unless the story says so."""
        info = kopf.ConnectionInfo(server=self.server, default_namespace="test")
        settings = replace(SETTINGS, look_seconds=look_seconds)
        parts = make_parts(settings, self.shop, Metrics(), connect=lambda _settings: info)
        parts.cluster._connection._first_wait = 0.01
        parts.tending._patience = patience
        registry = kopf.OperatorRegistry()
        register(registry, parts, drain_look_seconds=0.05)
        stop = asyncio.Event()

        @kopf.on.startup(registry=registry, id="impatient")
        async def hurry(settings: kopf.OperatorSettings, **_: object) -> None:
            settings.networking.error_backoffs = [0.01] * 20
            settings.watching.reconnect_backoff = 0.05

        running = asyncio.create_task(kopf.operator(registry=registry, namespaces=["test"], stop_flag=stop))
        try:
            yield parts
        finally:
            stop.set()
            await asyncio.wait_for(running, 10)

    def declare(self, name: str = "orders", **spec: Any) -> None:  # noqa: ANN401 - fields of a spec
        """Make an OrderProcessor, as kubectl would."""
        body = {
            "apiVersion": "patterns.example.com/v1",
            "kind": "OrderProcessor",
            "metadata": {"name": name},
            "spec": {"image": "patterns-k8s:1", "workers": 1, **spec},
        }
        self.emulator._stamp_new(body, "test")
        self.emulator.objects[ORDER_PROCESSORS, "test", name] = body

    async def ask(self, verb: str, path: str, body: object = None) -> None:
        """Ask the API server for something as a person would."""
        import aiohttp  # noqa: PLC0415 - only a person's client

        async with aiohttp.ClientSession() as session, session.request(verb, self.server + path, json=body) as answer:
            assert answer.status < 400, await answer.text()

    def child(self, plural: str, name: str = "orders") -> dict[str, Any] | None:
        """Return a child."""
        return self.emulator.live(resource_of(plural), "test", f"{name}-workers")

    def processor(self, name: str = "orders") -> dict[str, Any] | None:
        """Return an OrderProcessor."""
        return self.emulator.live(ORDER_PROCESSORS, "test", name)

    def reason(self, kind: str, name: str = "orders") -> str:
        """Return why a condition is as it is, empty when there is none."""
        conditions = (self.processor(name) or {}).get("status", {}).get("conditions", [])
        return next((each["reason"] for each in conditions if each["type"] == kind), "")


async def until(condition: Callable[[], object]) -> None:
    """Wait for the condition, at most ten seconds."""
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        await asyncio.sleep(0.01)


Story = Callable[[Scene], Awaitable[None]]
PATH = "/apis/patterns.example.com/v1/namespaces/test/orderprocessors"
DEPLOYMENT = "/apis/apps/v1/namespaces/test/deployments/orders-workers"


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Callable[[Story], None]:
    """Play a story with an API server. It speaks plain HTTP, for which kopf would read who is trusted all the same."""
    monkeypatch.setenv("SSL_CERT_FILE", os.devnull)

    async def tell(story: Story) -> None:
        emulator = Emulator()
        async with emulator, kmock.Server(emulator) as server:
            await story(Scene(emulator, str(server.url).rstrip("/"), Shop()))

    return lambda story: asyncio.run(tell(story))


Play = Callable[[Story], None]


def all_there(scene: Scene, name: str = "orders") -> bool:
    """Whether every child is there and has been reported."""
    return all(scene.child(plural, name) for plural in CHILDREN) and bool(scene.reason("Ready", name))


def test_one_that_comes_gets_its_children_and_one_that_goes_is_drained_first(play: Play) -> None:
    """Its pods end before it does; the finalizer is ours."""

    async def story(scene: Scene) -> None:
        pod = (kmock.resource("", "v1", "pods"), "test", "orders-1")
        async with scene.operating() as parts:
            await scene.ask("POST", PATH, {"metadata": {"name": "orders"}, "spec": {"image": "x:1"}})
            await until(lambda: all_there(scene))
            processor = scene.processor()
            assert processor is not None
            assert processor["metadata"]["finalizers"] == ["patterns.example.com/drain"]
            assert "annotations" not in processor["metadata"]
            scene.emulator.objects[pod] = {"metadata": {"name": "orders-1"}, "status": {"phase": "Running"}}
            await scene.ask("DELETE", f"{PATH}/orders")
            await until(lambda: ("LIST", "pods") in scene.emulator.seen)
            deployment = scene.child("deployments")
            assert deployment is not None
            assert deployment["spec"]["replicas"] == 0
            assert scene.processor() is not None
            del scene.emulator.objects[pod]
            await until(lambda: scene.processor() is None)
            assert len(parts.memories) == 0

    play(story)


def test_a_drain_goes_on_with_the_next_operator(play: Play) -> None:
    """One that ends, or hands over to a peer, does not let the OrderProcessor go before its pods have ended."""

    async def story(scene: Scene) -> None:
        pod = (kmock.resource("", "v1", "pods"), "test", "orders-1")
        scene.declare()
        async with scene.operating():
            await until(lambda: all_there(scene))
            await until(lambda: "finalizers" in (scene.processor() or {})["metadata"])
            scene.emulator.objects[pod] = {"metadata": {"name": "orders-1"}, "status": {"phase": "Running"}}
            await scene.ask("DELETE", f"{PATH}/orders")
            await until(lambda: ("LIST", "pods") in scene.emulator.seen)
        scene.emulator.seen.clear()
        async with scene.operating():
            await until(lambda: scene.emulator.seen.count(("LIST", "pods")) >= 2)
            assert scene.processor() is not None
            del scene.emulator.objects[pod]
            await until(lambda: scene.processor() is None)

    play(story)


def test_an_edit_scales_and_a_hand_is_taken_off(play: Play) -> None:
    """Edits of the spec, of a child, and the loss of one: each is seen at once."""

    async def story(scene: Scene) -> None:
        scene.declare()
        async with scene.operating():
            await until(lambda: all_there(scene))

            def replicas() -> int:
                return int((scene.child("deployments") or {"spec": {"replicas": -1}})["spec"]["replicas"])

            await scene.ask("PATCH", f"{PATH}/orders", {"spec": {"replicas": {"min": 3}}})
            await until(lambda: replicas() == 3)
            await scene.ask("PATCH", DEPLOYMENT, {"spec": {"replicas": 9}})
            await until(lambda: replicas() == 3)
            await scene.ask("DELETE", DEPLOYMENT)
            await until(lambda: replicas() == 3)
            scene.shop.messages = 450
            await until(lambda: replicas() == 5)
            await until(lambda: (scene.processor() or {})["spec"].get("workers") == 5)
            await scene.ask("PATCH", f"{PATH}/orders/scale", {"spec": {"replicas": 7}})
            await until(lambda: replicas() == 7)
            scene.shop.messages = 950
            await until(lambda: (scene.processor() or {})["spec"].get("workers") == 10)

    play(story)


def test_a_topic_that_comes_late_is_found(play: Play) -> None:
    """A condition says what is missing meanwhile."""

    async def story(scene: Scene) -> None:
        scene.shop.found_topic = Missing("NameNotPublished", "it is not published")
        scene.declare()
        async with scene.operating():
            await until(lambda: scene.reason("TopicResolved") == "NameNotPublished")
            assert scene.child("deployments") is None
            scene.shop.found_topic = TopicFound("arn")
            await until(lambda: scene.reason("TopicResolved") == "Resolved")
            assert all_there(scene)

    play(story)


def test_a_spec_that_cannot_be_read_is_reported(play: Play) -> None:
    """By its field; a definition from another release may have let it in. Correcting it needs no reconcile."""

    async def story(scene: Scene) -> None:
        scene.declare(concurrency=0)
        async with scene.operating(look_seconds=60):
            await until(lambda: scene.reason("Ready") == "InvalidSpec")
            (condition,) = (scene.processor() or {})["status"]["conditions"]
            assert condition["message"].startswith("spec.concurrency: ")
            await scene.ask("PATCH", f"{PATH}/orders", {"spec": {"concurrency": 1}})
            await until(lambda: all_there(scene))

    play(story)


def writes(request: Request) -> bool:
    """Whether the request changes something."""
    return request.method in {kmock.method.PATCH, kmock.method.POST}


@pytest.mark.parametrize("status", [429, 500])
def test_an_api_server_that_fails_for_a_while_is_outlasted(play: Play, status: int) -> None:
    """Every write fails for a while, more often than a request is tried; then everything is there."""

    async def story(scene: Scene) -> None:
        scene.declare()
        with scene.emulator.failing(writes, status, times=6) as fault:
            async with scene.operating():
                await until(lambda: all_there(scene))
        assert fault.met == 6

    play(story)


def test_failures_make_no_hot_loop(play: Play) -> None:
    """In a second of refusals no more than two requests are made, however often it is woken meanwhile."""

    async def story(scene: Scene) -> None:
        def refused(request: Request) -> bool:
            return bool(request.resource == resource_of("deployments") and writes(request))

        scene.declare()
        with scene.emulator.failing(refused, 403) as fault:
            async with scene.operating(patience=1):
                await until(lambda: scene.reason("Ready") == "Refused")
                for concurrency in range(20, 24):
                    await scene.ask("PATCH", f"{PATH}/orders", {"spec": {"concurrency": concurrency}})
                    await asyncio.sleep(0.03)
        assert 1 <= fault.met <= 2

    play(story)


def test_a_watch_that_is_too_old_begins_again(play: Play) -> None:
    """What happened meanwhile is found, and what comes later is seen (410)."""

    async def story(scene: Scene) -> None:
        scene.declare()
        async with scene.operating():
            await until(lambda: all_there(scene))
            scene.emulator.seen.clear()
            await scene.emulator.expire_watches("test")
            await until(lambda: ("LIST", "orderprocessors") in scene.emulator.seen)
            await scene.ask("POST", PATH, {"metadata": {"name": "later"}, "spec": {"image": "x:1"}})
            await until(lambda: all_there(scene, "later"))

    play(story)


def test_an_operator_that_was_killed_is_replaced_without_a_change(play: Play) -> None:
    """The next one finds everything as it should be."""

    async def story(scene: Scene) -> None:
        scene.declare()
        async with scene.operating():
            await until(lambda: all_there(scene))
        versions = {plural: (scene.child(plural) or {})["metadata"]["resourceVersion"] for plural in CHILDREN}
        async with scene.operating() as parts:
            await until(lambda: parts.metrics.registry.get_sample_value("patterns_operator_processors") == 1)
            applied = "patterns_operator_applied_total"
            await until(lambda: parts.metrics.registry.get_sample_value(applied, {"kind": "Deployment"}))
            wanted = parts.metrics.registry.get_sample_value(
                "patterns_operator_wanted_workers", {"processor": "orders"}
            )
            assert wanted == (scene.child("deployments") or {})["spec"]["replicas"]
        left = parts.metrics.registry.get_sample_value("patterns_operator_wanted_workers", {"processor": "orders"})
        assert left is None, "a peer looks after it now"
        assert versions == {plural: (scene.child(plural) or {})["metadata"]["resourceVersion"] for plural in CHILDREN}

    play(story)


def test_at_rest_nothing_is_asked_of_the_cluster(play: Play) -> None:
    """Looks at the queue are no business of the API server."""

    async def story(scene: Scene) -> None:
        scene.declare()
        async with scene.operating() as parts:
            figures = parts.metrics.registry

            def looks() -> float:
                return figures.get_sample_value("patterns_operator_rounds_total", {"result": "settled"}) or 0

            watches = {("WATCH", plural) for plural in [*CHILDREN, "jobs", "orderprocessors"]}
            await until(lambda: all_there(scene) and watches <= set(scene.emulator.seen))
            rest = looks() + 5
            await until(lambda: looks() >= rest)
            scene.emulator.seen.clear()
            await until(lambda: looks() >= rest + 10)
            assert scene.emulator.seen == []

    play(story)


def test_ready_and_figures_can_be_asked_for(play: Play) -> None:
    """Over HTTP, while it runs."""

    async def story(scene: Scene) -> None:
        import aiohttp  # noqa: PLC0415 - only a person's client

        async with scene.operating() as parts:
            await until(lambda: parts.status_server.port)
            url = f"http://127.0.0.1:{parts.status_server.port}"
            async with aiohttp.ClientSession() as session:
                async with session.get(f"{url}/readyz") as answer:
                    assert answer.status == 200
                async with session.get(f"{url}/metrics") as answer:
                    assert "patterns_operator_processors 0.0" in await answer.text()

    play(story)
