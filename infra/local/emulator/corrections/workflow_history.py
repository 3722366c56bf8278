"""What an execution's history says of each event.

AWS numbers each event's predecessor, names a task's service and action apart, says when a task was started, and has a
TaskTimedOut of its own. The emulator has the resource's ARN, no predecessors, and a TaskFailed for everything.

Corrected as the events are added. (``parameters`` of a TaskScheduled is missing still.)
"""

import threading
from collections.abc import Iterator
from contextvars import ContextVar
from functools import partial
from typing import Any

from ministack.core.responses import get_region
from ministack.services import stepfunctions as sfn

__all__ = ["begin_branch", "begin_execution", "correct"]

_SERVICE = "arn:aws:states:::"
# One cell a branch of an execution: threads that do one task's work share it.
_previous: ContextVar[list[int] | None] = ContextVar("previous", default=None)
_adding = threading.Lock()


def correct() -> None:
    """Add events as AWS does."""
    sfn._add_event = partial(_add, sfn._add_event)


def begin_branch() -> None:
    """Have the events from here on follow each other, beginning after what the branch's state was told last."""
    _previous.set(list(_previous.get() or [0]))


def begin_execution() -> None:
    """Have the events from here on be those of another execution, after its first one."""
    _previous.set([1])


def _add(original: Any, execution: Any, kind: str, details: Any = None) -> None:
    previous = _previous.get()
    if previous is None:
        _previous.set(previous := [0])
    with _adding:
        execution["events"][0].setdefault("previousEventId", 0)
        for each, about in _in_aws_words(kind, details):
            event = original(execution, each, about)
            event["previousEventId"], previous[0] = previous[0], event["id"]


def _in_aws_words(kind: str, details: Any) -> Iterator[tuple[str, Any]]:
    if not kind.startswith("Task") or not details or kind.startswith("TaskState"):
        yield kind, details
        return
    [(_, about)] = details.items()
    service = _service(about.get("resource", ""))
    about = {**about, **service}
    if kind == "TaskFailed" and about.get("error") == "States.Timeout":
        yield "TaskTimedOut", {"taskTimedOutEventDetails": {"error": "States.Timeout", **service}}
    elif kind == "TaskScheduled":
        yield kind, {"taskScheduledEventDetails": {**about, "region": get_region(), "parameters": "{}"}}
        yield "TaskStarted", {"taskStartedEventDetails": service}
    else:
        yield kind, {f"{kind[0].lower()}{kind[1:]}EventDetails": about}


def _service(resource: str) -> dict[str, str]:
    """Return how AWS names ``arn:aws:states:::service:action``; other resources keep their ARN."""
    if not resource.startswith(_SERVICE):
        return {"resource": resource, "resourceType": resource.split(":")[2] if resource.count(":") > 2 else "states"}  # noqa: PLR2004 - an ARN's third field
    kind, _, action = resource.removeprefix(_SERVICE).rpartition(":")
    return {"resource": action, "resourceType": kind}
