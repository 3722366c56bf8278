"""The States Language where the emulator reads it differently.

- A Succeed state has an Output in JSONata. The emulator ignores it.
- The names of one Assign are set together: each expression sees the old values. The emulator sets one after the other.
- A Condition must be a boolean, else the execution fails with States.QueryEvaluationError. The emulator takes anything.
- ``MaxDelaySeconds`` bounds the time between retries, and ``JitterStrategy`` FULL makes it random between nothing and
  that. The emulator ignores both. (It never waits longer than a minute; that stays.)
- ``States.ALL`` does not match States.Runtime and States.DataLimitExceeded.

https://states-language.net/ and
https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
"""

import random
from functools import partial
from typing import Any

from ministack.services import stepfunctions as sfn

__all__ = ["correct"]

State = dict[str, Any]

_NEVER_BY_ALL = {"States.Runtime", "States.DataLimitExceeded"}


def correct() -> None:
    """Read it as AWS does."""
    sfn._apply_output_path = partial(_output, sfn._apply_output_path)
    sfn._apply_state_assign = _assign
    sfn._evaluate_jsonata_choice_rule = _condition
    sfn._find_matching_retrier = partial(_retrier, sfn._find_matching_retrier)
    sfn._error_matches = partial(_matches, sfn._error_matches)


def _output(original: Any, state: State, data: Any, ctx: Any = None) -> Any:
    if state.get("Type") == "Succeed" and sfn._state_query_language(state, ctx) == "JSONata":
        return sfn._apply_jsonata_output(state, data, ctx, default=data)
    return original(state, data, ctx)


def _assign(state: State, raw_input: Any, ctx: Any, **about: Any) -> None:
    names = state.get("Assign")
    if isinstance(names, dict) and ctx is not None and sfn._state_query_language(state, ctx) == "JSONata":
        values = {name: sfn._apply_jsonata_template(text, raw_input, ctx, **about) for name, text in names.items()}
        ctx.setdefault("variables", {}).update(values)


def _condition(rule: State, raw_input: Any, ctx: Any) -> bool:
    value = sfn._jsonata_state_field(rule, "Condition", "boolean", raw_input, ctx)
    return bool(value)


def _retrier(original: Any, retriers: Any, error: str, counts: dict[int, int]) -> Any:
    """Return the retrier with the delay of this very retry."""
    found, index = original(retriers, error, counts)
    if found is None:
        return found, index
    delay = found.get("IntervalSeconds", 1) * found.get("BackoffRate", 2.0) ** counts.get(index, 0)
    delay = min(delay, found.get("MaxDelaySeconds", delay))
    if found.get("JitterStrategy") == "FULL":
        delay = random.uniform(0, delay)
    return {**found, "IntervalSeconds": delay, "BackoffRate": 1}, index


def _matches(original: Any, names: list[str], error: str) -> bool:
    return bool(
        original([error] if error in names else [], error) if error in _NEVER_BY_ALL else original(names, error)
    )
