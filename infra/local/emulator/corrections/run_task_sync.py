"""``ecs:runTask`` and ``ecs:runTask.sync`` in a state machine.

On AWS the second waits for the task and returns its description, in PascalCase and with moments in milliseconds. A
container that ends with another code than 0, or a task that stops for any other reason, is States.TaskFailed, and the
Cause is that description as JSON: the exit code is in it. When the state is no longer wanted, the task is stopped.
https://docs.aws.amazon.com/step-functions/latest/dg/connect-ecs.html

The emulator returns ``{"tasks": […]}`` in camelCase, whatever the exit code, gives up after ten minutes, and lets the
task run.
"""

import json
from datetime import datetime
from typing import Any

from ministack.services import ecs
from ministack.services import stepfunctions as sfn

from corrections.task_stops import stop_task
from corrections.workflow_stops import Stopped, current

__all__ = ["correct"]

Task = dict[str, Any]

_RESOURCE = "arn:aws:states:::ecs:runTask"
_POLL = 0.1
_STARTED_BY = "AWS Step Functions"


def correct() -> None:
    """Put this in the place of the emulator's."""
    sfn._SERVICE_DISPATCH[_RESOURCE] = _run_task


def _run_task(resource: str, request: Any) -> Any:
    waits = resource.endswith(".sync")
    asked = sfn._pascal_to_camel(request)
    if waits:
        asked.setdefault("startedBy", _STARTED_BY)
    status, _, body = ecs._run_task(asked)
    answer = json.loads(body)
    if status >= 400:  # noqa: PLR2004 - HTTP
        name = answer.get("__type", "AmazonECSException").rsplit("#", 1)[-1]
        raise sfn._ExecutionError(f"ECS.{name}", answer.get("message", ""))
    submitted = {"Tasks": [_described(each) for each in answer["tasks"]], "Failures": answer["failures"]}
    if not waits:
        return submitted
    output = {"output": json.dumps(submitted), "resource": resource}
    sfn._add_event(current.get().execution, "TaskSubmitted", {"taskSubmittedEventDetails": output})
    return _ended([ecs._tasks[each["taskArn"]] for each in answer["tasks"]])


def _ended(tasks: list[Task]) -> Any:
    """Wait for the tasks; the description of the one that a state starts, unless it has failed."""
    try:
        while any(task["lastStatus"] != "STOPPED" for task in tasks):
            current.get().sleep(_POLL)
    except Stopped:
        for task in tasks:
            stop_task(task, f"Stopped by {_STARTED_BY}", "UserInitiated")
        raise
    for task in tasks:
        if not _succeeded(task):
            raise sfn._ExecutionError("States.TaskFailed", json.dumps(_described(task), separators=(",", ":")))
    described = [_described(task) for task in tasks]
    return described[0] if len(described) == 1 else described


def _succeeded(task: Task) -> bool:
    codes = [container.get("exitCode") for container in task["containers"]]
    return task.get("stopCode") == "EssentialContainerExited" and all(code == 0 for code in codes)


def _described(task: Task) -> Any:
    return _pascal(ecs._sanitize(task))


def _pascal(value: Any) -> Any:
    if isinstance(value, list):
        return [_pascal(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        key[:1].upper() + key[1:]: _milliseconds(each) if key.endswith("At") else _pascal(each)
        for key, each in value.items()
        if each is not None and each != ""
    }


def _milliseconds(moment: str) -> int:
    return round(datetime.fromisoformat(moment).timestamp() * 1000)
