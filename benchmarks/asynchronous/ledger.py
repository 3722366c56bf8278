"""The ledger function: messages in a second, in processes that have booked before, and what a message asks of DynamoDB.

All ledgers are stubbed at one level, botocore's HTTP layer, since what they have in common above it, a client that
checks, signs and reads, is most of their work. The remainder is shown separately.
"""

from collections.abc import Iterator

from benchmarks.answers import WrongAnswer, ask
from benchmarks.asynchronous.answers import check, common_entries
from benchmarks.asynchronous.messages import GARBAGE, entry, traffic
from benchmarks.asynchronous.subjects import (
    IN_MEMORY,
    IN_MEMORY_BARE,
    LOOKING,
    OURS,
    PEERS,
    PER_BATCH,
    PER_MESSAGE,
    SUBJECTS,
)
from benchmarks.installation import Installation, install
from benchmarks.results import Result, compared_in_turns, counted
from benchmarks.subjects import Subject
from benchmarks.turns import Seconds, take_turns

__all__ = ["measure", "requests_for"]

SIZES = (1, 10, 25)
"""Messages in a batch."""
MESSAGES = 300
"""In one round; a round of the slowest subject takes about half a second."""
TRAFFIC = 1_000
"""Messages of which requests are counted."""
GOALS = {PER_BATCH: 1.0, PER_MESSAGE: 1.0}
AT_MOST = 1.1
"""Requests to DynamoDB that one of our messages may cost."""
KINDS = {"wall": "by the clock", "processor": "by processor time"}


def measure(rounds: int) -> list[Result]:
    """Let the subjects take turns at each size of batch, and count their requests."""
    installation = install("patterns-async")
    for subject in SUBJECTS:
        check(installation, subject, looks=subject in LOOKING)
    speeds = [row for size in SIZES for row in _speeds(installation, size, rounds)]
    return speeds + [row for size in SIZES for row in _requests(installation, size)]


def requests_for(installation: Installation, subject: Subject, size: int) -> float:
    """Return the requests to DynamoDB that a message costs, duplicates and poison among them.

    Raises:
        WrongAnswer: the books are not exact afterwards.
    """
    answer = ask(installation, subject, "asynchronous.booking.requests", str(size), str(TRAFFIC))
    entries = [entry(text) for text in traffic(TRAFFIC) if text != GARBAGE]
    if common_entries(answer["books"]) != {each["event_id"]["S"]: each for each in entries}:
        raise WrongAnswer(f"{subject.name} has books that are not exact")
    poison = traffic(TRAFFIC).count(GARBAGE)
    if answer["failed"] + len(answer["dead_letters"]) != poison:
        raise WrongAnswer(f"{subject.name} failed {answer['failed']} messages of which {poison} were poison")
    return float(sum(answer["requests"].values()) / TRAFFIC)


def _speeds(installation: Installation, size: int, rounds: int) -> Iterator[Result]:
    subjects = (*SUBJECTS, IN_MEMORY, IN_MEMORY_BARE)
    seen = take_turns(installation, subjects, rounds, "asynchronous.booking.warm", str(size), str(MESSAGES))
    for kind, text in KINDS.items():
        for peer in PEERS:
            name = f"{size} a batch: {peer.name}, {text}"
            yield _compared(name, kind, seen[OURS], seen[peer], at_least=GOALS.get(peer, 0.0))
    yield _compared(
        f"{size} a batch: {IN_MEMORY_BARE.name}, by processor time",
        "processor",
        seen[IN_MEMORY],
        seen[IN_MEMORY_BARE],
    )


def _compared(name: str, kind: str, ours: list[Seconds], peer: list[Seconds], *, at_least: float = 0.0) -> Result:
    mine, theirs = ([MESSAGES / turn[kind] for turn in turns] for turns in (ours, peer))
    return compared_in_turns("ledger", name, mine, theirs, "messages/s", at_least=at_least)


def _requests(installation: Installation, size: int) -> Iterator[Result]:
    ours = requests_for(installation, OURS, size)
    for peer in PEERS:
        theirs = requests_for(installation, peer, size)
        name = f"{size} a batch: {peer.name}"
        yield counted("ledger", name, ours, "requests a message", peer=theirs, at_most=AT_MOST)
