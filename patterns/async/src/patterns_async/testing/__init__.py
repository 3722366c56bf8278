"""Stand-ins for what is kept elsewhere, and the contracts that keep fakes honest.

The contract suites (``contracts``) need pytest and are imported from their own module; the rest needs nothing more.
"""

from patterns_async.testing.fakes import (
    InMemoryCircuit,
    InMemoryClaims,
    InMemoryLedger,
    InMemorySuppressions,
    RecordingMailer,
    RecordingNotices,
    ScriptedPartner,
)

__all__ = [
    "InMemoryCircuit",
    "InMemoryClaims",
    "InMemoryLedger",
    "InMemorySuppressions",
    "RecordingMailer",
    "RecordingNotices",
    "ScriptedPartner",
]
