"""The event bus and the topic in memory: what is published goes to the queues whose rule or subscription matches it."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from tests.whole.faults import Crash, Fault, Faults
from tests.whole.queues import Parameters, Queue, halves, no_answer

__all__ = ["Bus", "Rule", "Subscription", "Topic"]


@lru_cache(maxsize=1024)
def read(text: str) -> Any:  # noqa: ANN401 - any JSON
    """Return what a text says; the same message is looked at by each subscription, and changed by none."""
    return json.loads(text)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the bus as `OrderEventRule` makes it: the detail type, or the event's own type, is one of these."""

    event_types: frozenset[str]
    queue: Queue

    def matches(self, detail_type: str, detail: Mapping[str, Any]) -> bool:
        """Whether the event goes to the queue."""
        return detail_type in self.event_types or detail.get("type") in self.event_types


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription of a queue, with raw delivery: the policy's fields are those of the message's body.

    With ``by_attributes`` they are the message's attributes instead.
    """

    policy: Mapping[str, Sequence[Any]]
    queue: Queue
    by_attributes: bool = False

    def matches(self, body: str, attributes: Mapping[str, Mapping[str, str]]) -> bool:
        """Whether the message goes to the queue; a body that is no JSON object matches no policy."""
        if not self.policy:
            return True
        fields: Any = {name: value["StringValue"] for name, value in attributes.items()}
        if not self.by_attributes:
            try:
                fields = read(body)
            except ValueError:
                return False
        return isinstance(fields, dict) and all(fields.get(name) in values for name, values in self.policy.items())


@dataclass(slots=True)
class Bus:
    """The default event bus, with its archive; the client of the programs that publish to it."""

    faults: Faults
    publishes: Callable[[str, Mapping[str, Any]], None]
    rules: list[Rule] = field(default_factory=list)
    archive: list[dict[str, str]] = field(default_factory=list)

    def put_events(self, *, Entries: Parameters) -> Parameters:  # noqa: N803 - the API's name
        """Take the entries, or the first half of them when the call is refused."""
        fault = self.faults.next("bus")
        taken, left = halves(Entries, fault)
        for entry in taken:
            self.publishes(entry["Detail"], read(entry["Detail"]))
            self.archive.append(entry)
            self.deliver(entry)
        _after(fault)
        return {"Entries": [{}] * len(taken) + [{"ErrorCode": "ThrottlingException"}] * len(left)}

    def deliver(self, entry: Mapping[str, str]) -> None:
        """Hand an entry to the queues of its rules, in the bus's envelope."""
        detail = read(entry["Detail"])
        body = json.dumps({"source": entry["Source"], "detail-type": entry["DetailType"], "detail": detail})
        for rule in self.rules:
            if rule.matches(entry["DetailType"], detail):
                rule.queue.put(body)


@dataclass(slots=True)
class Topic:
    """The topic of order events; the client of the programs that publish to it."""

    faults: Faults
    publishes: Callable[[str, Mapping[str, Any]], None]
    subscriptions: list[Subscription] = field(default_factory=list)

    def publish_batch(self, *, TopicArn: str, PublishBatchRequestEntries: Parameters) -> Parameters:  # noqa: N803, ARG002
        """Take the entries, or the first half of them when the call is refused."""
        fault = self.faults.next("topic")
        taken, left = halves(PublishBatchRequestEntries, fault)
        for entry in taken:
            self.publishes(entry["Message"], read(entry["Message"]))
            self.deliver(entry["Message"], entry["MessageAttributes"])
        _after(fault)
        return {"Failed": [{"Id": entry["Id"], "Code": "InternalError"} for entry in left]}

    def deliver(self, body: str, attributes: Mapping[str, Mapping[str, str]]) -> None:
        """Hand a message to the queues of the subscriptions that match it."""
        for subscription in self.subscriptions:
            if subscription.matches(body, attributes):
                subscription.queue.put(body)


def _after(fault: Fault) -> None:
    if fault is Fault.CRASH_AFTER:
        raise Crash
    if fault is Fault.LOST:
        raise no_answer()
