"""``ecs:runTask.sync`` in a state machine, with real processes.

Each test sees AWS's behaviour in a corrected emulator, and where it is short another one in the emulator as it comes
from PyPI. When a newer version behaves, that half fails: the correction can go.
"""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from patterns_deploy.processes import Process

# The fixture's class, which importlib's mode keeps out of reach as an import.
Emulator = Any
Eventually = Callable[..., Any]
State = dict[str, Any]

pytestmark = pytest.mark.integration

TELLS_ITS_PID = """
    import os, sys, time
    print(os.getpid(), flush=True)
    time.sleep(60)
"""
NETWORK = {"AwsvpcConfiguration": {"Subnets": ["subnet-0"]}}
CAUGHT: State = {"Type": "Pass", "End": True}


def _task(definition: str, **state: Any) -> State:  # noqa: ANN401 - whatever a state takes
    arguments = {"TaskDefinition": definition, "LaunchType": "FARGATE", "NetworkConfiguration": NETWORK}
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::ecs:runTask.sync",
        "Arguments": arguments,
        "End": True,
        **state,
    }


def _only_task(emulator: Emulator, definition: str) -> str:
    """Return the ARN of the one task of a definition's family."""
    family = definition.rsplit("/", 1)[1].split(":", maxsplit=1)[0]
    ecs = emulator.client("ecs")
    found = [
        arn
        for status in ("RUNNING", "STOPPED")
        for arn in ecs.list_tasks(family=family, desiredStatus=status)["taskArns"]
    ]
    [arn] = found
    return str(arn)


def test_a_task_that_ends_well_is_the_states_result(corrected: Emulator, uncorrected: Emulator) -> None:
    """One task in PascalCase, with moments in milliseconds; the emulator returns a list in camelCase."""
    arguments = {
        "TaskDefinition": "{% $states.input.definition %}",
        "Overrides": {
            "ContainerOverrides": [
                {
                    "Name": "work",
                    "Command": ["import os; assert os.environ['DATE'] == '2026-11-22'"],
                    "Environment": [{"Name": "DATE", "Value": "{% $states.input.date %}"}],
                }
            ]
        },
        "CapacityProviderStrategy": [{"CapacityProvider": "FARGATE_SPOT", "Weight": 1}],
        "NetworkConfiguration": NETWORK,
    }
    given = {"definition": corrected.tasks.define("raise SystemExit(9)"), "date": "2026-11-22"}
    ended = corrected.executed(corrected.execute({"Run": _task("", Arguments=arguments)}, given))
    assert ended["status"] == "SUCCEEDED", ended
    task = ended["output"]
    assert (task["Containers"][0]["ExitCode"], task["LastStatus"], task["StopCode"]) == (
        *(0, "STOPPED"),
        "EssentialContainerExited",
    )
    assert (task["StartedBy"], task["CapacityProviderName"]) == ("AWS Step Functions", "FARGATE_SPOT")
    assert task["StoppedAt"] > task["CreatedAt"] > 1_700_000_000_000
    alone = uncorrected.executed(uncorrected.execute({"Run": _task(uncorrected.tasks.define("pass"))}))
    assert "lastStatus" in alone["output"]["tasks"][0]


@pytest.mark.parametrize("code", [1, 2, 75])
def test_another_exit_code_than_zero_fails_the_state(corrected: Emulator, uncorrected: Emulator, code: int) -> None:
    """The cause is the task, as JSON: a Catch reads the exit code from it. The emulator's state succeeds."""
    definition = corrected.tasks.define(f"raise SystemExit({code})")
    ended = corrected.executed(corrected.execute({"Run": _task(definition)}))
    assert (ended["status"], ended["error"]) == ("FAILED", "States.TaskFailed")
    task = json.loads(ended["cause"])
    assert task["Containers"][0]["ExitCode"] == code
    assert (task["StopCode"], task["StoppedReason"]) == (
        "EssentialContainerExited",
        "Essential container in task exited",
    )
    if code == 1:
        alone = uncorrected.executed(
            uncorrected.execute({"Run": _task(uncorrected.tasks.define("raise SystemExit(1)"))})
        )
        assert alone["status"] == "SUCCEEDED"


def test_a_failing_task_is_retried_later_and_later_and_then_caught(corrected: Emulator) -> None:
    """The catcher sees the last try's exit code by an expression."""
    states = {
        "Run": _task(
            corrected.tasks.define("raise SystemExit(75)"),
            Retry=[{"ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 1, "BackoffRate": 1.5, "MaxAttempts": 2}],
            Catch=[
                {
                    "ErrorEquals": ["States.TaskFailed"],
                    "Next": "Caught",
                    "Output": {"code": "{% $parse($states.errorOutput.Cause).Containers[0].ExitCode %}"},
                }
            ],
        ),
        "Caught": CAUGHT,
    }
    arn = corrected.execute(states)
    assert corrected.executed(arn)["output"] == {"code": 75}
    events = [event for event in corrected.history(arn) if event["type"] in {"TaskScheduled", "TaskFailed"}]
    assert [event["type"] for event in events] == ["TaskScheduled", "TaskFailed"] * 3
    failed, tried = ([event["timestamp"] for event in each] for each in (events[1::2], events[2::2]))
    assert (tried[0] - failed[0]).total_seconds() >= 1.0
    assert (tried[1] - failed[1]).total_seconds() >= 1.5


def test_a_task_that_cannot_start_fails_the_state_with_the_reason(corrected: Emulator) -> None:
    """There is no exit code, but a stop code and a reason."""
    definition = corrected.tasks.define("pass", container={"image": "patterns-tests:unknown"})
    task = json.loads(corrected.executed(corrected.execute({"Run": _task(definition)}))["cause"])
    assert task["StopCode"] == "TaskFailedToStart"
    assert task["StoppedReason"].startswith("CannotPullContainerError")
    assert "ExitCode" not in task["Containers"][0]


def test_a_request_that_is_refused_names_the_error(corrected: Emulator, uncorrected: Emulator) -> None:
    """As ECS does; the emulator runs what AWS refuses."""

    def error(emulator: Emulator, **arguments: object) -> str:
        request = {"TaskDefinition": emulator.tasks.define("pass"), "NetworkConfiguration": NETWORK, **arguments}
        return str(emulator.executed(emulator.execute({"Run": _task("", Arguments=request)})).get("error"))

    override = {"ContainerOverrides": [{"Name": "other"}]}
    strategy = [{"CapacityProvider": "OTHER", "Weight": 1}]
    assert error(corrected, TaskDefinition="no-such-family") == "ECS.ClientException"
    assert error(corrected, Cluster="no-such-cluster") == "ECS.ClusterNotFoundException"
    for name, value in (
        ("NetworkConfiguration", {}),
        ("Overrides", override),
        ("CapacityProviderStrategy", strategy),
    ):
        assert error(corrected, **{name: value}) == "ECS.InvalidParameterException"
        assert error(uncorrected, **{name: value}) == "None"
    assert error(uncorrected, Cluster="no-such-cluster") == "None"


def _ends(emulator: Emulator, definition: str, eventually: Eventually) -> dict[str, Any]:
    """Wait until the process of a definition's one task is gone, and the task is STOPPED."""
    arn = _only_task(emulator, definition)
    [pid] = emulator.tasks.printed(arn)
    assert eventually(lambda: Process.of(int(pid)) is None)
    task: dict[str, Any] = emulator.tasks.end(arn)
    return task


def test_a_timed_out_task_is_stopped(corrected: Emulator, uncorrected: Emulator, eventually: Eventually) -> None:
    """The limit may be an expression; the cause is empty, as on AWS. The emulator lets the process run."""

    def times_out(emulator: Emulator, definition: str, seconds: object) -> dict[str, Any]:
        catch = [{"ErrorEquals": ["States.Timeout"], "Next": "Caught"}]
        run = _task(definition, TimeoutSeconds=seconds, Catch=catch)
        ended: dict[str, Any] = emulator.executed(emulator.execute({"Run": run, "Caught": CAUGHT}, {"limit": 3}))
        return ended

    definition = corrected.tasks.define(TELLS_ITS_PID)
    ended = times_out(corrected, definition, "{% $states.input.limit %}")
    assert ended["output"] == {"Error": "States.Timeout", "Cause": ""}
    task = _ends(corrected, definition, eventually)
    assert (task["stopCode"], task["stoppedReason"]) == ("UserInitiated", "Stopped by AWS Step Functions")
    definition = uncorrected.tasks.define(TELLS_ITS_PID)
    assert times_out(uncorrected, definition, 3)["output"]["Error"] == "States.Timeout"
    arn = _only_task(uncorrected, definition)
    assert uncorrected.tasks.look(arn)["lastStatus"] == "RUNNING"
    uncorrected.client("ecs").stop_task(task=arn)


def test_the_task_of_a_stopped_execution_is_stopped(corrected: Emulator, eventually: Eventually) -> None:
    """Whoever stops an execution means its work."""
    definition = corrected.tasks.define(TELLS_ITS_PID)
    arn = corrected.execute({"Run": _task(definition)})
    assert eventually(lambda: "TaskSubmitted" in [event["type"] for event in corrected.history(arn)])
    assert corrected.tasks.printed(_only_task(corrected, definition))
    corrected.client("stepfunctions").stop_execution(executionArn=arn)
    assert _ends(corrected, definition, eventually)["stopCode"] == "UserInitiated"
    assert corrected.executed(arn)["status"] == "ABORTED"


def test_an_execution_that_takes_too_long_is_stopped_with_its_task(corrected: Emulator, eventually: Eventually) -> None:
    """By the state machine's own limit."""
    definition = corrected.tasks.define(TELLS_ITS_PID)
    ended = corrected.executed(corrected.execute({"Run": _task(definition)}, TimeoutSeconds=3))
    assert ended["status"] == "TIMED_OUT"
    assert _ends(corrected, definition, eventually)["stopCode"] == "UserInitiated"


def test_the_tasks_of_a_map_end_with_the_first_failure(corrected: Emulator, eventually: Eventually) -> None:
    """What the others would produce is of no use."""
    slow, fails = corrected.tasks.define(TELLS_ITS_PID), corrected.tasks.define("import time; time.sleep(3); 1/0")
    items = {
        "ItemProcessor": {"StartAt": "Run", "States": {"Run": _task("{% $states.input %}")}},
        "Items": [slow, fails],
    }
    asked = time.monotonic()
    ended = corrected.executed(corrected.execute({"All": {"Type": "Map", "End": True, **items}}))
    assert (ended["status"], ended["error"]) == ("FAILED", "States.TaskFailed")
    assert time.monotonic() - asked < 30
    assert _ends(corrected, slow, eventually)["stopCode"] == "UserInitiated"


def test_a_bounded_map_runs_many_tasks(corrected: Emulator) -> None:
    """Twenty shards, five at once."""
    processor = {"StartAt": "Run", "States": {"Run": _task(corrected.tasks.define("pass"))}}
    state = {"Type": "Map", "Items": "{% [1..20] %}", "MaxConcurrency": 5, "ItemProcessor": processor, "End": True}
    ended = corrected.executed(corrected.execute({"All": {**state, "Output": "{% $count($states.result) %}"}}), 60.0)
    assert (ended["status"], ended["output"]) == ("SUCCEEDED", 20)
