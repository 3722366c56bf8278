"""The demo's view of an execution of the batch."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

from patterns_cli.demo.executions import DemoExecution
from patterns_cli.demo.scene import Scene
from patterns_cli.reporting.execution import Execution


class Cluster:
    """A cluster in which tasks of two executions run."""

    def __init__(self) -> None:
        self.stopped: list[str] = []

    def list_tasks(self, **_: str) -> dict[str, list[str]]:
        """Name the tasks of both."""
        return {"taskArns": ["the schedule's", "ours"]}

    def describe_tasks(self, *, cluster: str, tasks: list[str]) -> dict[str, list[dict[str, Any]]]:  # noqa: ARG002
        """Show what each was started with."""
        runs = {"the schedule's": "nightly", "ours": "run-1"}
        return {
            "tasks": [
                {
                    "taskArn": arn,
                    "overrides": {"containerOverrides": [{"name": "report", "command": ["plan", "--run", runs[arn]]}]},
                }
                for arn in tasks
            ]
        }

    def stop_task(self, *, cluster: str, task: str, reason: str) -> None:  # noqa: ARG002
        """Note it."""
        self.stopped.append(task)


class States:
    """An execution that is in its first state."""

    def get_paginator(self, _: str) -> "States":
        """Give one page."""
        return self

    def paginate(self, **_: object) -> list[dict[str, Any]]:
        """Show the state that was entered."""
        entered = {"type": "TaskStateEntered", "id": 1, "stateEnteredEventDetails": {"name": "Plan on Spot"}}
        return [{"events": [entered]}]


def test_a_task_of_another_execution_is_not_killed() -> None:
    """The schedule fires by itself, also while the demo kills a task."""
    cluster = Cluster()
    scene = cast("Scene", SimpleNamespace(client={"ecs": cluster}.__getitem__))
    execution = DemoExecution(scene, Execution(cast("Any", States()), "arn:aws:states:::execution:reports:run-1"))
    assert asyncio.run(execution.kill_a_task("cluster")) == "Plan on Spot"
    assert cluster.stopped == ["ours"]
