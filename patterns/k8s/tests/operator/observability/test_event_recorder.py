"""What happens again is one Event with a count."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from patterns_k8s.operator.api.answers import Gone, Unavailable
from patterns_k8s.operator.observability.event_recorder import EventRecorder

BODY = {"metadata": {"name": "orders", "namespace": "shop", "uid": "uid-1"}}


class Events:
    """The API server's Events, and how often each was written."""

    def __init__(self) -> None:
        """Have none."""
        self.kept: dict[str, dict[str, Any]] = {}
        self.writes = 0
        self.fail: Exception | None = None
        self.now = datetime(2026, 11, 30, 12, tzinfo=UTC)
        self.recorder = EventRecorder(self, now=lambda: self.now, instance="pod-1")
        self.tell = self.recorder.teller(BODY)

    def _ask(self) -> None:
        self.writes += 1
        if self.fail is not None:
            raise self.fail

    async def create(self, manifest: dict[str, Any]) -> dict[str, Any]:
        """Keep one under a name."""
        self._ask()
        name = f"{manifest['metadata']['generateName']}{self.writes}"
        self.kept[name] = manifest
        return {**manifest, "metadata": {**manifest["metadata"], "name": name}}

    async def merge(self, reference: dict[str, Any], change: Any, *, part: str = "") -> dict[str, Any]:  # noqa: ANN401, ARG002 - as the port has it
        """Change one."""
        self._ask()
        name = reference["metadata"]["name"]
        if name not in self.kept:
            raise Gone("PATCH", name)
        self.kept[name] |= change
        return self.kept[name]

    async def posted(self) -> None:
        """Wait until nothing is left to post."""
        while self.recorder._waiting or self.recorder._news.is_set():  # noqa: ASYNC110 - of its inside nothing tells
            await asyncio.sleep(0)

    @property
    def shown(self) -> list[tuple[str, int, str]]:
        """Reason, count and message of each."""
        return [(each["reason"], each["count"], each["message"]) for each in self.kept.values()]


Story = Callable[[Events], Awaitable[None]]


def play(story: Story) -> None:
    """Play a story with a recorder that posts."""

    async def played() -> None:
        events = Events()
        events.recorder.begin()
        try:
            await story(events)
        finally:
            events.recorder.close()

    asyncio.run(played())


def test_twenty_edits_are_one_event_with_a_count() -> None:
    """By any client, of any field; the message names all of them."""

    async def story(events: Events) -> None:
        for number in range(20):
            who = "kubectl-edit" if number % 2 else "argocd"
            events.tell("Warning", "Repaired", f"Deployment orders-workers .spec.replicas was changed by {who}")
            events.now += timedelta(seconds=10)
            await events.posted()
        ((name, event),) = events.kept.items()
        assert name.startswith("orders.")
        assert event["count"] == 20
        assert event["message"].count("changed by") == 2
        assert event["involvedObject"] == {
            "apiVersion": "patterns.example.com/v1",
            "kind": "OrderProcessor",
            "name": "orders",
            "namespace": "shop",
            "uid": "uid-1",
        }
        assert (event["firstTimestamp"], event["lastTimestamp"]) == ("2026-11-30T12:00:00Z", "2026-11-30T12:03:10Z")
        assert events.writes == 20

    play(story)


def test_other_reasons_are_counted_by_their_message() -> None:
    """From one to three pods and from three to five are two things."""

    async def story(events: Events) -> None:
        for pods in (3, 5, 3):
            events.tell("Normal", "ScaledUp", f"to {pods} pods")
            await events.posted()
        assert events.shown == [("ScaledUp", 2, "to 3 pods"), ("ScaledUp", 1, "to 5 pods")]

    play(story)


def test_what_waits_is_counted_meanwhile() -> None:
    """So a cluster that is away, or slow, is not flooded later."""

    async def story(events: Events) -> None:
        for _ in range(20):
            events.tell("Warning", "Repaired", "again")
        await events.posted()
        assert events.shown == [("Repaired", 20, "again")]
        assert events.writes == 1

    play(story)


def test_another_object_has_its_own_event() -> None:
    """Even one of the same name, after it."""

    async def story(events: Events) -> None:
        events.tell("Warning", "Repaired", "again")
        await events.posted()
        events.recorder.teller({"metadata": {**BODY["metadata"], "uid": "uid-2"}})("Warning", "Repaired", "again")
        await events.posted()
        assert [each["count"] for each in events.kept.values()] == [1, 1]

    play(story)


def test_after_a_pause_it_is_a_new_event() -> None:
    """What happens once an hour is no series."""

    async def story(events: Events) -> None:
        for _ in range(2):
            events.tell("Warning", "Repaired", "again")
            await events.posted()
            events.now += timedelta(minutes=11)
        assert [each["count"] for each in events.kept.values()] == [1, 1]

    play(story)


def test_an_event_that_was_forgotten_is_posted_again() -> None:
    """With its count: the API server keeps one for an hour, and people delete them."""

    async def story(events: Events) -> None:
        events.tell("Warning", "Repaired", "again")
        await events.posted()
        events.kept.clear()
        events.tell("Warning", "Repaired", "again")
        await events.posted()
        assert events.shown == [("Repaired", 2, "again")]

    play(story)


def test_a_failure_is_logged_and_the_next_one_counts_it(caplog: pytest.LogCaptureFixture) -> None:
    """Events are told at the API server's best; the operator goes on without."""

    async def story(events: Events) -> None:
        events.fail = Unavailable("POST events", "status 503")
        events.tell("Warning", "Repaired", "again")
        await events.posted()
        events.fail = None
        events.tell("Warning", "Repaired", "again")
        await events.posted()
        assert events.shown == [("Repaired", 2, "again")]

    play(story)
    assert "status 503; not posted: Repaired: again" in caplog.text


def test_a_message_is_cut_where_the_api_server_would_refuse_it() -> None:
    """The newest of many edits are kept."""

    async def story(events: Events) -> None:
        events.tell("Warning", "Refused", "x" * 5_000)
        for number in range(100):
            events.tell("Warning", "Repaired", f"edit {number:03} " + "x" * 50)
        await events.posted()
        assert all(len(message) <= 1024 for _, _, message in events.shown)
        ((count, message),) = [(count, message) for reason, count, message in events.shown if reason == "Repaired"]
        assert count == 100
        assert "edit 099" in message
        assert "edit 000" not in message

    play(story)


def test_a_flood_of_different_events_is_bounded(caplog: pytest.LogCaptureFixture) -> None:
    """While none can be posted; what is left out is logged."""
    events = Events()
    for number in range(5_000):
        events.tell("Normal", "ScaledUp", f"to {number} pods")
    assert len(events.recorder._waiting) == len(events.recorder._records) == 4096
    assert "takes no events; not posted: ScaledUp: to 4999 pods" in caplog.text
