"""What an execution's history tells a person: one step after the other, with its time, its tries and what failed.

The state machine has many small states that only hold a step together
(`patterns_infra.constructs.batch.resilient_task`); a person wants the steps.
"""

import json
from collections import Counter
from datetime import datetime
from typing import Any, NamedTuple

from patterns_cli.reporting.execution import Event
from patterns_deploy.progress import Progress
from patterns_infra.batch_steps import TASK_PARTS, step_state

__all__ = ["Story", "why_a_task_failed"]

_MEANINGS = {2: "bad input, not tried again", 75: "stopped, goes on at once"}
_LONGEST = 300


class _Where(NamedTuple):
    """In which state an event is, and in which iteration of a Map."""

    state: str = ""
    iteration: int | None = None


class Story:
    """Takes the events of one execution in their order, and shows them."""

    def __init__(self, progress: Progress) -> None:
        """Show it there."""
        self._progress = progress
        self._where: dict[int, _Where] = {0: _Where()}
        self._open: dict[str, datetime] = {}
        self._tries: Counter[tuple[str, int | None]] = Counter()
        self._map, self._done = "", 0

    def take(self, event: Event) -> None:
        """Take one event."""
        kind, at = str(event["type"]), event["timestamp"]
        where = self._follow(event)
        if kind.endswith("StateEntered"):
            self._enter(kind, where, at)
        elif kind.endswith("StateExited") and where.iteration is None:
            self._end(where.state, at)
        elif kind == "MapStateStarted":
            self._begin(where.state, at, total=event["mapStateStartedEventDetails"]["length"])
            self._map, self._done = where.state, 0
        elif kind == "MapRunStarted":
            # Its items are executions of their own, of which this history has nothing.
            self._map = ""
            if where.state not in self._open:
                self._begin(where.state, at)
        elif kind == "MapIterationSucceeded":
            self._done += 1
            self._progress.advance(self._map, self._done, "")
        elif where.iteration is None and kind in {"MapStateFailed", "MapRunFailed"}:
            self._fail(where.state)
        elif failure := _failure_of(event):
            self._tell(where, failure)

    def close(self) -> None:
        """Leave nothing that looks as if it went on."""
        for step in list(self._open):
            self._fail(step)

    def _follow(self, event: Event) -> _Where:
        """Return where an event is, by the one that it follows: branches run side by side in one history."""
        where = self._where.get(event.get("previousEventId", 0), _Where())
        if entered := event.get("stateEnteredEventDetails"):
            where = where._replace(state=entered["name"])
        elif left := event.get("stateExitedEventDetails"):
            where = where._replace(state=left["name"])
        if event["type"] == "MapIterationStarted":
            where = where._replace(iteration=event["mapIterationStartedEventDetails"]["index"])
        elif event["type"] == "MapStateExited":
            where = where._replace(iteration=None)
        self._where[event["id"]] = where
        return where

    def _enter(self, kind: str, where: _Where, at: datetime) -> None:
        within = step_state(where.state)
        if within and within.part in TASK_PARTS:
            self._tries[within.step, where.iteration] += 1
        if where.iteration is not None:
            return
        if within is None:
            if kind in {"TaskStateEntered", "ChoiceStateEntered", "WaitStateEntered"}:
                self._begin(where.state, at)
        elif within.part == "begin":
            self._begin(within.step, at)
        elif within.part == "done":
            self._end(within.step, at)
        elif within.part == "given up":
            self._fail(within.step)

    def _begin(self, step: str, at: datetime, *, total: int | None = None) -> None:
        self._open[step] = at
        self._progress.begin(step, total)

    def _end(self, step: str, at: datetime) -> None:
        if began := self._open.pop(step, None):
            self._progress.end(step, (at - began).total_seconds(), self._note(step))

    def _note(self, step: str) -> str:
        if step == self._map:
            return f"{self._done}/{self._done}"
        tries = self._tries[step, None]
        return "" if not tries else "1 try" if tries == 1 else f"{tries} tries"

    def _fail(self, step: str) -> None:
        if self._open.pop(step, None):
            self._progress.fail(step)

    def _tell(self, where: _Where, failure: dict[str, Any]) -> None:
        """Tell of a task that failed; what else fails is either caught, or the reason that the execution ends with."""
        within = step_state(where.state)
        if within is None:
            return
        which = within.step if where.iteration is None else f"{within.step} {where.iteration}"
        number = self._tries[within.step, where.iteration]
        why = why_a_task_failed(failure.get("error", ""), failure.get("cause", ""))
        self._progress.say(f"{which}: try {number} ({within.part}) failed: {why}")


def _failure_of(event: Event) -> dict[str, Any] | None:
    """Return error and cause of a task that failed, was not started, or took too long."""
    if not event["type"].startswith("Task"):
        return None
    return next((value for value in event.values() if isinstance(value, dict) and "error" in value), None)


def why_a_task_failed(error: str, cause: str) -> str:
    """Return the exit code and the reason of an ECS task that failed, from Step Functions' words for it."""
    try:
        task = json.loads(cause)
        container = task["Containers"][0]
    except (ValueError, KeyError, IndexError, TypeError):
        return " ".join(f"{error}: {cause}".split())[:_LONGEST].rstrip(": ")
    reason = container.get("Reason") or task.get("StoppedReason") or error
    code = container.get("ExitCode")
    if code is None:
        return f"no exit code ({reason})"
    return f"exit code {code} ({_MEANINGS.get(code, reason)})"
