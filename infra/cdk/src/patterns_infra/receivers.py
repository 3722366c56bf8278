"""What a receiver of the order events is: its code, its share of the events, and how it is fed.

The pattern's own ``receivers.json`` declares them, so that its tests and its stack read the same figures.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from patterns_infra.paths import REPOSITORY
from patterns_infra.settings import Target

__all__ = [
    "RECEIVERS",
    "Feeding",
    "FilterPolicy",
    "FunctionShape",
    "QueueShape",
    "Receiver",
    "published_queues",
    "read_receivers",
]

FilterPolicy: TypeAlias = Mapping[str, Sequence[Any]]
"""Rules for each field of the message's body, none to get everything.
https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html"""
RECEIVERS = REPOSITORY / "patterns" / "async" / "receivers.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionShape:
    """How large the function is and how long it may run."""

    timeout_seconds: int = 30
    memory_megabytes: int = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueShape:
    """How long the queue hides and keeps a message, and how often it gives it out.

    Receivers hide a message that failed for now for up to five minutes, so that 300 receives last for twelve hours.
    """

    visibility_timeout_seconds: int = 180
    max_receive_count: int = 300
    retention_days: int = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Feeding:
    """How many messages a function gets at once, how long they are gathered, and how many functions run."""

    size: int = 10
    window_seconds: int = 0
    maximum_concurrency: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """One receiver.

    Attributes:
        summary: what it does, for whoever reads the function's description.
        handler: ``package.module.function`` in the pattern's bundle.
        filter_policy: the messages it gets, by their body, in SNS's own language.
        function: its size.
        queue: its queue.
        batch: how it is fed.
        environment: variables that are figures, not names, for each target.
    """

    summary: str
    handler: str
    filter_policy: FilterPolicy
    function: FunctionShape = FunctionShape()
    queue: QueueShape = QueueShape()
    batch: Feeding = Feeding()
    environment: Mapping[Target, Mapping[str, str]] = field(default_factory=dict)


def read_receivers(path: Path = RECEIVERS) -> dict[str, Receiver]:
    """Return the pattern's receivers by name; a figure that is not declared has the default of its shape."""
    return {name: _receiver(declared) for name, declared in json.loads(path.read_text()).items()}


def published_queues(path: Path = RECEIVERS) -> tuple[str, ...]:
    """Return the keys under which the receivers' queues are published; none where the pattern is not in this copy."""
    if not path.exists():
        return ()
    return tuple(f"{name}_{which}_url" for name in json.loads(path.read_text()) for which in ("queue", "dead_letter"))


def _receiver(declared: Mapping[str, Any]) -> Receiver:
    shapes = {"function": FunctionShape, "queue": QueueShape, "batch": Feeding}
    read = {name: shape(**declared.get(name, {})) for name, shape in shapes.items()}
    environment = {Target(target): values for target, values in declared.get("environment", {}).items()}
    return Receiver(**{**declared, **read, "environment": environment})
