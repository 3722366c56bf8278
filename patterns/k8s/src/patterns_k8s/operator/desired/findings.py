"""What the operator finds out about a queue and a topic, and whether it is missing or only unknown for now."""

from dataclasses import dataclass

__all__ = ["Found", "Missing", "QueueFound", "TopicFound", "Unknown"]


@dataclass(frozen=True, slots=True)
class QueueFound:
    """A queue: its URL, messages waiting and in work, and the seconds for which it hides one."""

    url: str
    messages: int
    visibility: int


@dataclass(frozen=True, slots=True)
class TopicFound:
    """A topic."""

    arn: str


@dataclass(frozen=True, slots=True)
class Missing:
    """It is not there: workers would have nothing to do, or nobody to tell, so there are none."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """It could not be asked for: what was known before holds."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of the queue and of the topic that an OrderProcessor names."""

    queue: QueueFound | Missing | Unknown
    topic: TopicFound | Missing | Unknown

    @property
    def lacks_one(self) -> bool:
        """Whether one of the two is not there, so that there are to be no workers."""
        return isinstance(self.queue, Missing) or isinstance(self.topic, Missing)

    @property
    def messages(self) -> int | None:
        """Messages in the queue; None while they are not known."""
        return self.queue.messages if isinstance(self.queue, QueueFound) else None
