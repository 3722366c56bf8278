"""Which dead-letter queues there are, which queue each belongs to, and what a person may call them.

A queue is known by its stack or by its published names ``X_queue_url`` and ``X_dead_letter_url``. Queues of another
stage, or of nobody, are not: what is not known cannot be changed by mistake.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from patterns_cli.queues.queue import Queue, name_in, read_queue
from patterns_deploy.outputs import read_outputs
from patterns_deploy.place import Place
from patterns_deploy.stack_resources import logical_name, stack_resources
from patterns_infra.registry import PATTERNS

__all__ = ["CannotRedrive", "DeadLetterQueue", "UnknownQueue", "find_dead_letter_queues", "select_queue"]

_PUBLISHED = re.compile(r"(?P<name>.+)_(?P<kind>queue|dead_letter)_url")


class UnknownQueue(ValueError):
    """A queue was named that is not there, or not alone under that name; the text is one line."""


class CannotRedrive(Exception):
    """The messages of a dead-letter queue have no way back; the text is one line."""


@dataclass(frozen=True, slots=True)
class DeadLetterQueue:
    """A dead-letter queue, with the queues whose messages it keeps.

    Attributes:
        pattern: whose it is.
        name: what to call it: the receiver's name, or its construct's.
        queue: the dead-letter queue itself.
        sources: where its messages came from; none for a stream's dead letters.
        names: all that it, or a source of it, is called.
    """

    pattern: str
    name: str
    queue: Queue
    sources: tuple[Queue, ...]
    names: frozenset[str]

    def called(self, text: str) -> bool:
        """Whether somebody who says this may mean it, or a source of it."""
        plain = text.casefold()
        by_name = any(plain in {x.casefold(), f"{self.pattern}/{x}".casefold()} for x in self.names)
        return by_name or any(queue.is_named(text) for queue in (self.queue, *self.sources))

    def way_back(self) -> Queue:
        """Return the queue that the dead letters came from.

        Raises:
            CannotRedrive: there is none, there are several, or putting them back would break an order.
        """
        if not self.sources:
            raise CannotRedrive(
                f"{self.name} belongs to no queue that its messages could go back to: they are changes of a table that "
                "never became events; put the missing events on the event bus with: patterns relay --from-table ORDER…"
            )
        if len(self.sources) > 1:
            names = ", ".join(source.name for source in self.sources)
            raise CannotRedrive(f"{self.name} keeps the dead letters of several queues, nobody knows whose: {names}")
        if self.queue.keeps_order:
            raise CannotRedrive(f"{self.queue.name} is a FIFO queue: its messages would come back out of order")
        return self.sources[0]


def find_dead_letter_queues(place: Place) -> list[DeadLetterQueue]:
    """Return the dead-letter queues of every deployed pattern, in the registry's order."""
    published = read_outputs(place)
    found: list[DeadLetterQueue] = []
    for pattern in PATTERNS.values():
        queues = _Queues(place)
        for key, url in published.get(pattern.name, {}).items():
            if url and (match := _PUBLISHED.fullmatch(key)):
                queues.add(url, match["name"], dead_letters=match["kind"] == "dead_letter")
        for resource in stack_resources(place, pattern.stack_name(place.stage)):
            if resource["ResourceType"] == "AWS::SQS::Queue" and resource.get("PhysicalResourceId"):
                name = logical_name(resource)
                queues.add(resource["PhysicalResourceId"], name, dead_letters="DeadLetter" in name)
        found += queues.dead_letter_queues(pattern.name)
    return found


def select_queue(found: Sequence[DeadLetterQueue], text: str) -> DeadLetterQueue:
    """Return the dead-letter queue that the text means: a name, ``pattern/name``, a queue's own name, URL or ARN.

    Raises:
        UnknownQueue: none or more than one is meant; with those that there are.
    """
    meant = [x for x in found if x.called(text)]
    if len(meant) == 1:
        return meant[0]
    if meant:
        choices = ", ".join(f"{x.pattern}/{x.name}" for x in meant)
        raise UnknownQueue(f"{text!r} is the name of several queues; say one of {choices}")
    there_are = ", ".join(x.name for x in found) or "none: no pattern with queues is deployed"
    raise UnknownQueue(f"there is no queue {text!r}; there are {there_are}")


@dataclass(slots=True)
class _Queues:
    """One pattern's queues, each once, however many names lead to it."""

    place: Place
    by_name: dict[str, Queue] = field(default_factory=dict)
    names: dict[str, list[str]] = field(default_factory=dict)
    keepers: set[str] = field(default_factory=set)

    def add(self, url: str, name: str, *, dead_letters: bool) -> None:
        """Add a queue, unless it is gone, as it may be while its stack changes."""
        queue = self.by_name.get(name_in(url)) or read_queue(self.place.client("sqs"), url)
        if queue is None:
            return
        self.by_name[queue.name] = queue
        self.names.setdefault(queue.arn, []).append(name)
        if dead_letters:
            self.keepers.add(queue.arn)

    def dead_letter_queues(self, pattern: str) -> Iterator[DeadLetterQueue]:
        """Yield those that keep dead letters: by their name, or because a queue's policy says so."""
        keepers = self.keepers | {queue.redrives_to for queue in self.by_name.values()}
        for queue in self.by_name.values():
            if queue.arn in keepers:
                sources = tuple(x for x in self.by_name.values() if x.redrives_to == queue.arn)
                names = [name for x in (queue, *sources) for full in self.names[x.arn] for name in _forms(full)]
                yield DeadLetterQueue(pattern, _shortest(self.names[queue.arn][0]), queue, sources, frozenset(names))


def _forms(name: str) -> Iterator[str]:
    """Yield a logical name and what is left of it without what every queue's ends with."""
    yield name
    for ending in ("Queue", "DeadLetters"):
        name = name.removesuffix(ending) or name
        yield name


def _shortest(name: str) -> str:
    return min(_forms(name), key=len)
