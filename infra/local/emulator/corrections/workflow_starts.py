"""Starting an execution twice under one name.

On AWS StartExecution of a standard state machine is idempotent: the same name with the same input, while that execution
runs, answers as the first call did. Other input, or an execution that has ended, is an ExecutionAlreadyExists.
https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html

The emulator refuses both.
"""

from functools import partial
from typing import Any

from ministack.core.responses import get_account_id, get_region, json_response
from ministack.services import stepfunctions as sfn

__all__ = ["correct"]


def correct() -> None:
    """Answer a repeated start as the first one."""
    sfn._start_execution = partial(_start, sfn._start_execution)


def _start(original: Any, request: dict[str, Any]) -> Any:
    machine = sfn._resolve_state_machine_arn(request.get("stateMachineArn", ""))
    name = sfn._state_machines[machine]["name"] if machine else ""
    arn = f"arn:aws:states:{get_region()}:{get_account_id()}:execution:{name}:{request.get('name')}"
    running = sfn._executions.get(arn)
    same = running and running["status"] == "RUNNING" and running["input"] == request.get("input", "{}")
    if same and sfn._state_machines[machine]["type"] == "STANDARD":
        return json_response({"executionArn": arn, "startDate": running["startDate"]})
    return original(request)
