"""What CloudFormation makes of a scheduled container's resources, and when schedules fire.

Each test sees AWS's behaviour in a corrected emulator and another one in the emulator as it comes from PyPI. When a
newer version behaves, the second half fails: the correction can go.
"""

import datetime as dt
import json
import subprocess
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from patterns_deploy.folder import LocalFolder
from patterns_deploy.runner import Runner
from patterns_local.emulator_environment import prepare_environment

# The fixture's class, which importlib's mode keeps out of reach as an import.
Emulator = Any
Eventually = Callable[..., Any]
Resources = dict[str, dict[str, Any]]

pytestmark = pytest.mark.integration


def _resource(kind: str, **properties: object) -> dict[str, Any]:
    return {"Type": f"AWS::{kind}", "Properties": properties}


def _refused(emulator: Emulator, resources: Resources) -> str:
    """Deploy what should be refused as a whole; why."""
    try:
        status = emulator.deploy(f"refused-{uuid.uuid4().hex[:8]}", resources)
    except ClientError as error:
        return str(error.response["Error"]["Message"])
    return str(status)


def test_a_cluster_may_be_given_fargate_spot(corrected: Emulator, uncorrected: Emulator) -> None:
    """As the CDK writes it; the emulator refuses the template, and loses the strategy's default."""
    strategy = [{"CapacityProvider": "FARGATE_SPOT", "Weight": 1}]
    providers = {"CapacityProviders": ["FARGATE", "FARGATE_SPOT"], "DefaultCapacityProviderStrategy": strategy}
    resources = {
        "C": _resource("ECS::Cluster", ClusterName="spot"),
        "A": _resource("ECS::ClusterCapacityProviderAssociations", Cluster={"Ref": "C"}, **providers),
    }
    assert corrected.deploy("spot", resources) == "CREATE_COMPLETE"
    [cluster] = corrected.client("ecs").describe_clusters(clusters=["spot"])["clusters"]
    assert cluster["capacityProviders"] == ["FARGATE", "FARGATE_SPOT"]
    arn = corrected.tasks.run(corrected.tasks.define("pass"), cluster="spot")
    [task] = corrected.client("ecs").describe_tasks(cluster="spot", tasks=[arn])["tasks"]
    assert (task["capacityProviderName"], task["launchType"]) == ("FARGATE_SPOT", "FARGATE")
    corrected.client("cloudformation").delete_stack(StackName="spot")
    assert "Unrecognized resource types" in _refused(uncorrected, resources)


def test_a_vpc_has_a_flow_log_and_tells_its_addresses(corrected: Emulator, uncorrected: Emulator) -> None:
    """The rules of cdk-nag want the one, interface endpoints read the other."""
    vpc = _resource("EC2::VPC", CidrBlock="10.1.0.0/16")
    parameter = {"Name": "cidr", "Type": "String", "Value": {"Fn::GetAtt": ["V", "CidrBlock"]}}
    log = {"ResourceId": {"Ref": "V"}, "ResourceType": "VPC", "TrafficType": "ALL", "LogGroupName": "flows"}
    resources = {"V": vpc, "P": _resource("SSM::Parameter", **parameter)}
    assert corrected.deploy("vpc", {**resources, "F": _resource("EC2::FlowLog", **log)}) == "CREATE_COMPLETE"
    assert corrected.client("ssm").get_parameter(Name="cidr")["Parameter"]["Value"] == "10.1.0.0/16"
    [found] = corrected.client("ec2").describe_flow_logs()["FlowLogs"]
    assert found["TrafficType"] == "ALL"
    assert uncorrected.deploy("vpc", resources) != "CREATE_COMPLETE"
    assert "Unrecognized resource types" in _refused(uncorrected, {"F": _resource("EC2::FlowLog", **log)})


def test_an_archive_of_events_is_made_changed_and_removed(
    corrected: Emulator, uncorrected: Emulator, eventually: Callable[..., Any]
) -> None:
    """Under a name of its own, by which it is referred to; the emulator knows it as an API only."""
    bus = "arn:aws:events:us-east-1:000000000000:event-bus/default"

    def archive(days: int) -> dict[str, Any]:
        pattern = {"source": ["patterns.test"]}
        resource = _resource("Events::Archive", SourceArn=bus, EventPattern=pattern, RetentionDays=days)
        parameter = {"Name": "archive", "Type": "String", "Value": {"Ref": "A"}}
        return {"A": resource, "P": _resource("SSM::Parameter", **parameter)}

    events, stacks = corrected.client("events"), corrected.client("cloudformation")
    assert corrected.deploy("archive", archive(14)) == "CREATE_COMPLETE"
    name = corrected.client("ssm").get_parameter(Name="archive")["Parameter"]["Value"]
    found = events.describe_archive(ArchiveName=name)
    assert (found["RetentionDays"], json.loads(found["EventPattern"])) == (14, {"source": ["patterns.test"]})
    stacks.update_stack(StackName="archive", TemplateBody=json.dumps({"Resources": archive(7)}))
    assert eventually(lambda: events.describe_archive(ArchiveName=name)["RetentionDays"] == 7)
    stacks.delete_stack(StackName="archive")
    assert eventually(lambda: not events.list_archives()["Archives"])
    assert "Unrecognized resource types" in _refused(uncorrected, {"A": archive(14)["A"]})


def test_a_task_definition_keeps_what_is_nested(corrected: Emulator, uncorrected: Emulator) -> None:
    """Above all the names of secrets: without them a task starts without its secret, and nobody says so."""
    container = {
        "Name": "work",
        "Image": "patterns-tests:python",
        "Command": ["import os; raise SystemExit(0 if os.environ['SALT'] == 'pepper' else 3)"],
        "Secrets": [{"Name": "SALT", "ValueFrom": {"Ref": "S"}}],
        "LinuxParameters": {"InitProcessEnabled": True},
        "MountPoints": [{"SourceVolume": "tmp", "ContainerPath": "/tmp"}],  # noqa: S108 - the container's
        "LogConfiguration": {"LogDriver": "awslogs", "Options": {"awslogs-group": "none", "Awkward": "x"}},
    }
    task = _resource(
        "ECS::TaskDefinition",
        Family="nested",
        ContainerDefinitions=[container],
        EphemeralStorage={"SizeInGiB": 30},
        RuntimePlatform={"CpuArchitecture": "ARM64", "OperatingSystemFamily": "LINUX"},
        Volumes=[{"Name": "tmp"}],
        RequiresCompatibilities=["FARGATE"],
    )
    resources = {"S": _resource("SecretsManager::Secret", Name="salt", SecretString="pepper"), "T": task}

    def run(emulator: Emulator) -> tuple[Any, Any]:
        assert emulator.deploy("nested", resources) == "CREATE_COMPLETE"
        definition = emulator.client("ecs").describe_task_definition(taskDefinition="nested")["taskDefinition"]
        ended = emulator.tasks.end(emulator.tasks.run("nested"))
        return definition, ended["containers"][0].get("exitCode")

    definition, code = run(corrected)
    assert code == 0
    assert (definition["ephemeralStorage"], definition["volumes"]) == ({"sizeInGiB": 30}, [{"name": "tmp"}])
    assert definition["runtimePlatform"] == {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"}
    [kept] = definition["containerDefinitions"]
    assert kept["linuxParameters"] == {"initProcessEnabled": True}
    assert kept["logConfiguration"]["options"] == {"awslogs-group": "none", "Awkward": "x"}
    definition, code = run(uncorrected)
    assert code == 1, "a KeyError"
    assert "ephemeralStorage" not in definition


def _target(emulator: Emulator, given: str) -> tuple[dict[str, Any], str]:
    """Return a schedule's target, and the ARN of the state machine that it starts."""
    ended = emulator.executed(emulator.execute({"Pass": {"Type": "Pass", "End": True}}))
    arn: str = ended["stateMachineArn"]
    return {"Arn": arn, "RoleArn": emulator.role(f"s{uuid.uuid4().hex[:8]}"), "Input": given}, arn


def _started(emulator: Emulator, machine: str) -> list[Any]:
    """Return the inputs that a state machine was started with, but for the first."""
    client = emulator.client("stepfunctions")
    arns = [each["executionArn"] for each in client.list_executions(stateMachineArn=machine)["executions"]][:-1]
    return [json.loads(client.describe_execution(executionArn=arn)["input"]) for arn in arns]


def test_a_schedule_fires_in_its_zone_and_tells_when_it_was_due(
    corrected: Emulator, uncorrected: Emulator, eventually: Eventually
) -> None:
    """One of a moment, in a zone that is hours away, made by CloudFormation as the daily one is."""
    placeholders = {name: f"<aws.scheduler.{name}>" for name in ("scheduled-time", "schedule-arn", "attempt-number")}
    due = dt.datetime.now(dt.UTC).replace(microsecond=0) + dt.timedelta(seconds=3)
    tokyo = due.astimezone(dt.timezone(dt.timedelta(hours=9)))

    def deploy(emulator: Emulator) -> str:
        target, machine = _target(emulator, json.dumps(placeholders))
        schedule = _resource(
            "Scheduler::Schedule",
            Name="daily",
            GroupName={"Ref": "G"},
            ScheduleExpression=f"at({tokyo:%Y-%m-%dT%H:%M:%S})",
            ScheduleExpressionTimezone="Asia/Tokyo",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target=target,
        )
        resources = {"G": _resource("Scheduler::ScheduleGroup", Name="reports"), "S": schedule}
        assert emulator.deploy("schedule", resources) == "CREATE_COMPLETE"
        return machine

    machine, other = deploy(corrected), deploy(uncorrected)
    [given] = eventually(lambda: _started(corrected, machine))
    assert given == {
        "scheduled-time": f"{due:%Y-%m-%dT%H:%M:%SZ}",
        "schedule-arn": "arn:aws:scheduler:us-east-1:000000000000:schedule/reports/daily",
        "attempt-number": "1",
    }
    zone = corrected.client("scheduler").get_schedule(Name="daily", GroupName="reports")["ScheduleExpressionTimezone"]
    assert zone == "Asia/Tokyo"
    time.sleep(11)  # longer than the emulator's own interval
    assert _started(uncorrected, other) == [], "it takes the moment for one in UTC, nine hours later"
    assert len(_started(corrected, machine)) == 1


@pytest.mark.parametrize(
    ("expression", "zone"),
    [("cron(0 6 * * ? *)", "Europe/Nowhere"), ("cron(0 6)", "Europe/Berlin"), ("at(tomorrow)", "Europe/Berlin")],
)
def test_a_schedule_that_would_never_fire_is_refused(
    corrected: Emulator, uncorrected: Emulator, expression: str, zone: str
) -> None:
    """By the API, and by CloudFormation with it; the emulator takes anything."""

    def create(emulator: Emulator) -> str:
        target, _ = _target(emulator, "{}")
        when = {"ScheduleExpression": expression, "ScheduleExpressionTimezone": zone}
        rest = {"FlexibleTimeWindow": {"Mode": "OFF"}, "Target": target}
        try:
            emulator.client("scheduler").create_schedule(Name=f"s{uuid.uuid4().hex[:8]}", **when, **rest)
        except ClientError as error:
            resource = {"S": _resource("Scheduler::Schedule", **when, **rest)}
            assert emulator.deploy(f"s{uuid.uuid4().hex[:8]}", resource) == "ROLLBACK_COMPLETE"
            return str(error.response["Error"]["Message"])
        return ""

    assert create(corrected).startswith("Invalid Schedule Expression")
    assert create(uncorrected) == ""


DUE = """
import datetime as dt, sys
sys.path.insert(0, sys.argv[1])
from corrections import schedules
for since in sys.argv[2:]:
    start = dt.datetime.fromisoformat(since).timestamp()
    daily = {"ScheduleExpression": "cron(0 6 * * ? *)", "ScheduleExpressionTimezone": "Europe/Berlin"}
    print(dt.datetime.fromtimestamp(schedules._due({**daily, "LastModificationDate": start}, None), dt.UTC).isoformat())
"""


def test_a_daily_schedule_is_due_at_its_local_hour_in_winter_and_in_summer() -> None:
    """In the night between the two days below, the clocks of Berlin change. Nobody waits for it: asked of the code."""
    folder = LocalFolder.default()
    folder.prepare()
    python = prepare_environment(folder, Runner(folder.deploy_log))
    days = ["2026-03-27T12:00+00:00", "2026-03-28T12:00+00:00"]
    command = [str(python), "-I", "-c", DUE, str(folder.emulator_project), *days]
    due = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert due == ["2026-03-28T05:00:00+00:00", "2026-03-29T04:00:00+00:00"]
