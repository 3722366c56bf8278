"""What is measured: our ledger function, and the peers that book the same messages."""

from collections.abc import Mapping

from benchmarks.asynchronous.tables import IDEMPOTENCY, LEDGER
from benchmarks.subjects import Subject

__all__ = [
    "ENVIRONMENT",
    "IN_MEMORY",
    "IN_MEMORY_BARE",
    "LOOKING",
    "OURS",
    "PEERS",
    "PER_BATCH",
    "PER_MESSAGE",
    "POWERTOOLS",
    "SUBJECTS",
]

ENVIRONMENT: Mapping[str, str] = {
    "LEDGER_TABLE": LEDGER,
    "IDEMPOTENCY_TABLE": IDEMPOTENCY,
    "QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/ledger",
    "DEAD_LETTER_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/dead-letters",
    "MAX_RECEIVES": "10",
    "POWERTOOLS_SERVICE_NAME": "ledger",
}
"""What every ledger's environment has in addition to `benchmarks.subjects.ENVIRONMENT`."""

OURS = Subject("our ledger function", "patterns_async.entrypoints.ledger", ours=True, environment=ENVIRONMENT)
PER_BATCH = Subject("bare loop, one insert a batch", "benchmarks.peers.ledger_insert", environment=ENVIRONMENT)
PER_MESSAGE = Subject("bare loop, one put a message", "benchmarks.peers.ledger_put", environment=ENVIRONMENT)
POWERTOOLS = Subject("Powertools BatchProcessor", "benchmarks.peers.ledger_powertools", environment=ENVIRONMENT)
PEERS = (PER_BATCH, PER_MESSAGE, POWERTOOLS)
SUBJECTS = (OURS, *PEERS)
LOOKING = frozenset({OURS, POWERTOOLS})
"""Those that check what they book, and say that they did."""

IN_MEMORY = Subject(
    "our ledger function, a dictionary for a table",
    "benchmarks.asynchronous.in_memory",
    ours=True,
    environment=ENVIRONMENT,
)
IN_MEMORY_BARE = Subject(
    "bare loop, both with a dictionary for a table", "benchmarks.peers.ledger_in_memory", environment=ENVIRONMENT
)
