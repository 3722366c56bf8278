"""From a queue's messages to a use case's events, and back to the answer that Lambda expects."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from patterns_shared.adapters.event_messages import event_from_body
from patterns_shared.adapters.message_reports import Reporter
from patterns_shared.adapters.sqs_batch import DeadLetters, Message, process_batch
from patterns_shared.domain.errors import InvalidEvent, PermanentFailure
from patterns_shared.domain.events import Event

__all__ = ["DUPLICATE", "AfterBatch", "HandleEvents", "Receiver", "one_at_a_time"]

HandleEvents = Callable[[Sequence[Event]], Mapping[str, str | Exception]]
"""Handles events, no two with the same id, and returns for each id what was done, or why it failed.

Two contents of one id are handed over one after the other. A handler that remembers ids raises or returns EventConflict
for the one that it does not know: the order of a batch says nothing about which of them came first.
"""

AfterBatch = Callable[[Iterable[tuple[Message, Exception]]], None]
"""Is told which messages failed before the batch is answered."""

DUPLICATE = "duplicate"
"""What is done with another message of the same event."""


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
        """Take the parts.

        Args:
            dead_letters: where messages go that no later attempt can help.
            reporter: logs and counts.
            last_receive: the queue's maxReceiveCount.
            after_batch: is called with the messages that failed.
            read: raises InvalidEvent for a body that is no event.
        """
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
        waiting: dict[str, list[_Group]] = {}
        for message in messages:
            try:
                event = self._read(message.body)
            except InvalidEvent as error:
                failures[message.id] = error
            else:
                _add(waiting.setdefault(event.id, []), event, message)
        while waiting:
            first = [groups[0] for groups in waiting.values()]
            results = handle([group.event for group in first])
            waiting = {group.event.id: waiting[group.event.id][1:] for group in first}
            for group in first:
                result = results[group.event.id]
                rest = waiting[group.event.id]
                failures.update(self._settle(group, result))
                if isinstance(result, Exception) and not isinstance(result, PermanentFailure | InvalidEvent):
                    # The first is tried again, and another content of its id does not overtake it.
                    failures.update((message.id, result) for other in rest for message in other.messages)
                    rest.clear()
            waiting = {event_id: groups for event_id, groups in waiting.items() if groups}
        return failures

    def _settle(self, group: "_Group", result: str | Exception) -> dict[str, Exception]:
        """Report a group's messages as done, or return the failure for each."""
        if isinstance(result, Exception):
            return dict.fromkeys((message.id for message in group.messages), result)
        for n, message in enumerate(group.messages):
            self._reporter.done(message.id, group.event, DUPLICATE if n else str(result))
        return {}


@dataclass(frozen=True, slots=True)
class _Group:
    """The messages of one event."""

    event: Event
    messages: list[Message]


def _add(groups: list[_Group], event: Event, message: Message) -> None:
    """Add a message to the group of its event, which may differ from another event with the same id."""
    for group in groups:
        if group.event == event:
            group.messages.append(message)
            return
    groups.append(_Group(event, [message]))


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
