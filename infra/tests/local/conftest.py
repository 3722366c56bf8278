"""Platforms of their own for these tests: nobody's running platform is touched."""

import contextlib
import io
import json
import sys
import textwrap
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from patterns_infra.local.emulator import Emulator
from patterns_infra.local.emulator_environment import prepare_environment
from patterns_infra.local.folder import LocalFolder
from patterns_infra.local.local_aws import Keys, client_for
from patterns_infra.local.mail.server import MailServer
from patterns_infra.local.ports import choose_port
from patterns_infra.local.runner import Runner


@pytest.fixture
def folder(tmp_path: Path) -> LocalFolder:
    """Return an empty platform's folder."""
    return LocalFolder(tmp_path / "state")


@dataclass(frozen=True)
class RunningEmulator:
    """An emulator without supervisor or stacks, and the mail server behind it."""

    endpoint_url: str
    state: Path
    mails: Path
    log: Path

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3 makes its classes when it runs
        """Return a client as the account's root."""
        return client_for(service, self.endpoint_url)

    def role(self, name: str, *statements: dict[str, Any]) -> str:
        """Create a role that Lambda and the account may assume, with these statements; its ARN."""
        principal = {"Service": "lambda.amazonaws.com", "AWS": "arn:aws:iam::000000000000:root"}
        assume = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
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
    with (
        MailServer(folder) as mail,
        Emulator(folder, python, choose_port(folder.port), corrected=corrected, mail_server=mail.address) as emulator,
    ):
        for service in (mail, emulator):
            service.wait_ready(abandoned=lambda: False)
        yield RunningEmulator(emulator.endpoint_url, folder.scratch / "state", folder.mails, folder.emulator_log)


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


@pytest.fixture
def eventually() -> Callable[[Callable[[], Any]], Any]:
    """Return a function that waits until what it is given answers something true, and gives that answer."""

    def wait(ask: Callable[[], Any], seconds: float = 20.0) -> Any:  # noqa: ANN401 - whatever is asked for
        deadline = time.monotonic() + seconds
        while True:
            answer = ask()
            if answer or time.monotonic() >= deadline:
                return answer
            time.sleep(0.05)

    return wait
