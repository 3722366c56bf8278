"""The guide of ``docs/choosing.json``: questions, a decision path, services with their limits, and additions."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from itertools import chain
from pathlib import Path
from typing import TypeVar

import msgspec

from patterns_cli.choosing.records import (
    Addition,
    Change,
    Limit,
    Node,
    Place,
    Question,
    Reason,
    Record,
    Service,
    UseCase,
    WrongAnswer,
)
from patterns_cli.costs.fulfilment import Compute
from patterns_infra.paths import REPOSITORY

__all__ = ["GUIDE_FILE", "Guide", "GuideError", "Language", "read_guide"]

GUIDE_FILE = REPOSITORY / "docs" / "choosing.json"


class Language(StrEnum):
    """What the guide can be read in; the value is the one of the option and of the file's name."""

    ENGLISH = "en"
    JAPANESE = "ja"


class GuideError(ValueError):
    """The data file cannot be read, or its path does not lead every workload to a service."""


class _Lists(Record, frozen=True, kw_only=True):
    """What the file and the guide have alike, in the file's order."""

    additions: tuple[Addition, ...]
    wrong_answers: tuple[WrongAnswer, ...]
    use_cases: tuple[UseCase, ...]
    since: tuple[Change, ...]
    reasons: tuple[Reason, ...]
    places: tuple[Place, ...]


class _File(_Lists, frozen=True, kw_only=True):
    about: str
    limits: tuple[Limit, ...]
    questions: tuple[Question, ...]
    services: tuple[Service, ...]
    nodes: tuple[Node, ...]


class Guide(_Lists, frozen=True, kw_only=True):
    """The whole of it in one language; the first of the nodes is where the path begins.

    Attributes:
        language: of the texts.
        words: what page and command say around the texts, by the English one; not used in English.
    """

    limits: Mapping[str, Limit]
    questions: Mapping[str, Question]
    services: Mapping[str, Service]
    nodes: Mapping[str, Node]
    language: Language = Language.ENGLISH
    words: Mapping[str, str] = {}

    @property
    def start(self) -> Node:
        """The first node."""
        return next(iter(self.nodes.values()))

    def say(self, words: str) -> str:
        """Return words of the page or the command in the guide's language.

        Raises:
            GuideError: the language's file does not have them.
        """
        if self.language is Language.ENGLISH:
            return words
        try:
            return self.words[words]
        except KeyError as error:
            raise GuideError(f"the words {words!r} are not translated to {self.language}") from error


_Named = TypeVar("_Named", Limit, Question, Service, Node)


def read_guide(file: Path = GUIDE_FILE) -> Guide:
    """Read the guide.

    Raises:
        GuideError: it cannot be read, an id is there twice, a record names what is not there, or a reply leads nowhere,
            to two places, or in a circle.
    """
    try:
        read = msgspec.json.decode(file.read_bytes(), type=_File)
    except OSError as error:
        raise GuideError(f"{file.name} cannot be read: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise GuideError(f"{file.name}: {error}") from error
    guide = Guide(
        limits=_by_id(read.limits),
        questions=_by_id(read.questions),
        services=_by_id(read.services),
        nodes=_by_id(read.nodes),
        **{name: getattr(read, name) for name in _Lists.__struct_fields__},
    )
    for mistake in chain(_duplicates(read), _mistakes(guide)):
        raise GuideError(f"{file.name}: {mistake}")
    return guide


def _by_id(records: tuple[_Named, ...]) -> dict[str, _Named]:
    return {record.id: record for record in records}


def _duplicates(read: _File) -> Iterator[str]:
    kinds = {
        "limit": [x.id for x in read.limits],
        "question": [x.id for x in read.questions],
        "service": [x.id for x in read.services],
        "node": [x.id for x in read.nodes],
        "addition": [x.id for x in read.additions],
    }
    for kind, ids in kinds.items():
        yield from (f"{kind} {name} is there twice" for name in dict.fromkeys(ids) if ids.count(name) > 1)


def _mistakes(guide: Guide) -> Iterator[str]:
    if not guide.nodes:
        yield "it has no nodes"
        return
    for node in guide.nodes.values():
        yield from _mistakes_of(node, guide)
    yield from _mistakes_of_services(guide)
    fronts = {edge.front for node in guide.nodes.values() for edge in node.edges}
    for addition in guide.additions:
        name = f"addition {addition.id}"
        yield from _mistakes_of_replies(name, addition.when, guide)
        yield from _unknown_services(name, addition.services, guide)
        if addition.front and addition.front not in fronts:
            yield f"{name} is for the front {addition.front!r}, which no edge has"
    for wrong in guide.wrong_answers:
        yield from _unknown_services(f"wrong answer {wrong.took!r}", wrong.services, guide)
    for case in guide.use_cases:
        name = f"use case {case.name!r}"
        yield from _mistakes_of_replies(name, {asked: (value,) for asked, value in case.workload.items()}, guide)
        yield from _unknown_services(name, (case.service,), guide)
    yield from _circles(guide)


def _mistakes_of_services(guide: Guide) -> Iterator[str]:
    for service in guide.services.values():
        for limit in service.limits.values():
            if limit not in guide.limits:
                yield f"service {service.id} has {limit!r}, which is no limit"
        if service.compute and service.compute not in set(Compute):
            yield f"service {service.id} has {service.compute!r}, which is no compute"


def _mistakes_of_replies(name: str, replies: Mapping[str, tuple[str, ...]], guide: Guide) -> Iterator[str]:
    for asked, values in replies.items():
        known = {x.value for x in guide.questions[asked].choices} if asked in guide.questions else set()
        if not values or not set(values) <= known:
            yield f"{name} asks for {asked} {', '.join(values)}"


def _unknown_services(name: str, services: tuple[str, ...], guide: Guide) -> Iterator[str]:
    yield from (
        f"{name} is for {service!r}, which is no service" for service in services if service not in guide.services
    )


def _mistakes_of(node: Node, guide: Guide) -> Iterator[str]:
    if node.question not in guide.questions:
        yield f"node {node.id} asks {node.question!r}, which is no question"
        return
    replies = sorted(value for edge in node.edges for value in edge.values)
    if replies != sorted(choice.value for choice in guide.questions[node.question].choices):
        yield f"node {node.id} does not have each reply to {node.question!r} once"
    for edge in node.edges:
        if edge.service not in guide.services if edge.service else edge.to not in guide.nodes:
            yield f"node {node.id} leads to {edge.to!r}, which is not there"


def _circles(guide: Guide) -> Iterator[str]:
    """Yield the nodes that lead back to themselves: without one, every path ends at a service."""
    done: set[str] = set()

    def visit(name: str, above: tuple[str, ...]) -> Iterator[str]:
        if name in above:
            yield f"node {name} leads back to itself"
        elif name not in done and name in guide.nodes:
            for edge in guide.nodes[name].edges:
                if not edge.service:
                    yield from visit(edge.to, (*above, name))
            done.add(name)

    yield from visit(guide.start.id, ())
