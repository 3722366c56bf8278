"""The names of a step's states: `patterns_infra.constructs.batch.resilient_task` puts the step's own name before each.

Kept apart from the constructs, which import the CDK; a test holds the names against the template.
"""

import re
from typing import NamedTuple

__all__ = ["PARTS", "TASK_PARTS", "StepState", "step_state"]

TASK_PARTS = ("on Spot", "on demand")
"""The states that run a container."""
PARTS = ("begin", "where", *TASK_PARTS, "failed", "pause", "note", "given up", "done")
_NAME = re.compile(rf"(?P<step>.+) (?P<part>{'|'.join(PARTS)})")


class StepState(NamedTuple):
    """A state's step, and which part of it the state is."""

    step: str
    part: str


def step_state(state: str) -> StepState | None:
    """Return what a state is part of; None for a state that stands for itself."""
    found = _NAME.fullmatch(state)
    return StepState(found["step"], found["part"]) if found else None
