"""A distributed map: each item is an execution of its own, of a Map Run.

On AWS its reader's Arguments and its ItemSelector may be expressions, its children see no variable from outside, the
first failure above what is tolerated stops the others (ABORTED), and so does the end of the map's own execution.
https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html

The emulator takes expressions for texts, fails with JSONata's states, waits for all children, and lets them run when
their parent is stopped.

Corrected for maps that tolerate no failure. ItemBatcher and ResultWriter are ignored still.
"""

import copy
import json
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from ministack.core.responses import new_uuid, now_iso
from ministack.services import stepfunctions as sfn

from corrections import workflow_branches as branches
from corrections.workflow_history import begin_execution
from corrections.workflow_stops import Scope, Stopped, current, in_scope

__all__ = ["correct"]

State = dict[str, Any]
Context = dict[str, Any]

_COUNTED = (
    "pending",
    "running",
    "succeeded",
    "failed",
    "timedOut",
    "aborted",
    "total",
    "resultsWritten",
    "failuresNotRedrivable",
    "pendingRedrive",
)
_EXCEEDED = "States.ExceedToleratedFailureThreshold"
_counting = threading.Lock()
_AT_ONCE = 64
"""Children at a time of a map without a limit: on AWS 10,000."""


def correct() -> None:
    """Put this in the place of the emulator's."""
    sfn._run_distributed_map = partial(_run, sfn._run_distributed_map)


def _run(original: Any, state: State, raw_input: Any, *more: Any) -> Any:
    _, processor, execution, ctx = more
    tolerant = any(key.startswith("Tolerated") for key in state)
    if tolerant or sfn._state_query_language(state, ctx) != "JSONata":
        return original(state, raw_input, *more)
    items = _items(state, raw_input, ctx)
    run = _MapRun(state, processor, execution, ctx, len(items))
    branches._tell(execution, "MapRunStarted", "mapRunStarted", mapRunArn=run.arn)
    limit = int(sfn._jsonata_state_field(state, "MaxConcurrency", "number", raw_input, ctx) or 0) or _AT_ONCE

    def child(index: int, item: Any) -> Any:
        inner = copy.deepcopy(ctx)
        inner["Map"] = {"Item": {"Index": index, "Value": item}}
        selector = state.get("ItemSelector")
        return run.child(item if selector is None else sfn._apply_jsonata_template(selector, raw_input, inner))

    todo: list[Callable[[], Any]] = [partial(child, index, item) for index, item in enumerate(items)]
    try:
        results = branches._all_or_none(execution, "Map", todo, limit)
    except Stopped:
        run.end("ABORTED")
        raise
    except sfn._ExecutionError as error:
        run.end("FAILED")
        details = {"error": _EXCEEDED, "cause": "The specified tolerated failure threshold was exceeded"}
        branches._tell(execution, "MapRunFailed", "mapRunFailed", **details)
        raise sfn._ExecutionError(*details.values()) from error
    run.end("SUCCEEDED")
    branches._tell(execution, "MapRunSucceeded")
    return branches._leave(state, raw_input, ctx, results)


def _items(state: State, raw_input: Any, ctx: Context) -> list[Any]:
    reader = state.get("ItemReader")
    if reader is None:
        return list(sfn._jsonata_state_field(state, "Items", "array", raw_input, ctx))
    arguments = sfn._apply_jsonata_template(reader.get("Arguments") or {}, raw_input, ctx)
    read: list[Any] = sfn._read_map_items({**reader, "Arguments": arguments}, raw_input, ctx)
    return read


class _MapRun:
    """The run and its children, as DescribeMapRun and ListExecutions show them."""

    def __init__(self, state: State, processor: State, execution: Any, ctx: Context, total: int) -> None:
        *_, region, account, _, name = execution["stateMachineArn"].split(":")
        label = state.get("Label") or new_uuid()
        self.arn = f"arn:aws:states:{region}:{account}:mapRun:{name}/{label}:{new_uuid()}"
        self._machine = f"arn:aws:states:{region}:{account}:stateMachine:{name}/{label}"
        self._executions = f"arn:aws:states:{region}:{account}:execution:{name}/{label}"
        self._processor, self._parent, self._ctx = processor, execution, ctx
        counts = dict.fromkeys(_COUNTED, 0) | {"total": total, "pending": total}
        self._record = {
            "mapRunArn": self.arn,
            "executionArn": execution["executionArn"],
            "status": "RUNNING",
            "startDate": now_iso(),
            "maxConcurrency": int(state.get("MaxConcurrency") or 0),
            "toleratedFailurePercentage": 0.0,
            "toleratedFailureCount": 0,
            "itemCounts": dict(counts),
            "executionCounts": dict(counts),
            "redriveCount": 0,
            "_stateMachineArn": self._machine,
        }
        sfn._map_runs[self.arn] = self._record

    def end(self, status: str) -> None:
        self._record |= {"status": status, "stopDate": now_iso()}

    def child(self, given: Any) -> Any:
        """Run one child in this thread, and return its output."""
        child = self._started(given)
        begin_execution()
        scope = Scope(current.get(), child)
        self._count("pending", "running")
        try:
            with in_scope(scope):
                result = branches._walk(
                    self._processor["States"], self._processor["StartAt"], given, child, self._context(child, given)
                )
        except Stopped:
            self._ended(child, "ABORTED", "aborted")
            raise
        except sfn._ExecutionError as error:
            self._ended(child, "FAILED", "failed", error=error.error, cause=error.cause)
            raise
        self._ended(child, "SUCCEEDED", "succeeded", output=json.dumps(result))
        return result

    def _started(self, given: Any) -> Any:
        name, begun = new_uuid(), now_iso()
        started = {"input": json.dumps(given), "roleArn": ""}
        event = {"id": 1, "type": "ExecutionStarted", "timestamp": begun, "executionStartedEventDetails": started}
        child = {
            "executionArn": f"{self._executions}:{name}",
            "stateMachineArn": self._machine,
            "name": name,
            "status": "RUNNING",
            "startDate": begun,
            "stopDate": None,
            "input": json.dumps(given),
            "inputDetails": {"included": True},
            "output": None,
            "outputDetails": {"included": True},
            "mapRunArn": self.arn,
            "events": [event],
            "testCase": self._parent.get("testCase"),
            "mockAttempts": {},
        }
        sfn._executions[child["executionArn"]] = child
        return child

    def _context(self, child: Any, given: Any) -> Context:
        """Return a context without the parent's variables."""
        own = {"Id": child["executionArn"], "Input": given, "Name": child["name"], "StartTime": child["startDate"]}
        return {**copy.deepcopy({**self._ctx, "variables": {}}), "Execution": own}

    def _ended(self, child: Any, status: str, outcome: str, **about: Any) -> None:
        child |= {"status": status, "stopDate": now_iso(), **about}
        branches._tell(child, f"Execution{status.title()}")
        self._count("running", outcome)

    def _count(self, left: str, entered: str) -> None:
        with _counting:
            for counts in (self._record["itemCounts"], self._record["executionCounts"]):
                counts[left] -= 1
                counts[entered] += 1
