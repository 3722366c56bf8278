"""What every cluster does for the operator, real or not.

Subclass :class:`ClusterContract` and give it two fixtures: ``run``, which runs a coroutine of a test with a cluster,
and ``look``, which returns an object of the cluster by its kind and name, None when it is not there.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from patterns_k8s.operator.api.answers import Conflict, Gone
from patterns_k8s.operator.api.ports import Children
from patterns_k8s.operator.desired.processor import Manifest

__all__ = ["ClusterContract", "Look", "Run"]

# ruff: noqa: S101, PLR2004 - a contract suite asserts


Run = Callable[[Callable[[Children], Awaitable[None]]], None]
Look = Callable[[str, str], Manifest | None]


def make_deployment(**spec: Any) -> Manifest:  # noqa: ANN401 - fields of a spec
    """Return a Deployment as far as it matters here."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "child", "namespace": "test", "labels": {"kept": "yes"}},
        "spec": {"replicas": 2, **spec},
    }


class ClusterContract:
    """The contract of ``Children``."""

    def test_applying_makes_and_changes_and_then_changes_nothing(self, run: Run, look: Look) -> None:
        """What is applied again as it is keeps its version, so that no watcher gets an event."""

        async def story(cluster: Children) -> None:
            made = await cluster.apply(make_deployment())
            assert made["spec"]["replicas"] == 2
            assert made["metadata"]["resourceVersion"]
            again = await cluster.apply(make_deployment(), uid=made["metadata"]["uid"])
            assert again["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]
            changed = await cluster.apply(make_deployment(replicas=3), uid=made["metadata"]["uid"])
            assert changed["metadata"]["generation"] == made["metadata"]["generation"] + 1
            assert changed["metadata"]["labels"] == {"kept": "yes"}

        run(story)
        kept = look("Deployment", "child")
        assert kept is not None
        assert kept["spec"]["replicas"] == 3

    def test_what_is_there_is_not_created_again(self, run: Run, look: Look) -> None:
        """It is left as it is, also if another client created it."""

        async def story(cluster: Children) -> None:
            await cluster.create(make_deployment())
            with pytest.raises(Conflict):
                await cluster.create(make_deployment(replicas=9))
            with pytest.raises(Conflict):
                await cluster.apply(make_deployment(replicas=9))

        run(story)
        kept = look("Deployment", "child")
        assert kept is not None
        assert kept["spec"]["replicas"] == 2

    def test_a_change_keeps_what_it_does_not_name(self, run: Run, look: Look) -> None:
        """And a field that is None goes."""

        async def story(cluster: Children) -> None:
            await cluster.apply(make_deployment(paused=True))
            await cluster.merge(make_deployment(), {"spec": {"replicas": 0, "paused": None}})

        run(story)
        kept = look("Deployment", "child")
        assert kept is not None
        assert kept["spec"] == {"replicas": 0}

    def test_what_is_not_there_is_gone(self, run: Run) -> None:
        """It cannot be changed, and is deleted already."""

        async def story(cluster: Children) -> None:
            with pytest.raises(Gone):
                await cluster.merge(make_deployment(), {"spec": {}})
            await cluster.delete(make_deployment(), version="1")
            with pytest.raises(Gone):
                await cluster.get(make_deployment())
            with pytest.raises(Conflict):
                await cluster.apply(make_deployment(), uid="00000000-0000-0000-0000-000000000000")

        run(story)

    def test_another_object_of_that_name_is_left_as_it_is(self, run: Run, look: Look) -> None:
        """Whatever is asked for says by uid or version which object it is about."""
        other = "00000000-0000-0000-0000-000000000000"

        async def story(cluster: Children) -> None:
            old = (await cluster.apply(make_deployment()))["metadata"]["resourceVersion"]
            uid = (await cluster.get(make_deployment()))["metadata"]["uid"]
            await cluster.apply(make_deployment(replicas=3), uid=uid)
            with pytest.raises(Conflict):
                await cluster.apply(make_deployment(replicas=9), uid=other)
            for meant in ({"uid": other}, {"resourceVersion": old}):
                with pytest.raises(Conflict):
                    await cluster.merge(make_deployment(), {"metadata": meant, "spec": {"replicas": 9}})
            with pytest.raises(Conflict):
                await cluster.delete(make_deployment(), version=old)

        run(story)
        kept = look("Deployment", "child")
        assert kept is not None
        assert kept["spec"]["replicas"] == 3

    def test_what_is_deleted_is_not_there(self, run: Run, look: Look) -> None:
        """And can be made anew."""

        async def story(cluster: Children) -> None:
            made = await cluster.apply(make_deployment())
            await cluster.delete(made, version=made["metadata"]["resourceVersion"])

        run(story)
        assert look("Deployment", "child") is None

    def test_without_pods_none_are_counted(self, run: Run) -> None:
        """Nothing is no failure."""

        async def story(cluster: Children) -> None:
            assert await cluster.count_pods("test", {"app": "worker"}) == 0
            assert await cluster.list_pods("test", {"app": "worker"}) == []

        run(story)
