"""One execution of a state machine, followed live from its history."""

import asyncio
import time
from collections import Counter
from typing import Any, Self

from patterns_infra.demo.scene import Scene, eventually

__all__ = ["Execution"]

_START_SECONDS, _TASK_SECONDS, _END_SECONDS = 30.0, 60.0, 150.0
_PAUSE = 0.5


class Execution:
    """Looks at an execution; every method bounds its own waiting."""

    def __init__(self, scene: Scene, arn: str) -> None:
        """Keep its name; nothing is asked yet."""
        self._scene = scene
        self._arn = arn
        self._client = scene.client("stepfunctions")

    @classmethod
    async def of_input(cls, scene: Scene, address: str) -> Self:
        """Return the execution that a file started.

        Raises:
            LookupError: none did in time.
        """
        client, machine = scene.client("stepfunctions"), scene.outputs["state_machine_arn"]

        def find() -> str:
            for each in client.list_executions(stateMachineArn=machine, maxResults=50)["executions"]:
                if f'"{address}"' in client.describe_execution(executionArn=each["executionArn"])["input"]:
                    return str(each["executionArn"])
            return ""

        arn = await eventually(lambda: asyncio.to_thread(find), until=bool, seconds=_START_SECONDS)
        if not arn:
            raise LookupError(f"{address} started no execution within {_START_SECONDS:g} s")
        return cls(scene, arn)

    async def follow(self) -> str:
        """Show every state that is entered, with its time and how often it was; return the status at the end."""
        began, shown, entered = time.monotonic(), 0, Counter[str]()
        while True:
            status = str((await self._described())["status"])
            states = [name for event in await self._history() if (name := _entered(event))]
            for name in states[shown:]:
                entered[name] += 1
                again = f" (try {entered[name]})" if entered[name] > 1 else ""
                self._scene.progress.say(f"{time.monotonic() - began:8.1f} s  {name}{again}")
            shown = len(states)
            if status != "RUNNING" or time.monotonic() - began > _END_SECONDS:
                return status
            await asyncio.sleep(_PAUSE)

    async def kill_a_task(self, cluster_arn: str) -> str:
        """Stop the first task that runs as Spot would take its machine away; return the state that it ran for.

        Raises:
            LookupError: none ran in time.
        """
        ecs = self._scene.client("ecs")

        def running() -> str:
            return next(iter(ecs.list_tasks(cluster=cluster_arn, desiredStatus="RUNNING")["taskArns"]), "")

        task = await eventually(lambda: asyncio.to_thread(running), until=bool, seconds=_TASK_SECONDS)
        if not task:
            raise LookupError(f"no task ran within {_TASK_SECONDS:g} s")
        await asyncio.to_thread(lambda: ecs.stop_task(cluster=cluster_arn, task=task, reason="killed by the demo"))
        return next(name for event in reversed(await self._history()) if (name := _entered(event)))

    async def cause(self) -> str:
        """Return why it failed."""
        return str((await self._described()).get("cause", ""))

    async def tries(self, state: str) -> int:
        """Return how often a state was entered."""
        return sum(_entered(event) == state for event in await self._history())

    async def _described(self) -> dict[str, Any]:
        return await asyncio.to_thread(lambda: dict(self._client.describe_execution(executionArn=self._arn)))

    async def _history(self) -> list[dict[str, Any]]:
        def read() -> list[dict[str, Any]]:
            pages = self._client.get_paginator("get_execution_history").paginate(executionArn=self._arn)
            return [event for page in pages for event in page["events"]]

        return await asyncio.to_thread(read)


def _entered(event: dict[str, Any]) -> str:
    """Return the state that an event enters, empty for another event."""
    return str(event.get("stateEnteredEventDetails", {}).get("name", ""))
