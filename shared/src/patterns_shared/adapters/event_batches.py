"""Publishing events in the largest batches that one call takes, whatever the call is."""

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from patterns_shared.domain.events import Event
from patterns_shared.ports import PublishFailure

__all__ = ["MAX_CALL_BYTES", "MAX_CALL_ENTRIES", "Entry", "Put", "Refusal", "publish_in_batches"]

MAX_CALL_ENTRIES = 10
"""Entries in one call, of SNS as of EventBridge."""
MAX_CALL_BYTES = 256 * 1024
"""Bytes of all entries of one call, of SNS as of EventBridge; each counts in its own way."""

_FIRST_PAUSE = 0.1


@dataclass(frozen=True, slots=True)
class Entry:
    """An event as it goes over the wire, and the bytes that the service counts for it.

    ``fault`` is why no service may be given it, empty for a good one.
    """

    event: Event
    text: str
    size: int
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why one entry of a call was refused.

    ``passing`` when the same entry may succeed a moment later; ``retryable`` is False when the event is at fault.
    """

    reason: str
    passing: bool
    retryable: bool


Put = Callable[[Sequence[Entry]], Sequence[Refusal | None]]
"""Makes one call and returns, for each of its entries in their order, why it was refused, None when it was not."""


def publish_in_batches(
    entries: Iterable[Entry], put: Put, *, attempts: int, sleep: Callable[[float], None]
) -> list[PublishFailure]:
    """Publish in order; after a batch that could not be delivered, later ones are not sent before it, but returned."""
    failures: list[PublishFailure] = []
    fitting: list[Entry] = []
    for entry in entries:
        too_large = f"{entry.size} bytes are over the limit of {MAX_CALL_BYTES}"
        if fault := entry.fault or (too_large if entry.size > MAX_CALL_BYTES else ""):
            failures.append(PublishFailure(entry.event.id, fault, retryable=False))
        else:
            fitting.append(entry)
    stopped = False
    for batch in _batches(fitting):
        if stopped:
            failures += [PublishFailure(entry.event.id, "not sent: an earlier event failed") for entry in batch]
            continue
        refused = _put_again(batch, put, attempts, sleep)
        failures += refused
        stopped = any(failure.retryable for failure in refused)
    return failures


def _put_again(batch: list[Entry], put: Put, attempts: int, sleep: Callable[[float], None]) -> list[PublishFailure]:
    """Put the entries, again those that fail for a passing reason, and return those that are left."""
    failures: list[PublishFailure] = []
    waiting = batch
    for attempt in range(1, attempts + 1):
        again: list[Entry] = []
        for entry, refusal in zip(waiting, put(waiting), strict=True):
            if refusal is None:
                continue
            if refusal.passing and attempt < attempts:
                again.append(entry)
            else:
                failures.append(PublishFailure(entry.event.id, refusal.reason, retryable=refusal.retryable))
        if not again:
            break
        waiting = again
        # Full jitter: publishers that were throttled together do not come back together.
        sleep(random.uniform(0, _FIRST_PAUSE * 2**attempt))
    return failures


def _batches(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    batch: list[Entry] = []
    size = 0
    for entry in entries:
        if batch and (len(batch) == MAX_CALL_ENTRIES or size + entry.size > MAX_CALL_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(entry)
        size += entry.size
    if batch:
        yield batch
