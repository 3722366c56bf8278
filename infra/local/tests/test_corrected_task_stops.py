"""ECS tasks that do not start, or wait for a place, or are stopped.

Each test sees AWS's behaviour in a corrected emulator, and where it is short another one in the emulator as it comes
from PyPI. When a newer version behaves, that half fails: the correction can go.
"""

import os
import time
import uuid
from collections.abc import Callable
from typing import Any

import docker
import pytest

# The fixture's class, which importlib's mode keeps out of reach as an import.
Emulator = Any
Eventually = Callable[..., Any]
Task = dict[str, Any]

pytestmark = pytest.mark.integration

ON_SIGTERM = """
    import signal, sys, time
    signal.signal(signal.SIGTERM, {})
    print("on", flush=True)
    time.sleep(60)
"""


def test_an_image_that_is_not_there_cannot_be_pulled(corrected: Emulator, uncorrected: Emulator) -> None:
    """The reason begins with AWS's name of the error."""

    def reason(emulator: Emulator) -> str:
        definition = emulator.tasks.define("pass", container={"image": "patterns-tests:other"})
        task = emulator.tasks.end(emulator.tasks.run(definition))
        assert task["stopCode"] == "TaskFailedToStart"
        assert "exitCode" not in task["containers"][0]
        return str(task["stoppedReason"])

    assert reason(corrected).startswith("CannotPullContainerError: no such image: patterns-tests:other")
    assert reason(uncorrected).startswith("ResourceInitializationError")


def test_a_command_that_is_not_there_cannot_be_started(corrected: Emulator) -> None:
    """Named as AWS does."""
    definition = corrected.tasks.define("pass", container={"entryPoint": ["no-such-program"]})
    task = corrected.tasks.end(corrected.tasks.run(definition))
    assert task["stopCode"] == "TaskFailedToStart"
    assert task["stoppedReason"] == "CannotStartContainerError: no-such-program: No such file or directory"


def _started(emulator: Emulator, handler: str, **container: Any) -> str:  # noqa: ANN401 - as above
    """Run a task that handles SIGTERM so; its ARN, once it does."""
    arn: str = emulator.tasks.run(emulator.tasks.define(ON_SIGTERM.format(handler), container=container))
    assert emulator.tasks.printed(arn) == ["on"]
    return arn


def test_a_stopped_task_may_end_in_its_own_way(corrected: Emulator, uncorrected: Emulator) -> None:
    """The answer comes at once; the exit code, which says whether a checkpoint was written, when it has ended."""
    arn = _started(corrected, "lambda *_: (time.sleep(1), sys.exit(75))")
    answer = corrected.client("ecs").stop_task(task=arn, reason="enough")["task"]
    assert (answer["desiredStatus"], answer["lastStatus"]) == ("STOPPED", "RUNNING")
    task = corrected.tasks.end(arn)
    assert task["containers"][0]["exitCode"] == 75
    assert (task["stopCode"], task["stoppedReason"]) == ("UserInitiated", "enough")
    assert task["stoppingAt"] < task["stoppedAt"]
    again = corrected.client("ecs").stop_task(task=arn, reason="again")["task"]
    assert again["stoppedReason"] == "enough"
    arn = _started(uncorrected, "lambda *_: sys.exit(75)")
    answer = uncorrected.client("ecs").stop_task(task=arn)["task"]
    assert (answer["lastStatus"], answer["containers"][0]["exitCode"]) == ("STOPPED", 0)


def test_a_task_that_does_not_stop_is_killed_after_its_stop_timeout(corrected: Emulator) -> None:
    """And not before."""
    arn = _started(corrected, "signal.SIG_IGN", stopTimeout=2)
    asked = time.monotonic()
    corrected.client("ecs").stop_task(task=arn)
    assert corrected.tasks.end(arn)["containers"][0]["exitCode"] == 137
    assert time.monotonic() - asked >= 2


def test_an_ended_container_takes_the_others_of_its_task_with_it(
    corrected: Emulator, uncorrected: Emulator, eventually: Eventually
) -> None:
    """The emulator leaves them running, with a task that is STOPPED."""

    def runs_on(emulator: Emulator) -> bool:
        image = "patterns-tests:python"
        ends = {"name": "work", "image": image, "command": ["pass"], "essential": True}
        stays = {"name": "beside", "image": image, "command": ["import time; time.sleep(60)"], "essential": False}
        family = f"two-{uuid.uuid4().hex[:8]}"
        emulator.client("ecs").register_task_definition(family=family, containerDefinitions=[ends, stays])
        arn = emulator.tasks.run(family)
        emulator.tasks.end(arn)
        engine = docker.DockerClient(base_url=emulator.containers)
        label = {"label": [f"com.amazonaws.ecs.task-arn={arn}", "com.amazonaws.ecs.container-name=beside"]}
        [beside] = engine.containers.list(all=True, filters=label)
        ended = eventually(lambda: (beside.reload(), beside.status)[1] == "exited", 3.0)
        engine.close()
        return not ended

    assert not runs_on(corrected)
    assert runs_on(uncorrected)


def test_tasks_wait_for_a_place(corrected: Emulator, uncorrected: Emulator, eventually: Eventually) -> None:
    """Those that are more than the machine has processors for are PENDING, in order; a waiting one can be stopped."""
    cores = os.cpu_count() or 1
    whole = {"cpu": str(1024 * cores * 2), "memory": "512"}
    source = "import time; print('on', flush=True); time.sleep(60)"
    first, second, third = (corrected.tasks.run(corrected.tasks.define(source, **whole)) for _ in range(3))
    assert eventually(lambda: corrected.tasks.look(first)["lastStatus"] == "RUNNING")
    assert {corrected.tasks.look(arn)["lastStatus"] for arn in (second, third)} == {"PENDING"}
    corrected.client("ecs").stop_task(task=second)
    stopped = corrected.tasks.end(second)
    assert (stopped["stopCode"], "exitCode" in stopped["containers"][0]) == ("UserInitiated", False)
    assert corrected.tasks.look(third)["lastStatus"] == "PENDING"
    corrected.client("ecs").stop_task(task=first)
    assert eventually(lambda: corrected.tasks.look(third)["lastStatus"] == "RUNNING")
    corrected.client("ecs").stop_task(task=third)
    corrected.tasks.end(third)
    both = [uncorrected.tasks.run(uncorrected.tasks.define(source, **whole)) for _ in range(2)]
    assert eventually(lambda: {uncorrected.tasks.look(arn)["lastStatus"] for arn in both} == {"RUNNING"})
    for arn in both:
        uncorrected.client("ecs").stop_task(task=arn)


def test_twenty_tasks_at_once_all_end(corrected: Emulator) -> None:
    """Each with its own output."""
    definition = corrected.tasks.define("import os; print(os.environ['N'])")

    def run(number: int) -> Any:  # noqa: ANN401 - an ARN
        override = {"name": "work", "environment": [{"name": "N", "value": str(number)}]}
        return corrected.tasks.run(definition, overrides={"containerOverrides": [override]})

    arns = [run(number) for number in range(20)]
    assert [corrected.tasks.end(arn)["containers"][0]["exitCode"] for arn in arns] == [0] * 20
    assert [corrected.tasks.printed(arn) for arn in arns] == [[str(number)] for number in range(20)]
