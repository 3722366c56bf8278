"""From a queue's messages to a use case's events, and back to the answer that Lambda expects."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from patterns_shared.adapters.event_messages import event_from_body
from patterns_shared.adapters.message_reports import Reporter
from patterns_shared.adapters.sqs_batch import DeadLetters, Message, process_batch
from patterns_shared.domain.errors import InvalidEvent
from patterns_shared.domain.events import Event

__all__ = ["DUPLICATE", "AfterBatch", "HandleEvents", "Receiver", "one_at_a_time"]

HandleEvents = Callable[[Sequence[Event]], Mapping[str, str | Exception]]
"""Handles events, no two with the same id, and returns for each id what was done, or why it failed."""

AfterBatch = Callable[[Iterable[tuple[Message, Exception]]], None]
"""Is told which messages failed before the batch is answered."""

DUPLICATE = "duplicate"
"""What is done with the second message that tells of the same event."""


class Receiver:
    """One receiver of the topic's events: reads, hands on, reports, answers."""

    def __init__(
        self,
        *,
        dead_letters: DeadLetters,
        reporter: Reporter,
        last_receive: int,
        after_batch: AfterBatch = lambda _: None,
        read: Callable[[str], Event] = event_from_body,
    ) -> None:
        """``last_receive`` is the queue's maxReceiveCount; ``read`` raises InvalidEvent for a body that is no event."""
        self._dead_letters = dead_letters
        self._reporter = reporter
        self._last_receive = last_receive
        self._after_batch = after_batch
        self._read = read

    def receive(self, batch: Mapping[str, Any], handle: HandleEvents) -> dict[str, Any]:
        """Handle the messages of a Lambda event; return the partial batch response."""

        def handle_messages(messages: Sequence[Message]) -> Mapping[str, Exception]:
            failures = self._handle(messages, handle)
            self._after_batch((message, failures[message.id]) for message in messages if message.id in failures)
            return failures

        try:
            return process_batch(
                batch,
                handle_messages,
                dead_letters=self._dead_letters,
                report=self._reporter.failed,
                last_receive=self._last_receive,
            )
        finally:
            self._reporter.flush()

    def _handle(self, messages: Sequence[Message], handle: HandleEvents) -> dict[str, Exception]:
        failures: dict[str, Exception] = {}
        told: dict[str, tuple[Event, list[Message]]] = {}
        for message in messages:
            try:
                event = self._read(message.body)
            except InvalidEvent as error:
                failures[message.id] = error
            else:
                told.setdefault(event.id, (event, []))[1].append(message)
        results = handle([event for event, _ in told.values()]) if told else {}
        for event, telling in told.values():
            result = results[event.id]
            if isinstance(result, Exception):
                failures.update((message.id, result) for message in telling)
                continue
            for n, message in enumerate(telling):
                self._reporter.done(message.id, event, DUPLICATE if n else str(result))
        return failures


def one_at_a_time(handle: Callable[[Event], str]) -> HandleEvents:
    """Return a handler of events that handles each alone, in the order in which they came."""

    def handle_events(events: Sequence[Event]) -> dict[str, str | Exception]:
        results: dict[str, str | Exception] = {}
        for event in events:
            try:
                results[event.id] = handle(event)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is this event's alone
                results[event.id] = error
        return results

    return handle_events
