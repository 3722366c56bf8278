"""An execution of the batch as the demo needs it: found by what started it, followed, its task killed."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Self

from patterns_cli.demo.scene import Scene, eventually
from patterns_cli.reporting.execution import Ended, Execution
from patterns_cli.reporting.following import follow, pause_for
from patterns_cli.reporting.published import PublishedReport
from patterns_cli.reporting.step_lines import StepLines

__all__ = ["DemoExecution"]

_START_SECONDS, _TASK_SECONDS, _END_SECONDS = 30.0, 60.0, 150.0


class DemoExecution:
    """Looks at an execution; every method bounds its own waiting."""

    def __init__(self, scene: Scene, execution: Execution) -> None:
        """Keep it; nothing is asked yet."""
        self._scene, self._execution = scene, execution

    @classmethod
    async def of_input(cls, scene: Scene, text: str) -> Self:
        """Return the execution that a file, or a schedule, started: the text stands in its input.

        Raises:
            LookupError: none did in time.
        """
        states, machine = scene.client("stepfunctions"), scene.outputs["state_machine_arn"]

        def find() -> str:
            for each in states.list_executions(stateMachineArn=machine, maxResults=50)["executions"]:
                if f'"{text}"' in states.describe_execution(executionArn=each["executionArn"])["input"]:
                    return str(each["executionArn"])
            return ""

        arn = await eventually(lambda: asyncio.to_thread(find), until=bool, seconds=_START_SECONDS)
        if not arn:
            raise LookupError(f"{text} started no execution within {_START_SECONDS:g} s")
        return cls(scene, Execution(states, arn))

    async def follow(self) -> Ended:
        """Show every step with its time and tries, and return how it ended."""
        scene = self._scene
        lines, pause = StepLines(_indented(scene.progress.say)), pause_for(scene.place.target)
        return await asyncio.to_thread(follow, self._execution, lines, pause=pause, seconds=_END_SECONDS)

    async def kill_a_task(self, cluster_arn: str) -> str:
        """Stop its first task that runs as Spot would take its machine away; return the state that it ran for.

        Raises:
            LookupError: none ran in time.
        """
        ecs = self._scene.client("ecs")

        def running() -> str:
            arns = ecs.list_tasks(cluster=cluster_arn, desiredStatus="RUNNING")["taskArns"]
            tasks = ecs.describe_tasks(cluster=cluster_arn, tasks=arns)["tasks"] if arns else []
            # Another execution may have tasks at the same time: the schedule's.
            return next((str(task["taskArn"]) for task in tasks if self._execution.name in _words(task)), "")

        task = await eventually(lambda: asyncio.to_thread(running), until=bool, seconds=_TASK_SECONDS)
        if not task:
            raise LookupError(f"no task ran within {_TASK_SECONDS:g} s")
        await asyncio.to_thread(lambda: ecs.stop_task(cluster=cluster_arn, task=task, reason="killed by the demo"))
        return (await self._entered())[-1]

    async def tries(self, state: str) -> int:
        """Return how often a state was entered."""
        return (await self._entered()).count(state)

    async def published(self) -> PublishedReport:
        """Return the report that it made."""
        s3, bucket = self._scene.client("s3"), self._scene.outputs["report_bucket"]
        return await asyncio.to_thread(PublishedReport.of_run, s3, bucket, self._execution.name)

    async def _entered(self) -> list[str]:
        return await asyncio.to_thread(self._execution.states_entered)


def _words(task: Mapping[str, Any]) -> list[str]:
    """Return the arguments that a task's containers were started with."""
    return [word for container in task["overrides"]["containerOverrides"] for word in container.get("command", ())]


def _indented(say: Callable[[str], None]) -> Callable[[str], None]:
    return lambda line: say(f"  {line}")
