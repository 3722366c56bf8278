import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import kmock
import kopf
import pytest

from patterns_k8s.operator.api.answers import Conflict, Refused, Unavailable
from patterns_k8s.operator.api.cluster import Cluster
from patterns_k8s.operator.api.connection import Connection
from patterns_k8s.operator.desired.processor import CHILDREN, Manifest
from patterns_k8s.testing.cluster_contract import ClusterContract, Look, Run, make_deployment
from patterns_k8s.testing.emulator import Emulator, resource_of
from patterns_k8s.testing.fake_cluster import FakeCluster

Story = Callable[[Any], Awaitable[None]]
Request = Any


class TestInADictionary(ClusterContract):
    """The stand-in keeps the contract."""

    @pytest.fixture
    def cluster(self) -> FakeCluster:
        """An empty cluster."""
        return FakeCluster()

    @pytest.fixture
    def run(self, cluster: FakeCluster) -> Run:
        """Run a story."""

        def story_runner(story: Story) -> None:
            asyncio.run(story(cluster))  # type: ignore[arg-type] # stories are coroutines

        return story_runner

    @pytest.fixture
    def look(self, cluster: FakeCluster) -> Look:
        """Look into the dictionary."""
        return lambda kind, name: cluster.objects.get((kind, name))


@pytest.fixture
def emulator() -> Emulator:
    """An API server that can be made to fail."""
    return Emulator()


@pytest.fixture
def answers() -> list[tuple[str, int]]:
    """What the API server answered."""
    return []


@pytest.fixture
def run(emulator: Emulator, answers: list[tuple[str, int]]) -> Run:
    """Run a story with the cluster's client, over HTTP."""

    async def tell(story: Story) -> None:
        async with emulator, kmock.Server(emulator) as server:
            tokens = iter(("first", "second", "third", *["last"] * 9))
            connection = Connection(
                lambda: kopf.ConnectionInfo(server=str(server.url), token=next(tokens)),
                note=lambda verb, status: answers.append((verb, status)),
                first_wait=0.001,
            )
            cluster = Cluster(connection)
            try:
                await story(cluster)
            finally:
                await cluster.close()

    return lambda story: asyncio.run(tell(story))


@pytest.fixture
def look(emulator: Emulator) -> Look:
    """Look at what the API server keeps."""
    plurals = {kind: plural for plural, (_, _, kind) in CHILDREN.items()}

    def find(kind: str, name: str) -> Manifest | None:
        return emulator.live(resource_of(plurals[kind]), "test", name)

    return find


class TestOverHttp(ClusterContract):
    """The client keeps it with an API server, as kmock plays it."""


def patches(request: Request) -> bool:
    """Whether the request is a patch."""
    return bool(request.method == kmock.method.PATCH)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_what_passes_is_tried_again(run: Run, emulator: Emulator, answers: list[tuple[str, int]], status: int) -> None:
    """Three times more."""

    async def story(cluster: Any) -> None:  # noqa: ANN401 - a cluster
        with emulator.failing(patches, status, times=3):
            assert (await cluster.apply(make_deployment()))["spec"]["replicas"] == 2

    run(story)
    assert answers == [("PATCH", status)] * 3 + [("PATCH", 200)]


@pytest.mark.parametrize("status", [429, 500])
def test_what_does_not_pass_in_time_is_said_to_be_unavailable(
    run: Run, emulator: Emulator, answers: list[tuple[str, int]], status: int
) -> None:
    """With what was asked and what was answered."""

    async def story(cluster: Any) -> None:  # noqa: ANN401 - a cluster
        with emulator.failing(patches, status), pytest.raises(Unavailable) as failed:
            await cluster.apply(make_deployment())
        where = "/apis/apps/v1/namespaces/test/deployments/child"
        assert str(failed.value) == f"PATCH {where}: made to say {status}"

    run(story)
    assert answers == [("PATCH", status)] * 4


def test_a_conflict_is_tried_again_unless_the_request_is_about_one_certain_object(
    run: Run, emulator: Emulator, answers: list[tuple[str, int]]
) -> None:
    """Another object of that name does not become the one that was meant."""

    async def story(cluster: Any) -> None:  # noqa: ANN401 - a cluster
        made = await cluster.apply(make_deployment())
        answers.clear()
        with emulator.failing(patches, 409, times=2):
            await cluster.merge(made, {"spec": {"replicas": 4}})
        with emulator.failing(patches, 409, times=2):
            for asked in (
                cluster.apply(make_deployment(), uid=made["metadata"]["uid"]),
                cluster.merge(made, {"metadata": {"uid": made["metadata"]["uid"]}}),
            ):
                with pytest.raises(Conflict):
                    await asked

    run(story)
    assert [status for _, status in answers] == [409, 409, 200, 409, 409]


@pytest.mark.parametrize("status", [400, 403, 422])
def test_what_stays_refused_is_not_tried_again(
    run: Run, emulator: Emulator, answers: list[tuple[str, int]], status: int
) -> None:
    """Asking again would only be the same question."""

    async def story(cluster: Any) -> None:  # noqa: ANN401 - a cluster
        with emulator.failing(patches, status), pytest.raises(Refused):
            await cluster.apply(make_deployment())

    run(story)
    assert answers == [("PATCH", status)]


def test_a_token_that_ran_out_is_exchanged_once(run: Run, emulator: Emulator, answers: list[tuple[str, int]]) -> None:
    """With fresh credentials; when those are no better, or there are no others, that is all."""

    async def story(cluster: Any) -> None:  # noqa: ANN401 - a cluster
        with emulator.failing(patches, 401, times=1):
            await cluster.apply(make_deployment())
        with emulator.failing(patches, 401):
            for _ in range(3):
                with pytest.raises(Refused):
                    await cluster.apply(make_deployment())

    run(story)
    assert [status for _, status in answers] == [401, 200, 401, 401, 401, 401, 401]


def test_a_server_that_is_not_there_is_unavailable(answers: list[tuple[str, int]]) -> None:
    """Refused connections are tried again like a refusal for now."""

    async def story() -> None:
        connection = Connection(
            lambda: kopf.ConnectionInfo(server="http://127.0.0.1:1"),
            note=lambda verb, status: answers.append((verb, status)),
            first_wait=0.001,
        )
        cluster = Cluster(connection)
        try:
            with pytest.raises(Unavailable):
                await cluster.delete(make_deployment(), version="1")
        finally:
            await cluster.close()

    asyncio.run(story())
    assert answers == [("DELETE", 0)] * 4


def test_pods_that_have_ended_are_not_counted(run: Run, emulator: Emulator) -> None:
    """They hold no message."""
    for number, phase in enumerate(["Running", "Pending", "Succeeded", "Failed"]):
        key = (kmock.resource("", "v1", "pods"), "test", f"pod-{number}")
        emulator.objects[key] = {"metadata": {"name": f"pod-{number}"}, "status": {"phase": phase}}

    async def story(cluster: Any) -> None:  # noqa: ANN401 - a cluster
        assert await cluster.count_pods("test", {"app": "worker"}) == 2

    run(story)


def test_a_namespace_that_is_being_deleted_says_so(run: Run, emulator: Emulator) -> None:
    """By its date."""
    emulator.terminating.add("going")

    async def story(cluster: Any) -> None:  # noqa: ANN401 - a cluster
        assert [await cluster.is_terminating(name) for name in ("kept", "going")] == [False, True]

    run(story)
