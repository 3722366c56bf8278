"""Standard queues of SQS in memory, and the calls of botocore's client that the programs make of them.

Messages come at least once and in any order; a message that was received is hidden for a while, and after the last of
its receives the queue moves it to its dead letters, without a reason.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from botocore.exceptions import ReadTimeoutError
from tests.whole.faults import Crash, Fault, Faults

from patterns_shared.testing import FrozenClock

__all__ = ["Queue", "QueueClient", "SentMessage", "no_answer"]

Parameters = Any
"""Parameters and answers of a client's calls are JSON objects, as botocore has them."""


def no_answer() -> ReadTimeoutError:
    """Return the error of a call that was not answered, whether it was carried out or not."""
    return ReadTimeoutError(endpoint_url="https://aws.invalid")


@dataclass(slots=True)
class SentMessage:
    """A message in a queue, visible from ``visible_at`` (seconds since 1970); each receive has a receipt of its own."""

    id: str
    body: str
    attributes: dict[str, Any] = field(default_factory=dict)
    visible_at: float = 0.0
    receives: int = 0
    receipt: str = ""


@dataclass(slots=True)
class Queue:
    """One queue; ``sent`` are the bodies that it ever got."""

    name: str
    visibility: int = 180
    max_receives: int = 300
    dead_letters: "Queue | None" = None
    messages: dict[str, SentMessage] = field(default_factory=dict)
    sent: list[str] = field(default_factory=list)
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    @property
    def bodies(self) -> list[str]:
        """The bodies of what is in the queue."""
        return [message.body for message in self.messages.values()]

    def put(self, body: str, attributes: dict[str, Any] | None = None) -> None:
        """Take a message."""
        message = SentMessage(f"{self.name}-{next(self._numbers)}", body, attributes or {})
        self.messages[message.id] = message
        self.sent.append(body)

    def take(self, limit: int, now: float, *, skip: int = 0) -> list[SentMessage]:
        """Give out up to ``limit`` visible messages, those after the first ``skip`` first: there is no order."""
        visible = [message for message in self.messages.values() if message.visible_at <= now]
        turned = skip % len(visible) if visible else 0
        taken: list[SentMessage] = []
        for message in (visible[turned:] + visible[:turned])[:limit]:
            if message.receives >= self.max_receives and self.dead_letters is not None:
                del self.messages[message.id]
                self.dead_letters.put(message.body)
                continue
            message.receives += 1
            message.receipt = f"{message.id}/{message.receives}"
            message.visible_at = now + self.visibility
            taken.append(message)
        return taken

    def redrive(self) -> None:
        """Take the dead letters back, as new messages."""
        if self.dead_letters is not None:
            returned, self.dead_letters.messages = self.dead_letters.bodies, {}
            for body in returned:
                self.put(body)

    def show(self, now: float) -> None:
        """Show what is hidden: a queue may give a message to two workers at once."""
        for message in self.messages.values():
            message.visible_at = min(message.visible_at, now)

    def find(self, receipt: str) -> SentMessage | None:
        """Return the message of the receipt, None when it is gone; one that was received again knows its old ones."""
        return self.messages.get(receipt.rpartition("/")[0])

    def next_visible(self) -> float | None:
        """Return when a message can be received, None when there is none."""
        return min((message.visible_at for message in self.messages.values()), default=None)


class QueueClient:
    """SQS, as far as the programs ask for it; a queue's URL is its name. ``skip`` turns the order of receives."""

    def __init__(self, queues: Callable[[str], Queue], faults: Faults, clock: FrozenClock) -> None:
        """Take the queues by name."""
        self._queue = queues
        self._faults = faults
        self._clock = clock
        self.skip = 0
        self.deletes = True

    @property
    def now(self) -> float:
        """Seconds since 1970."""
        return self._clock.now.timestamp()

    def send_message(self, **call: Parameters) -> Parameters:
        """Send one message."""
        queue = self._queue(call["QueueUrl"])
        send = self._faults.call
        send("queues", lambda: queue.put(call["MessageBody"], call.get("MessageAttributes")), no_answer)
        return {}

    def receive_message(self, **call: Parameters) -> Parameters:
        """Receive messages; those of an answer that is lost stay hidden."""
        queue = self._queue(call["QueueUrl"])
        limit = call["MaxNumberOfMessages"]
        received = self._faults.call("queues", lambda: queue.take(limit, self.now, skip=self.skip), no_answer)
        return {"Messages": [record_of(message) for message in received]}

    def delete_message_batch(self, **call: Parameters) -> Parameters:
        """Delete messages, unless deletions fail at the moment."""

        def delete(queue: Queue, entry: Parameters) -> None:
            if self.deletes:
                queue.messages.pop(entry["ReceiptHandle"].rpartition("/")[0], None)

        return self._each(call, delete)

    def change_message_visibility_batch(self, **call: Parameters) -> Parameters:
        """Hide messages from now on."""

        def hide(queue: Queue, entry: Parameters) -> None:
            message = queue.find(entry["ReceiptHandle"])
            if message is not None and message.receipt == entry["ReceiptHandle"]:
                message.visible_at = self.now + entry["VisibilityTimeout"]

        return self._each(call, hide)

    def _each(self, call: Parameters, change: Callable[[Queue, Parameters], None]) -> Parameters:
        """Change each entry's message; of a call that is refused, the first half of them."""
        queue, entries = self._queue(call["QueueUrl"]), call["Entries"]
        fault = self._faults.next("queues")
        done, left = halves(entries, fault)
        for entry in done:
            change(queue, entry)
        if fault is Fault.CRASH_AFTER:
            raise Crash
        if fault is Fault.LOST:
            raise no_answer()
        return {"Failed": [{"Id": entry["Id"], "Code": "InternalError"} for entry in left]}


def halves(entries: Sequence[Any], fault: Fault) -> tuple[Sequence[Any], Sequence[Any]]:
    """Return the entries of a call that are carried out, and those that the service refuses."""
    middle = len(entries) // 2 if fault is Fault.REFUSED else len(entries)
    return entries[:middle], entries[middle:]


def record_of(message: SentMessage) -> dict[str, Any]:
    """Return a message as SQS gives it out."""
    return {
        "MessageId": message.id,
        "ReceiptHandle": message.receipt,
        "Body": message.body,
        "Attributes": {"ApproximateReceiveCount": str(message.receives)},
    }
