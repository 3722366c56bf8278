"""ECS tasks that run as processes: exit codes, output, environment, role.

Each test sees AWS's behaviour in a corrected emulator, and where it is short another one in the emulator as it comes
from PyPI. When a newer version behaves, that half fails: the correction can go.
"""

import json
import os
import signal
from collections.abc import Callable
from typing import Any

import docker
import pytest

# The fixture's class, which importlib's mode keeps out of reach as an import.
Emulator = Any
Eventually = Callable[..., Any]
Task = dict[str, Any]

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("code", [0, 2, 75, 1])
def test_a_task_runs_its_command_and_stops_with_its_exit_code(corrected: Emulator, code: int) -> None:
    """In AWS's words, which programs read."""
    task = corrected.tasks.end(corrected.tasks.run(corrected.tasks.define(f"raise SystemExit({code})")))
    assert task["containers"][0]["exitCode"] == code
    assert (task["stopCode"], task["stoppedReason"]) == (
        "EssentialContainerExited",
        "Essential container in task exited",
    )


def test_the_emulator_has_other_words_for_a_task_that_ended(uncorrected: Emulator) -> None:
    """Programs look for AWS's."""
    task = uncorrected.tasks.end(uncorrected.tasks.run(uncorrected.tasks.define("pass")))
    assert task["stoppedReason"] == "Essential container exited"


def test_output_reaches_the_log_stream_that_aws_names(corrected: Emulator) -> None:
    """``prefix/container/task-id``, one event a line, standard error too, and the last line of one that dies."""
    source = "import os; print('one'); print(); print('two', flush=True); os.write(2, b'bad'); os._exit(1)"
    arn = corrected.tasks.run(corrected.tasks.define(source))
    assert sorted(corrected.tasks.printed(arn, 4)) == ["", "bad", "one", "two"]


def test_overrides_change_the_command_and_add_variables(corrected: Emulator) -> None:
    """The container's own environment and the definition's stay."""
    source = "import os, sys; print(sys.argv[1:], os.environ['A'], os.environ['B'], os.environ['AWS_REGION'])"
    variables = [{"name": "A", "value": "definition"}, {"name": "B", "value": "definition"}]
    definition = corrected.tasks.define("raise SystemExit(9)", container={"environment": variables})
    override = {"name": "work", "command": [source, "--date", "x"], "environment": [{"name": "B", "value": "run"}]}
    arn = corrected.tasks.run(definition, overrides={"containerOverrides": [override]})
    assert corrected.tasks.printed(arn) == ["['--date', 'x'] definition run us-east-1"]
    assert corrected.tasks.end(arn)["containers"][0]["exitCode"] == 0


def test_an_entry_point_of_the_definition_is_used(corrected: Emulator, uncorrected: Emulator) -> None:
    """The emulator starts the image's."""
    settings = {"entryPoint": ["/bin/echo", "from"], "command": ["definition"]}
    arn = corrected.tasks.run(corrected.tasks.define("", container=settings))
    assert corrected.tasks.printed(arn) == ["from definition"]
    alone = uncorrected.tasks.end(uncorrected.tasks.run(uncorrected.tasks.define("", container=settings)))
    assert alone["containers"][0]["exitCode"] == 1


def test_docker_is_asked_for_the_definitions_settings(corrected: Emulator, uncorrected: Emulator) -> None:
    """User, read-only root, init process, memory, and a place to write: a process engine passes over them."""

    def asked(emulator: Emulator) -> dict[str, Any]:
        settings = {"user": "10001", "readonlyRootFilesystem": True, "linuxParameters": {"initProcessEnabled": True}}
        settings["mountPoints"] = [{"sourceVolume": "tmp", "containerPath": "/tmp"}]  # noqa: S108 - the container's
        volumes = [{"name": "tmp"}]
        arn = emulator.tasks.run(emulator.tasks.define("pass", container=settings, volumes=volumes))
        emulator.tasks.end(arn)
        engine = docker.DockerClient(base_url=emulator.containers)
        label = {"label": f"com.amazonaws.ecs.task-arn={arn}"}
        [container] = engine.containers.list(all=True, filters=label)
        engine.close()
        config: dict[str, Any] = container.attrs["Config"]
        return config

    config = asked(corrected)
    host = config["HostConfig"]
    assert (config["User"], host["ReadonlyRootfs"], host["Init"], host["Memory"]) == ("10001", True, True, 512 * 2**20)
    assert (config["Volumes"], host["NetworkMode"]) == ({"/tmp": {}}, "host")  # noqa: S108 - as above
    assert "User" not in {key for key, value in asked(uncorrected).items() if value}


ASKS = """
    import boto3, json, os
    from botocore.exceptions import ClientError
    def code(call, **request):
        try:
            call(**request)
        except ClientError as error:
            return error.response["Error"]["Message"]
    table = boto3.client("dynamodb")
    who = boto3.client("sts").get_caller_identity()["Arn"]
    print(json.dumps([who, code(table.get_item, TableName="allowed", Key={"pk": {"S": "x"}}),
                      code(table.put_item, TableName="allowed", Item={"pk": {"S": "x"}})]))
"""


def _table(emulator: Emulator) -> None:
    emulator.client("dynamodb").create_table(
        TableName="allowed",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
    )


def test_a_task_may_do_what_its_role_allows_and_no_more(corrected: Emulator, uncorrected: Emulator) -> None:
    """It is told the region, the address and the keys by its environment, as programs on Fargate are."""
    _table(corrected)
    own = "arn:aws:dynamodb:us-east-1:000000000000:table/allowed"
    role = corrected.role("reader-task", {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": own})
    arn = corrected.tasks.run(corrected.tasks.define(ASKS, taskRoleArn=role))
    [line] = corrected.tasks.printed(arn)
    who, read, written = json.loads(line)
    assert who == f"arn:aws:sts::000000000000:assumed-role/reader-task/{arn.rsplit('/', 1)[1]}"
    assert read is None
    assert "is not authorized to perform: dynamodb:PutItem" in written
    role = uncorrected.role("reader-task", {"Effect": "Allow", "Action": "*", "Resource": "*"})
    alone = uncorrected.tasks.end(uncorrected.tasks.run(uncorrected.tasks.define(ASKS, taskRoleArn=role)))
    assert alone["containers"][0]["exitCode"] == 1, "it has no region, and an address that does not answer"


def test_a_task_without_a_role_has_no_credentials(corrected: Emulator) -> None:
    """Nobody else's, either."""
    source = "import os; print(sorted(name for name in os.environ if name.startswith('AWS_')))"
    arn = corrected.tasks.run(corrected.tasks.define(source), launchType="FARGATE")
    names = ["AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_EXECUTION_ENV", "AWS_REGION"]
    assert corrected.tasks.printed(arn) == [str(names)]


def test_a_role_that_does_not_trust_ecs_fails_the_start(corrected: Emulator) -> None:
    """With AWS's words."""
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = corrected.client("iam").create_role(RoleName="not-for-tasks", AssumeRolePolicyDocument=document)
    definition = corrected.tasks.define("pass", taskRoleArn=role["Role"]["Arn"])
    task = corrected.tasks.end(corrected.tasks.run(definition))
    assert task["stopCode"] == "TaskFailedToStart"
    assert "ECS was unable to assume the role" in task["stoppedReason"]


def test_a_process_that_is_killed_is_a_task_that_ended(corrected: Emulator) -> None:
    """As the kernel does it for want of memory: 137."""
    arn = corrected.tasks.run(corrected.tasks.define("import os, time; print(os.getpid(), flush=True); time.sleep(60)"))
    [pid] = corrected.tasks.printed(arn)
    os.kill(int(pid), signal.SIGKILL)
    task = corrected.tasks.end(arn)
    assert (task["containers"][0]["exitCode"], task["stopCode"]) == (137, "EssentialContainerExited")


@pytest.mark.parametrize("provider", ["FARGATE", "FARGATE_SPOT"])
def test_a_capacity_provider_is_shown_on_the_task(corrected: Emulator, provider: str) -> None:
    """Both run here, on the same machine."""
    definition = corrected.tasks.define("pass")
    arn = corrected.tasks.run(definition, capacityProviderStrategy=[{"capacityProvider": provider, "weight": 1}])
    task = corrected.tasks.end(arn)
    assert (task["capacityProviderName"], task["launchType"]) == (provider, "FARGATE")
    assert task["containers"][0]["exitCode"] == 0


def test_functions_do_not_inherit_the_engines_address(corrected: Emulator, uncorrected: Emulator) -> None:
    """Who reaches it may start anything."""

    def seen(emulator: Emulator) -> Any:  # noqa: ANN401 - JSON
        emulator.function("looks", "import os\ndef handler(*_): return print() or 'DOCKER_HOST' in os.environ")
        return json.load(emulator.client("lambda").invoke(FunctionName="looks")["Payload"])

    assert seen(corrected) is False
    assert seen(uncorrected) is True
