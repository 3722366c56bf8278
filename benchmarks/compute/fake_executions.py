"""Durable executions in memory: what Lambda hands to a durable function, and what it answers to its checkpoints."""

import json
import time
from collections.abc import Mapping
from itertools import count
from typing import Any

__all__ = ["FakeExecutions"]

_STATUS = {"START": "STARTED", "SUCCEED": "SUCCEEDED", "FAIL": "FAILED", "RETRY": "PENDING"}


class FakeExecutions:
    """Executions by their ARN; each has its operations, the first of which is the execution with its input."""

    PATH = "/2025-12-01/durable-executions/"

    def __init__(self) -> None:
        """Begin with none."""
        self._numbers = count(1)
        self.operations: dict[str, dict[str, dict[str, Any]]] = {}

    def begin(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Return the event by which Lambda invokes the function for a new execution."""
        number = next(self._numbers)
        arn = f"arn:aws:lambda:us-east-1:123456789012:function:compute:1/durable-execution/{number}/{number}"
        execution = {
            "Id": str(number),  # the last part of the ARN, by which the SDK knows it
            "Type": "EXECUTION",
            "Status": "STARTED",
            "StartTimestamp": int(time.time() * 1000),
            "ExecutionDetails": {"InputPayload": json.dumps(event)},
        }
        self.operations[arn] = {}
        return self._invocation(arn, [execution])

    def resume(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Return the event by which Lambda invokes the function again for the execution of an earlier one."""
        arn, execution = event["DurableExecutionArn"], event["InitialExecutionState"]["Operations"][0]
        at = execution["StartTimestamp"]
        return self._invocation(
            arn, [execution, *({**each, "StartTimestamp": at} for each in self.operations[arn].values())]
        )

    def checkpoint(self, arn: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Keep the updates, and answer with the operations as they are now."""
        kept = self.operations[arn]
        for update in asked["Updates"]:
            operation = kept.setdefault(
                update["Id"],
                {key: update[key] for key in ("Id", "Name", "Type", "SubType", "ParentId") if key in update},
            )
            operation |= {"StartTimestamp": time.time(), "Status": _STATUS[update["Action"]]}
            if update["Action"] == "SUCCEED" and update["Type"] == "STEP":
                operation |= {"StepDetails": {"Attempt": 1, "Result": update.get("Payload", "null")}}
        changed = [kept[update["Id"]] for update in asked["Updates"]]
        return {"CheckpointToken": "token", "NewExecutionState": {"Operations": changed}}

    @staticmethod
    def _invocation(arn: str, operations: list[dict[str, Any]]) -> dict[str, Any]:
        state = {"Operations": operations, "NextMarker": ""}
        return {"DurableExecutionArn": arn, "CheckpointToken": "token", "InitialExecutionState": state}
