"""The relay: in order, at least once, and never held up for good."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import Metrics

from patterns_shared.adapters.eventbridge import EventBridgePublisher
from patterns_shared.domain.errors import TemporarilyUnavailable
from patterns_shared.domain.events import Event, EventType
from patterns_shared.ports import PublishFailure
from patterns_shared.testing import RecordingPublisher as Bus
from patterns_shared.testing import make_event, make_order
from patterns_web_api.application.relay import Change, Relay


class KeptAside:
    """A dead-letter queue that keeps what it takes in ``kept``; set ``unavailable`` to make it take nothing."""

    def __init__(self) -> None:
        self.kept: list[tuple[Mapping[str, Any], str]] = []
        self.unavailable = False

    def send(self, record: Mapping[str, Any], reason: str) -> None:
        """Keep the record, or not."""
        if self.unavailable:
            raise TemporarilyUnavailable("dead-letter queue")
        self.kept.append((record, reason))


@pytest.fixture
def bus() -> Bus:
    """The event bus."""
    return Bus()


@pytest.fixture
def dead_letters() -> KeptAside:
    """The dead-letter queue."""
    return KeptAside()


@pytest.fixture
def relay(bus: Bus, dead_letters: KeptAside, logger: Logger, metrics: Metrics) -> Relay:
    """The relay between them."""
    return Relay(bus, dead_letters, logger=logger, metrics=metrics)


def event(number: int) -> Event:
    """Return the event of the order with this number."""
    return make_event(EventType.ORDER_PLACED, make_order(order_id=f"019b8d00-0000-7000-8000-{number:012x}"))


def told(number: int) -> Change:
    """Return a change that is an event."""
    return Change(position=str(number), event=event(number), malformed=None, raw={"number": number})


def quiet(number: int) -> Change:
    """Return a change that needs no event."""
    return Change(position=str(number), event=None, malformed=None, raw={"number": number})


def broken(number: int) -> Change:
    """Return a change that cannot be read."""
    return Change(position=str(number), event=None, malformed=f"broken {number}", raw={"number": number})


def test_events_go_out_in_order(relay: Relay, bus: Bus) -> None:
    """And nothing has to come again."""
    assert relay.relay([told(1), quiet(2), told(3)]) is None
    assert bus.events == [event(1), event(3)]


def test_a_batch_without_events_publishes_nothing(relay: Relay, bus: Bus) -> None:
    """Idempotency claims come by too."""
    assert relay.relay([quiet(1), quiet(2)]) is None
    assert bus.events == []


def test_a_batch_without_events_does_not_call_the_bus(
    dead_letters: KeptAside, logger: Logger, metrics: Metrics
) -> None:
    """Most batches have none: a call for nothing would cost, and could fail."""

    class Refusing(Bus):
        def publish(self, events: Sequence[Event]) -> Sequence[PublishFailure]:
            raise AssertionError(f"the bus was called with {len(events)} events")

    relay = Relay(Refusing(), dead_letters, logger=logger, metrics=metrics)
    assert relay.relay([quiet(1), broken(2)]) is None
    assert len(dead_letters.kept) == 1


def test_the_stream_is_read_again_from_the_first_failure(relay: Relay, bus: Bus) -> None:
    """What stood before it does not come again, what stood after it does."""
    changes = [told(1), quiet(2), told(3), told(4)]
    bus.refuse = {event(3).id: "InternalFailure"}

    assert relay.relay(changes) == "3"

    bus.refuse = {}
    assert relay.relay(changes[2:]) is None
    assert bus.events == [event(1), event(3), event(4)]


def test_while_the_bus_is_down_nothing_is_lost(relay: Relay, bus: Bus) -> None:
    """The first record with an event is where it starts again."""
    bus.unavailable = True

    assert relay.relay([quiet(1), told(2), told(3)]) == "2"


def test_an_unreadable_record_is_set_aside_and_the_rest_goes_on(
    relay: Relay, bus: Bus, dead_letters: KeptAside
) -> None:
    """With its reason; it does not come again."""
    assert relay.relay([told(1), broken(2), told(3)]) is None
    assert bus.events == [event(1), event(3)]
    assert dead_letters.kept == [({"number": 2}, "broken 2")]


def test_an_unreadable_record_that_cannot_be_set_aside_comes_again(
    relay: Relay, bus: Bus, dead_letters: KeptAside
) -> None:
    """It must not vanish because two things failed at once."""
    changes = [told(1), broken(2), told(3)]
    dead_letters.unavailable = True
    assert relay.relay(changes) == "2"

    dead_letters.unavailable = False
    assert relay.relay(changes[1:]) is None
    assert dead_letters.kept == [({"number": 2}, "broken 2")]
    assert bus.events == [event(1), event(3), event(3)], "at least once, and with the same id"


def test_records_after_a_failure_are_not_set_aside_yet(relay: Relay, bus: Bus, dead_letters: KeptAside) -> None:
    """They come again, and would be set aside twice."""
    bus.refuse = {event(1).id: "InternalFailure"}

    assert relay.relay([told(1), broken(2)]) == "1"
    assert dead_letters.kept == []


def test_an_event_that_the_bus_will_never_take_is_set_aside(
    dead_letters: KeptAside, logger: Logger, metrics: Metrics
) -> None:
    """Trying again would hold up the shard for ever."""

    class Strict(Bus):
        def publish(self, events: Sequence[Event]) -> list[PublishFailure]:
            return [PublishFailure(event.id, "too large", retryable=False) for event in events[:1]]

    relay = Relay(Strict(), dead_letters, logger=logger, metrics=metrics)

    assert relay.relay([told(1), told(2)]) is None
    assert dead_letters.kept == [({"number": 1}, "too large")]


def lines(capsys: pytest.CaptureFixture[str], *names: str) -> list[dict[str, Any]]:
    """Return these fields of each log line, and the metrics, as they were written."""
    documents = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [
        {
            name: each["_aws"]["CloudWatchMetrics"][0]["Metrics"] if name == "metrics" else each.get(name)
            for name in names
        }
        for each in documents
        if ("_aws" in each) is ("metrics" in names)
    ]


FIELDS = ("level", "message", "event_id", "event_type", "order_id", "trace_id", "reason", "position", "error")
TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"


def about(number: int) -> dict[str, str]:
    """Return the fields of a line about the event with this number."""
    return {
        "event_id": event(number).id,
        "event_type": "OrderPlaced",
        "order_id": event(number).order_id,
        "trace_id": TRACE_ID,
    }


def line(level: str, message: str, **fields: str) -> dict[str, str | None]:
    """Return a log line, with nothing in the fields that are not named."""
    return {**dict.fromkeys(FIELDS), "level": level, "message": message, **fields}


def test_each_event_has_a_log_line(relay: Relay, bus: Bus, capsys: pytest.CaptureFixture[str]) -> None:
    """With what an operator searches for; one that did not go out has the reason."""
    bus.refuse = {event(2).id: "InternalFailure"}
    relay.relay([told(1), told(2)])
    assert lines(capsys, *FIELDS) == [
        line("INFO", "relayed", **about(1)),
        line("WARNING", "not_relayed", **about(2), reason="InternalFailure"),
    ]


def test_while_the_bus_is_down_each_line_says_so(relay: Relay, bus: Bus, capsys: pytest.CaptureFixture[str]) -> None:
    """The whole call failed, and with it each of its events."""
    bus.unavailable = True
    relay.relay([told(1), told(2)])
    reason = "event bus is temporarily unavailable"
    assert lines(capsys, *FIELDS) == [line("WARNING", "not_relayed", **about(n), reason=reason) for n in (1, 2)]


@pytest.mark.parametrize("unavailable", [False, True])
def test_a_dead_letter_has_a_log_line(
    relay: Relay, dead_letters: KeptAside, capsys: pytest.CaptureFixture[str], *, unavailable: bool
) -> None:
    """With its position in the stream; one that was not taken has the error, too."""
    dead_letters.unavailable = unavailable
    relay.relay([broken(2)])
    fields = {"reason": "broken 2", "position": "2"}
    expected = line("ERROR", "dead_lettered", **fields)
    if unavailable:
        error = "dead-letter queue is temporarily unavailable"
        expected = line("WARNING", "not_dead_lettered", **fields, error=error)
    assert lines(capsys, *FIELDS) == [expected]


def test_what_is_counted_has_a_name_and_a_unit(relay: Relay, bus: Bus, capsys: pytest.CaptureFixture[str]) -> None:
    """As the stack's alarms ask for it; a batch without events counts none of each."""
    bus.refuse = {event(3).id: "InternalFailure"}
    relay.relay([told(1), broken(2), told(3)])
    relay.relay([quiet(4)])
    counted = [{each["Name"]: each["Unit"] for each in found["metrics"]} for found in lines(capsys, "metrics")]
    both = {"EventsRelayed": "Count", "RelayFailures": "Count"}
    assert counted == [{**both, "RecordsDeadLettered": "Count"}, both]


def test_dead_letters_are_counted(relay: Relay, capsys: pytest.CaptureFixture[str]) -> None:
    """Each once, also those of an event that the bus never takes."""
    relay.relay([broken(1), broken(2), told(3)])
    (counts,) = lines(capsys, "metrics", "RecordsDeadLettered", "EventsRelayed", "RelayFailures")
    assert [sum(counts[name]) for name in ("RecordsDeadLettered", "EventsRelayed", "RelayFailures")] == [2, 1, 0]


def test_its_log_follows_orders_and_not_persons(relay: Relay, bus: Bus, capsys: pytest.CaptureFixture[str]) -> None:
    """A line an event, with order and trace, and the counts as metrics."""
    bus.refuse = {event(2).id: "InternalFailure"}
    relay.relay([told(1), told(2)])

    out = capsys.readouterr().out

    assert out.count('"message":"relayed"') == 1
    assert out.count('"message":"not_relayed"') == 1
    assert event(1).order_id in out
    assert "4bf92f3577b34da6a3ce929d0e0e4736" in out
    assert '"EventsRelayed":[1.0]' in out
    assert '"RelayFailures":[1.0]' in out
    assert "@" not in out


def test_an_event_that_the_bus_never_takes_holds_back_none_of_a_large_batch(
    dead_letters: KeptAside, logger: Logger, metrics: Metrics
) -> None:
    """However many calls the batch takes: it is set aside, the others are relayed, and nothing is read again."""
    relayed: list[str] = []

    class Bus:
        def put_events(self, **request: list[Any]) -> dict[str, Any]:
            ids = [json.loads(entry["Detail"])["id"] for entry in request["Entries"]]
            relayed.extend(each for each in ids if each != event(3).id)
            return {"Entries": [{"ErrorCode": "MalformedDetail"} if each == event(3).id else {} for each in ids]}

    publisher = EventBridgePublisher(Bus(), "patterns.test")  # type: ignore[arg-type] # the part used
    relay = Relay(publisher, dead_letters, logger=logger, metrics=metrics)
    assert relay.relay([told(number) for number in range(25)]) is None
    assert relayed == [event(number).id for number in range(25) if number != 3]
    assert dead_letters.kept == [({"number": 3}, "MalformedDetail")]
