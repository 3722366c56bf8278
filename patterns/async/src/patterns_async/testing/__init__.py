"""Stand-ins for what is kept elsewhere, batches as Lambda hands them over, and the contracts that keep fakes honest.

The contract suites (``contracts``) need pytest and are imported from their own module; the rest needs nothing more.
"""

from patterns_async.testing.batches import body_of, make_batch
from patterns_async.testing.fakes import (
    InMemoryCircuit,
    InMemoryClaims,
    InMemoryLedger,
    RecordingDeadLetters,
    RecordingMailer,
    ScriptedPartner,
)

__all__ = [
    "InMemoryCircuit",
    "InMemoryClaims",
    "InMemoryLedger",
    "RecordingDeadLetters",
    "RecordingMailer",
    "ScriptedPartner",
    "body_of",
    "make_batch",
]
