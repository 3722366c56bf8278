import json
import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from patterns_k8s.worker.publishing import PatientPublisher
from patterns_shared.adapters.sns import SnsPublisher
from patterns_shared.domain.errors import TemporarilyUnavailable
from patterns_shared.domain.events import Event
from patterns_shared.ports import PublishFailure
from patterns_shared.testing import RecordingPublisher, make_event

EVENTS = [make_event(id=f"event-{n}", order_id=f"order-{n}") for n in range(3)]


class Stop:
    """A stop that is given at the wait of this number, and never waits."""

    def __init__(self, at: int = 1_000) -> None:
        """Count from one."""
        self.at = at
        self.waits: list[float] = []

    def is_set(self) -> bool:
        """Whether it was given."""
        return len(self.waits) >= self.at

    def wait(self, timeout: float) -> bool:
        """Note the pause."""
        self.waits.append(timeout)
        return self.is_set()


class Scripted(RecordingPublisher):
    """A bus whose first calls fail with these errors, None for none."""

    def __init__(self, *errors: Exception | None) -> None:
        """Take the errors."""
        super().__init__()
        self.errors = list(errors)

    def publish(self, events: Sequence[Event]) -> Sequence[PublishFailure]:
        """Fail, or take the events."""
        error = self.errors.pop(0) if self.errors else None
        if error:
            raise error
        return super().publish(events)


def refused(code: str) -> ClientError:
    """Return SNS's refusal of a whole call."""
    return ClientError({"Error": {"Code": code}}, "PublishBatch")


def patient(bus: RecordingPublisher, stop: Stop, notes: list[str]) -> PatientPublisher:
    """Return the publisher, without chance."""
    return PatientPublisher(
        bus, stop=stop, waiting=notes.append, flowing=lambda: notes.append("flowing"), jitter=lambda _, most: most
    )


def test_what_the_topic_takes_is_published_once() -> None:
    """Without a pause."""
    bus, stop, notes = RecordingPublisher(), Stop(), list[str]()
    assert patient(bus, stop, notes).publish(EVENTS) == []
    assert (bus.events, stop.waits, notes) == (EVENTS, [], ["flowing"])


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (TemporarilyUnavailable("topic"), "topic is temporarily unavailable"),
        (refused("NotFound"), "the topic refuses: NotFound"),
        (refused("AuthorizationError"), "the topic refuses: AuthorizationError"),
        (refused("KMSAccessDeniedException"), "the topic refuses: KMSAccessDeniedException"),
    ],
)
def test_a_topic_out_of_reach_is_waited_for(error: Exception, reason: str) -> None:
    """Longer and longer up to a quarter of a minute, and then everything goes out, in order."""
    bus, stop, notes = Scripted(*[error] * 8), Stop(), list[str]()
    assert patient(bus, stop, notes).publish(EVENTS) == []
    assert bus.events == EVENTS
    assert stop.waits == [0.5, 1, 2, 4, 8, 15, 15, 15]
    assert notes == [reason] * 8 + ["flowing"]


def test_only_what_was_not_taken_is_published_again() -> None:
    """The rest has been acknowledged."""
    bus, stop, notes = RecordingPublisher(), Stop(), list[str]()
    bus.refuse = {"event-1": "Throttled"}
    seen: list[list[str]] = []
    publisher = patient(bus, stop, notes)

    def waited(timeout: float) -> bool:
        seen.append([event.id for event in bus.events])
        bus.refuse.clear()
        return Stop.wait(stop, timeout)

    stop.wait = waited  # type: ignore[method-assign] # the topic recovers during the wait
    assert publisher.publish(EVENTS) == []
    assert seen == [["event-0"]]
    assert [event.id for event in bus.events] == ["event-0", "event-1", "event-2"]


def test_a_stop_ends_the_waiting() -> None:
    """What was not acknowledged is returned, so that its message is given back."""
    bus, stop, notes = Scripted(*[TemporarilyUnavailable("topic")] * 9), Stop(at=2), list[str]()
    failures = patient(bus, stop, notes).publish(EVENTS)
    assert [(failure.event_id, failure.retryable) for failure in failures] == [(e.id, True) for e in EVENTS]
    assert len(stop.waits) == 2
    assert "flowing" not in notes


def test_an_event_that_spoils_the_whole_call_is_found() -> None:
    """It alone is refused for good; the others go out."""

    class Spoilt(RecordingPublisher):
        def publish(self, events: Sequence[Event]) -> Sequence[PublishFailure]:
            if any(event.id == "event-1" for event in events):
                raise refused("InvalidParameter")
            return super().publish(events)

    bus, stop, notes = Spoilt(), Stop(), list[str]()
    failures = patient(bus, stop, notes).publish(EVENTS)
    assert failures == [PublishFailure("event-1", "the topic refuses: InvalidParameter", retryable=False)]
    assert [event.id for event in bus.events] == ["event-0", "event-2"]
    assert stop.waits == []


def test_permanent_refusals_are_returned_with_what_went_out() -> None:
    """A permanent refusal is not retried."""

    class Refusing(RecordingPublisher):
        def publish(self, events: Sequence[Event]) -> Sequence[PublishFailure]:
            return [PublishFailure(event.id, "too large", retryable=False) for event in events[:1]]

    bus, stop, notes = Refusing(), Stop(), list[str]()
    assert [failure.event_id for failure in patient(bus, stop, notes).publish(EVENTS)] == ["event-0"]
    assert stop.waits == []


def test_nothing_is_nothing() -> None:
    """No call, no news but that all is well."""
    bus, notes = Scripted(AssertionError()), list[str]()
    assert patient(bus, Stop(), notes).publish([]) == []
    assert notes == ["flowing"]


def test_a_threads_event_is_a_stop() -> None:
    """The real one fits."""
    stop = threading.Event()
    stop.set()
    bus = Scripted(TemporarilyUnavailable("topic"))
    publisher = PatientPublisher(bus, stop=stop, waiting=lambda _: None, flowing=lambda: None)
    assert len(publisher.publish([replace(EVENTS[0])])) == 1


def test_an_event_that_the_topic_never_takes_holds_back_none_of_many() -> None:
    """However many calls they take: the others go out at once, and nothing waits for the topic."""
    published: list[str] = []

    class Topic:
        def publish_batch(self, **request: Any) -> dict[str, Any]:  # noqa: ANN401 - the client's parameters
            entries = {
                entry["Id"]: json.loads(entry["Message"])["id"] for entry in request["PublishBatchRequestEntries"]
            }
            bad = [number for number, event_id in entries.items() if event_id == "event-3"]
            published.extend(event_id for number, event_id in entries.items() if number not in bad)
            return {"Failed": [{"Id": number, "Code": "InvalidParameter"} for number in bad]}

    notes: list[str] = []
    many = [make_event(id=f"event-{n}", order_id=f"order-{n}") for n in range(25)]
    publisher = PatientPublisher(
        SnsPublisher(Topic(), "topic"),  # type: ignore[arg-type] # the part used
        stop=Stop(),
        waiting=notes.append,
        flowing=lambda: notes.append("flowing"),
    )
    assert [(x.event_id, x.retryable) for x in publisher.publish(many)] == [("event-3", False)]
    assert published == [event.id for event in many if event.id != "event-3"]
    assert notes == ["flowing"]
