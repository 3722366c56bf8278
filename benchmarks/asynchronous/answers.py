"""Before anything is timed: each ledger books what it must, once, refuses what it must, and says so."""

import json
from collections.abc import Iterator
from typing import Any

from benchmarks.answers import WrongAnswer, ask
from benchmarks.asynchronous.messages import BAD_BODIES, body, entry
from benchmarks.installation import Installation
from benchmarks.subjects import Subject

__all__ = ["check", "common_entries"]

Books = dict[str, dict[str, dict[str, str]]]


def check(installation: Installation, subject: Subject, *, looks: bool) -> None:
    """Let the subject book good messages, the same again, and bad ones.

    One that ``looks`` has a line for every message and refuses all that is no event; else it must notice what is not
    even JSON.

    Raises:
        WrongAnswer: saying which.
    """
    wrong = next(_wrong(ask(installation, subject, "asynchronous.booking.check"), looks=looks), None)
    if wrong:
        raise WrongAnswer(f"{subject.name} {wrong}")


def common_entries(books: Books) -> Books:
    """Return what all ledgers book: without the digest by which ours tells a duplicate from a conflict."""
    return {key: {name: x for name, x in kept.items() if name != "content"} for key, kept in books.items()}


def _wrong(answers: dict[str, Any], *, looks: bool) -> Iterator[str]:
    """Yield what is wrong with the answers."""
    entries = [entry(body(number)) for number in range(10)]
    if common_entries(answers["books"]) != {each["event_id"]["S"]: each for each in entries}:
        yield f"booked {answers['books']}"
    if any(answers["failed"]):
        yield f"failed {answers['failed']} of ten good messages, and of the same again"
    if answers["writes"] != 10:
        yield f"wrote {answers['writes']} entries for ten events that came twice"
    for what in BAD_BODIES if looks else ["not JSON"]:
        seen = answers["refused"][what]
        if seen != {"booked": 2, "told": 1}:
            yield f"did not refuse {what}, alone: {seen}"
    if looks:
        yield from _unsaid(answers["said"])


def _unsaid(said: list[str]) -> Iterator[str]:
    """Yield what is missing in the log of ten good messages: a line for each, and one with the metrics."""
    lines = [json.loads(line) for line in said]
    ids = sorted(line["event_id"] for line in lines if "event_id" in line)
    if ids != sorted(json.loads(body(number))["id"] for number in range(10)):
        yield f"wrote lines about {ids}"
    metrics = [line for line in lines if "_aws" in line]
    if len(metrics) != 1 or sum(map(float, metrics[0]["MessagesBooked"])) != 10:
        yield f"wrote the metrics {metrics}"
