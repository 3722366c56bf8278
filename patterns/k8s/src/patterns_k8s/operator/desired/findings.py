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


Found = tuple[QueueFound | Missing | Unknown, TopicFound | Missing | Unknown]
"""What was found of the queue and of the topic."""
