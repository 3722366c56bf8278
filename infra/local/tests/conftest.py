"""Platforms of their own for these tests: nobody's running platform is touched."""

import contextlib
import io
import json
import socketserver
import sys
import textwrap
import threading
import time
import uuid
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from patterns_deploy.folder import LocalFolder
from patterns_deploy.ports import choose_port
from patterns_deploy.runner import Runner
from patterns_local.emulator import Emulator
from patterns_local.emulator_environment import prepare_environment
from patterns_local.local_aws import Keys, client_for
from patterns_local.mail.server import MailServer
from patterns_local.process_engine import ProcessEngine


@pytest.fixture
def folder(tmp_path: Path) -> LocalFolder:
    """Return an empty platform's folder."""
    return LocalFolder(tmp_path / "state")


NETWORK = {"awsvpcConfiguration": {"subnets": ["subnet-0"]}}


@dataclass(frozen=True)
class Tasks:
    """ECS tasks of an emulator whose one container runs a Python program, and logs to ``/tests/FAMILY``."""

    emulator: "RunningEmulator"

    @property
    def ecs(self) -> Any:  # noqa: ANN401 - boto3 makes its classes when it runs
        """The client."""
        return self.emulator.client("ecs")

    def define(self, source: str, *, container: dict[str, Any] | None = None, **settings: Any) -> str:  # noqa: ANN401 - whatever ECS takes
        """Register a task definition; its ARN."""
        family = f"t{uuid.uuid4().hex[:8]}"
        self.emulator.client("logs").create_log_group(logGroupName=f"/tests/{family}")
        options = {
            "awslogs-group": f"/tests/{family}",
            "awslogs-region": "us-east-1",
            "awslogs-stream-prefix": "report",
        }
        work = {
            "name": "work",
            "image": "000000000000.dkr.ecr.us-east-1.amazonaws.com/patterns-tests:python",
            "command": [textwrap.dedent(source)],
            "logConfiguration": {"logDriver": "awslogs", "options": options},
        }
        made = self.ecs.register_task_definition(
            **{"family": family, "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"]}
            | {"cpu": "256", "memory": "512", "containerDefinitions": [work | (container or {})]}
            | settings
        )
        arn: str = made["taskDefinition"]["taskDefinitionArn"]
        return arn

    def run(self, definition: str, **request: Any) -> str:  # noqa: ANN401 - as above
        """Run a task; its ARN."""
        started = self.ecs.run_task(taskDefinition=definition, **{"networkConfiguration": NETWORK, **request})
        assert started["failures"] == []
        arn: str = started["tasks"][0]["taskArn"]
        return arn

    def look(self, arn: str) -> dict[str, Any]:
        """Describe a task."""
        [task] = self.ecs.describe_tasks(tasks=[arn])["tasks"]
        assert isinstance(task, dict)
        return task

    def end(self, arn: str, seconds: float = 60.0) -> dict[str, Any]:
        """Wait until a task is STOPPED and describe it."""
        deadline = time.monotonic() + seconds
        while (task := self.look(arn))["lastStatus"] != "STOPPED" and time.monotonic() < deadline:
            time.sleep(0.05)
        return task

    def printed(self, arn: str, lines: int = 1, seconds: float = 60.0) -> list[str]:
        """Return what a task printed, by way of CloudWatch Logs, once there are so many lines."""
        family = self.look(arn)["taskDefinitionArn"].rsplit("/", 1)[1].split(":")[0]
        stream = {"logGroupName": f"/tests/{family}", "logStreamName": f"report/work/{arn.rsplit('/', 1)[1]}"}
        logs = self.emulator.client("logs")
        deadline = time.monotonic() + seconds
        while True:
            try:
                found = logs.get_log_events(**stream, startFromHead=True)["events"]
            except logs.exceptions.ResourceNotFoundException:
                found = []
            if len(found) >= lines or time.monotonic() > deadline:
                return [event["message"] for event in found]
            time.sleep(0.05)


@dataclass(frozen=True)
class RunningEmulator:
    """An emulator without supervisor or stacks, and the mail server behind it."""

    endpoint_url: str
    state: Path
    mails: Path
    log: Path
    containers: str

    @property
    def tasks(self) -> Tasks:
        """Its ECS tasks."""
        return Tasks(self)

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3 makes its classes when it runs
        """Return a client as the account's root."""
        return client_for(service, self.endpoint_url)

    def role(self, name: str, *statements: dict[str, Any]) -> str:
        """Create a role that services and the account may assume, with these statements; its ARN."""
        services = [f"{service}.amazonaws.com" for service in ("lambda", "ecs-tasks", "states", "scheduler", "events")]
        principal = {"Service": services, "AWS": "arn:aws:iam::000000000000:root"}
        assume = {"Effect": "Allow", "Principal": principal, "Action": ["sts:AssumeRole", "sts:TagSession"]}
        trust = {"Version": "2012-10-17", "Statement": [assume]}
        iam = self.client("iam")
        arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
        if statements:
            policy = {"Version": "2012-10-17", "Statement": list(statements)}
            iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=json.dumps(policy))
        return arn

    def as_role(self, arn: str, service: str) -> Any:  # noqa: ANN401 - as above
        """Return a client as a role."""
        given = self.client("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
        keys = Keys(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
        return client_for(service, self.endpoint_url, keys)

    def deploy(self, stack: str, resources: dict[str, Any]) -> str:
        """Deploy resources by CloudFormation and return the stack's final status."""
        client = self.client("cloudformation")
        template = json.dumps({"Resources": resources})
        client.create_stack(StackName=stack, TemplateBody=template, Capabilities=["CAPABILITY_IAM"])
        deadline = time.monotonic() + 20
        while True:
            status: str = client.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
            if not status.endswith("IN_PROGRESS") or time.monotonic() > deadline:
                return status
            time.sleep(0.05)

    def execute(self, states: dict[str, Any], given: object = None, **machine: Any) -> str:  # noqa: ANN401 - as above
        """Start an execution of a state machine in JSONata, which starts at the first of these states; its ARN."""
        name = f"m{uuid.uuid4().hex[:8]}"
        definition = {"QueryLanguage": "JSONata", "StartAt": next(iter(states)), "States": states, **machine}
        client = self.client("stepfunctions")
        role = self.role(f"{name}-role")
        made = client.create_state_machine(name=name, definition=json.dumps(definition), roleArn=role)
        given = json.dumps({} if given is None else given)
        arn: str = client.start_execution(stateMachineArn=made["stateMachineArn"], input=given)["executionArn"]
        return arn

    def executed(self, arn: str, seconds: float = 60.0) -> dict[str, Any]:
        """Wait until an execution has ended and describe it, with its output decoded."""
        client = self.client("stepfunctions")
        deadline = time.monotonic() + seconds
        while True:
            ended: dict[str, Any] = client.describe_execution(executionArn=arn)
            if ended["status"] != "RUNNING" or time.monotonic() > deadline:
                return ended | {"output": json.loads(ended.get("output") or "null")}
            time.sleep(0.05)

    def history(self, arn: str) -> list[dict[str, Any]]:
        """Return an execution's events."""
        events: list[dict[str, Any]] = self.client("stepfunctions").get_execution_history(executionArn=arn)["events"]
        return events

    def function(self, name: str, source: str, **settings: Any) -> str:  # noqa: ANN401 - as above
        """Create a Lambda function from a module's source, which defines ``handler``; its ARN."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("code.py", textwrap.dedent(source))
        version = f"python3.{sys.version_info.minor}"
        role = self.role(f"{name}-role", {"Effect": "Allow", "Action": "*", "Resource": "*"})
        made = self.client("lambda").create_function(
            FunctionName=name,
            Runtime=version,
            Role=role,
            Handler="code.handler",
            Code={"ZipFile": packed.getvalue()},
            **settings,
        )
        arn: str = made["FunctionArn"]
        return arn


@contextlib.contextmanager
def _running(root: Path, *, corrected: bool) -> Iterator[RunningEmulator]:
    folder = LocalFolder(root)
    folder.prepare()
    python = prepare_environment(folder, Runner(folder.deploy_log))
    with contextlib.ExitStack() as owned:
        mail = owned.enter_context(MailServer(folder))
        engine = owned.enter_context(ProcessEngine(folder, images=_image(root / "images")))
        port, others = choose_port(folder.port), {"mail_server": mail.address, "container_engine": engine.url}
        emulator = owned.enter_context(Emulator(folder, python, port, corrected=corrected, **others))
        for service in (mail, engine, emulator):
            service.wait_ready(abandoned=lambda: False)
        scratch, log = folder.scratch / "state", folder.emulator_log
        running = RunningEmulator(emulator.endpoint_url, scratch, folder.mails, log, engine.url)
        running.tasks.ecs.create_cluster(clusterName="default", capacityProviders=["FARGATE", "FARGATE_SPOT"])
        yield running


def _image(folder: Path) -> Path:
    """Make one image, ``patterns-tests:python``: its command is a Python program."""
    image = folder / "python" / "image.json"
    image.parent.mkdir(parents=True)
    made = {"repository": "patterns-tests", "entrypoint": [sys.executable, "-c"], "command": ["print('default')"]}
    image.write_text(json.dumps({**made, "environment": {}}))
    return folder


@pytest.fixture(scope="session")
def corrected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEmulator]:
    """Return an emulator as the platform starts it."""
    with _running(tmp_path_factory.mktemp("corrected"), corrected=True) as emulator:
        yield emulator


@pytest.fixture(scope="session")
def uncorrected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEmulator]:
    """Return an emulator as it comes from PyPI."""
    with _running(tmp_path_factory.mktemp("uncorrected"), corrected=False) as emulator:
        yield emulator


class _Answers(BaseHTTPRequestHandler):
    """What Docker 28.2 says."""

    def do_GET(self) -> None:
        body = b"OK" if self.path == "/_ping" else json.dumps({"Version": "28.2"}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True

    def get_request(self) -> Any:  # noqa: ANN401 - the base class's
        """Give the client an address that can be logged."""
        return super().get_request()[0], ("unix", 0)


@pytest.fixture
def answering(tmp_path: Path) -> Iterator[str]:
    """Return the address of something that answers as Docker does."""
    path = tmp_path / "docker.sock"
    with _Server(str(path), _Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"unix://{path}"
        server.shutdown()
