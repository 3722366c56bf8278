"""However a step fails, the execution ends with a sentence that says why, and the next one is not held up.

What the deployed machine cannot be made to do in a test is done by a copy of it in which one thing is wrong.
"""

import json
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from tests.clients import administrator
from tests.reports import Ended, Reports

from patterns_local.platform import Platform

pytestmark = pytest.mark.integration

Definition = dict[str, Any]
Break = Callable[["Workshop", Definition], None]


class Workshop:
    """Makes copies of the deployed machine and of its tasks."""

    def __init__(self, platform: Platform, reports: Reports) -> None:
        """Look at what is deployed."""
        self._states = administrator(platform, "stepfunctions")
        self._ecs = administrator(platform, "ecs")
        self._machine = self._states.describe_state_machine(stateMachineArn=reports.outputs["state_machine_arn"])

    def broken(self, break_it: Break) -> str:
        """Return a machine that is broken so, and does not pause between tries."""
        definition: Definition = json.loads(self._machine["definition"])
        work = work_of(definition)
        for name in work:
            if name.endswith(" pause"):
                work[name]["Seconds"] = 0
        break_it(self, definition)
        made: str = self._states.create_state_machine(
            name=f"broken-{secrets.token_hex(4)}", definition=json.dumps(definition), roleArn=self._machine["roleArn"]
        )["stateMachineArn"]
        return made

    def task(self, definition: str, *, more: Sequence[Mapping[str, str]] = (), **changes: object) -> str:
        """Return a task definition whose container is changed, or has more variables."""
        kept = self._ecs.describe_task_definition(taskDefinition=definition)["taskDefinition"]
        (container,) = kept["containerDefinitions"]
        names = (
            "taskRoleArn",
            "executionRoleArn",
            "networkMode",
            "cpu",
            "memory",
            "requiresCompatibilities",
            "volumes",
        )
        made: str = self._ecs.register_task_definition(
            family=f"broken-{secrets.token_hex(4)}",
            containerDefinitions=[{**container, "environment": [*container["environment"], *more], **changes}],
            **{name: kept[name] for name in names if kept.get(name)},
        )["taskDefinition"]["taskDefinitionArn"]
        return made


def work_of(definition: Definition) -> dict[str, Any]:
    """Return the states of the work itself."""
    states: dict[str, Any] = definition["States"]["Report"]["Branches"][0]["States"]
    return states


def _plans(definition: Definition) -> Iterator[dict[str, Any]]:
    work = work_of(definition)
    yield from (work["Plan on Spot"], work["Plan on demand"])


def hangs(workshop: Workshop, definition: Definition) -> None:
    """Let the task take longer than it may."""
    for plan in _plans(definition):
        arguments = plan["Arguments"]
        arguments["TaskDefinition"] = workshop.task(
            arguments["TaskDefinition"], entryPoint=["python", "-c", "import time; time.sleep(60)"]
        )
        plan["TimeoutSeconds"] = 1


def has_no_image(workshop: Workshop, definition: Definition) -> None:
    """Name an image that was not pushed."""
    for plan in _plans(definition):
        arguments = plan["Arguments"]
        arguments["TaskDefinition"] = workshop.task(arguments["TaskDefinition"], image="not/pushed:this")


def has_no_cluster(_: Workshop, definition: Definition) -> None:
    """Let the request to run the task be refused."""
    for plan in _plans(definition):
        plan["Arguments"]["Cluster"] = "nowhere"


def breaks(workshop: Workshop, definition: Definition) -> None:
    """Let the program die of a bug before it can say a word."""
    for plan in _plans(definition):
        arguments = plan["Arguments"]
        arguments["TaskDefinition"] = workshop.task(
            arguments["TaskDefinition"], entryPoint=["python", "-c", "raise SystemExit(3)"]
        )


def reaches_no_secrets(workshop: Workshop, definition: Definition) -> None:
    """Let a service be down for as long as it is tried."""
    nowhere = {"name": "AWS_ENDPOINT_URL_SECRETS_MANAGER", "value": "http://127.0.0.1:9"}
    for plan in _plans(definition):
        arguments = plan["Arguments"]
        arguments["TaskDefinition"] = workshop.task(arguments["TaskDefinition"], more=[nowhere])


def has_a_wrong_expression(_: Workshop, definition: Definition) -> None:
    """Let an expression of the machine fail."""
    work_of(definition)["Read plan"]["Arguments"]["Key"] = "{% $number('no number') %}"


def plans_another_report(_: Workshop, definition: Definition) -> None:
    """Let the manifest be of another report than the claim."""
    for plan in _plans(definition):
        (override,) = plan["Arguments"]["Overrides"]["ContainerOverrides"]
        override["Command"] = ["plan", "--run", "{% $run %}", "--date", "2014-12-31"]


CASES: Mapping[str, tuple[Break, str, list[int]]] = {
    "hangs": (hangs, "plan took longer than 1800 s and was stopped", [1, 3]),
    "has no image": (has_no_image, "plan did not run (TaskFailedToStart: CannotPullContainerError", [1, 3]),
    "has no cluster": (has_no_cluster, "plan could not be started: ECS.ClusterNotFoundException: ", [1, 3]),
    "breaks": (breaks, "plan ended with exit code 3 (Essential container in task exited), log stream task/", [4, 0]),
    "reaches no secrets": (reaches_no_secrets, "secrets", [1, 3]),
    "wrong expression": (has_a_wrong_expression, "States.QueryEvaluationError: ", [1, 0]),
    "another report": (plans_another_report, "States.QueryEvaluationError: ", [1, 0]),
}


@pytest.fixture(scope="module")
def ended(platform: Platform, reports: Reports) -> dict[str, tuple[date, Ended]]:
    """Run all broken machines side by side, each for a day of its own."""
    workshop = Workshop(platform, reports)
    first = date(2005, 1, 1) + timedelta(days=Random(secrets.token_bytes(8)).randrange(3000))
    days = {why: first + timedelta(days=number) for number, why in enumerate(CASES)}
    machines = {why: workshop.broken(case[0]) for why, case in CASES.items()}

    def run(why: str) -> tuple[date, Ended]:
        return days[why], reports.end(reports.start_machine(machines[why], date=days[why].isoformat()))

    with ThreadPoolExecutor(len(CASES)) as threads:
        return dict(zip(CASES, threads.map(run, CASES), strict=True))


@pytest.mark.parametrize("why", CASES)
def test_the_reason_is_a_sentence_and_is_recorded(
    reports: Reports, ended: Mapping[str, tuple[date, Ended]], why: str
) -> None:
    """In the execution's cause and in the claim. What Spot may have caused is tried again on demand."""
    _, told, (on_spot, on_demand) = CASES[why]
    day, execution = ended[why]
    assert (execution["status"], execution["error"]) == ("FAILED", "ReportFailed")
    assert execution["cause"].startswith(told)
    # What the program said, and where to read more; of what could say nothing the rest has it all.
    assert ("[plan ended with exit code 75 (" in execution["cause"]) == (why == "reaches no secrets")
    entered = reports.entered(execution["executionArn"])
    assert (entered["Plan on Spot"], entered["Plan on demand"]) == (on_spot, on_demand)
    claim = reports.claim(f"date={day}")
    assert (claim["state"], claim["reason"]) == ("FAILED", execution["cause"])
    assert not reports.published(f"date={day}/")


def test_what_no_state_can_catch_blocks_no_later_execution(platform: Platform, reports: Reports) -> None:
    """States.Runtime ends an execution where it stands, with its claim; the next one sees that, and takes over."""

    def asks_for_nothing(_: Workshop, definition: Definition) -> None:
        work_of(definition)["Read plan"]["Resource"] = "arn:aws:states:::aws-sdk:nothing:atAll"

    day = date(2005, 1, 1) + timedelta(days=Random(secrets.token_bytes(8)).randrange(3000))
    machine = Workshop(platform, reports).broken(asks_for_nothing)
    died = reports.end(reports.start_machine(machine, date=day.isoformat()))
    assert (died["status"], died["error"]) == ("FAILED", "States.Runtime")
    assert reports.claim(f"date={day}")["state"] == "RUNNING"
    after = reports.end(reports.start(date=day.isoformat()))
    assert json.loads(after["output"])["outcome"] == "REPORTED"
    assert reports.entered(after["executionArn"])["Take over"] == 1
