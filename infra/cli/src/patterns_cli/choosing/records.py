"""What the guide is made of: records of ``docs/choosing.json``, in which no field may be missing or unknown."""

from collections.abc import Mapping

import msgspec

__all__ = [
    "Addition",
    "Change",
    "Choice",
    "Edge",
    "Limit",
    "Node",
    "Place",
    "Question",
    "Reason",
    "Record",
    "Service",
    "UseCase",
    "WrongAnswer",
]

_SERVICE = "service:"


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A record of the file; a field that is missing or unknown is refused."""


class Choice(Record, frozen=True):
    """One possible reply; ``most`` is the largest figure that it stands for, in seconds, bytes or a number."""

    value: str
    text: str
    most: int | None = None


class Question(Record, frozen=True):
    """A question about a workload; its id is the name of the command's option."""

    id: str
    ask: str
    choices: tuple[Choice, ...]

    def choice(self, value: str) -> Choice:
        """Return the choice of a value.

        Raises:
            KeyError: there is none.
        """
        return {choice.value: choice for choice in self.choices}[value]


class Limit(Record, frozen=True):
    """A limit of a service, with address, day and confidence as prices have them."""

    id: str
    service: str
    value: int
    text: str
    changeable: bool
    source: str
    read: str | None
    confidence: str
    note: str = ""


class Service(Record, frozen=True):
    """An answer.

    Attributes:
        id: as in the edges.
        name: for a reader.
        what: one sentence.
        code: pages and code that show it, relative to ``docs/``.
        limits: by what they limit (``duration``, ``payload``, ``connection``), ids of `Limit`.
        compute: what ``patterns cost`` calls it.
        example: whether this repository has it running.
    """

    id: str
    name: str
    what: str
    code: tuple[str, ...]
    limits: Mapping[str, str]
    compute: str = ""
    example: bool = True


class Edge(Record, frozen=True):
    """From some replies to the next node or to a service, and why; ``front`` says that a gateway accepts the work."""

    values: tuple[str, ...]
    to: str
    reason: str
    figure: str
    link: str
    front: str = ""

    @property
    def service(self) -> str:
        """The service's id, empty when the edge leads to another node."""
        return self.to.removeprefix(_SERVICE) if self.to.startswith(_SERVICE) else ""


class Node(Record, frozen=True):
    """A step of the path: one question, and an edge for each reply."""

    id: str
    question: str
    edges: tuple[Edge, ...]

    def edge(self, value: str) -> Edge:
        """Return the edge of a reply."""
        return next(edge for edge in self.edges if value in edge.values)


class Addition(Record, frozen=True):
    """What comes with an answer, when all of ``when`` holds for a workload."""

    id: str
    when: Mapping[str, tuple[str, ...]]
    text: str
    reason: str
    link: str
    services: tuple[str, ...] = ()
    front: str = ""


class WrongAnswer(Record, frozen=True):
    """What is taken too often, what it costs, what is better, and what one gets for it."""

    took: str
    costs: str
    better: str
    gets: str
    link: str
    services: tuple[str, ...]


class UseCase(Record, frozen=True):
    """A use case of the talk, as a workload, and where the code shows it."""

    name: str
    service: str
    workload: Mapping[str, str]
    code: tuple[str, ...]
    says: str


class Change(Record, frozen=True):
    """What came or went since the talk."""

    when: str
    what: str
    changes: str
    source: str
    read: str | None
    confidence: str


class Reason(Record, frozen=True):
    """A reason that the talk gave, and whether it still holds."""

    pattern: str
    reason: str
    holds: str
    why: str


class Place(Record, frozen=True):
    """A service that no pattern uses: when to take it, instead of what, and why it is not here.

    Attributes:
        code: pages and code that show it, relative to ``docs/``.
    """

    name: str
    take: str
    instead: str
    here: str
    code: tuple[str, ...]
