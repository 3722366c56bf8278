"""The CDK command line: what it is told, and what its output means."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from patterns_deploy.errors import DeployFailed
from patterns_deploy.folder import LocalFolder
from patterns_deploy.node_cdk import Cdk, ResourceEvent, node_path, parse_event
from patterns_deploy.runner import CommandFailed, Runner

OUTPUT = """\
patterns-local-web-api: creating stack...
patterns-local-web-api |   0 | 2:10:43 AM | CREATE_IN_PROGRESS   | AWS::CloudFormation::Stack   | patterns User
patterns-local-web-api |  12 | 2:10:43 AM | CREATE_COMPLETE      | AWS::IAM::Policy             | Api/Policy (X1)
CDKToolkit |  9/15 | 2:10:25 AM | CREATE_IN_PROGRESS      | AWS::S3::BucketPolicy      | StagingBucketPolicy
"""
FAILURE = """\
Failed resources:
patterns-local-bad | 2:18:15 AM | CREATE_FAILED           | AWS::IAM::Policy           | Pol The role cannot be found.
❌  patterns-local-bad failed to deploy
‣ DeploymentError: Resource updates failed:
patterns-local-bad/Pol  (AWS::IAM::Policy Pol)
  The role with name nonexistent cannot be found.
"""


class Recorder(Runner):
    """Runs nothing: remembers what it was asked to, and plays output."""

    def __init__(self, log: Path, *, output: str = "", fails: bool = False) -> None:
        """Play this output."""
        super().__init__(log)
        self.command: list[str] = []
        self.environment: Mapping[str, str] = {}
        self._output, self._fails = output.splitlines(), fails

    def run(self, command: list[str], *, environment: Mapping[str, str], **more: Any) -> list[str]:  # noqa: ANN401
        """Remember and play."""
        self.command, self.environment = command, environment
        for line in self._output:
            more.get("each_line", print)(line)
        if self._fails:
            raise CommandFailed("ended with exit code 1", output=self._output)
        return self._output


def _deploy(folder: LocalFolder, runner: Runner, **parameters: str) -> list[ResourceEvent]:
    seen: list[ResourceEvent] = []
    cdk = Cdk(folder, runner, {"GIVEN": "yes"})
    cdk.deploy("stack", Path("/out"), parameters=parameters, direct=True, seconds=1, each=seen.append)
    return seen


def test_every_resource_of_a_deployment_is_told_of(folder: LocalFolder) -> None:
    """The progress display counts what CloudFormation really did, with and without a known total."""
    events = _deploy(folder, Recorder(folder.deploy_log, output=OUTPUT))
    assert [(event.done, event.status, event.kind) for event in events] == [
        (0, "CREATE_IN_PROGRESS", "AWS::CloudFormation::Stack"),
        (12, "CREATE_COMPLETE", "AWS::IAM::Policy"),
        (9, "CREATE_IN_PROGRESS", "AWS::S3::BucketPolicy"),
    ]
    assert events[1].name == "Api/Policy (X1)"


def test_other_lines_are_no_events() -> None:
    """Prose and tables of the CDK do not move the bar."""
    assert parse_event("✅  patterns-local-web-api") is None
    assert parse_event("a | b | c") is None


def test_a_failure_names_the_resource_and_its_reason_in_one_line(folder: LocalFolder) -> None:
    """That is all that a user needs first; the log has the rest."""
    with pytest.raises(DeployFailed) as failed:
        _deploy(folder, Recorder(folder.deploy_log, output=FAILURE, fails=True))
    assert str(failed.value) == (
        "stack: patterns-local-bad/Pol (AWS::IAM::Policy Pol) The role with name nonexistent cannot be found."
    )
    assert str(folder.deploy_log) in failed.value.detail


def test_a_failure_without_a_reason_shows_the_end_of_the_output(folder: LocalFolder) -> None:
    """Node itself may crash, or the time be up."""
    with pytest.raises(DeployFailed, match="stack: ended with exit code 1: Segmentation fault"):
        _deploy(folder, Recorder(folder.deploy_log, output="Segmentation fault", fails=True))


def test_it_runs_on_the_wheels_node_and_calls_nobody_at_home(folder: LocalFolder) -> None:
    """No Node on PATH is needed; no notices, no telemetry, no version check, no files in the user's home."""
    runner = Recorder(folder.deploy_log)
    _deploy(folder, runner, EndpointUrl="http://127.0.0.1:1")
    assert runner.command[0] == str(node_path())
    assert node_path().is_file()
    assert Path(runner.command[1]).is_file()
    assert {"--no-notices", "--exclusively"} <= set(runner.command)
    assert runner.command[runner.command.index("--parameters") + 1] == "stack:EndpointUrl=http://127.0.0.1:1"
    assert runner.environment == {
        "GIVEN": "yes",
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "CDK_DISABLE_VERSION_CHECK": "1",
        "CDK_HOME": str(folder.cdk_home),
    }


@pytest.mark.parametrize("direct", [True, False])
def test_what_an_earlier_stage_left_is_taken_in_by_a_change_set(folder: LocalFolder, *, direct: bool) -> None:
    """A retained table has the name that the template gives it; a direct update of CloudFormation knows no imports."""
    runner = Recorder(folder.deploy_log)
    cdk = Cdk(folder, runner, {})
    cdk.deploy("stack", Path("/out"), parameters={}, direct=direct, seconds=1, each=lambda _: None)
    assert ("--import-existing-resources" in runner.command) is not direct
    assert ("direct" in runner.command) is direct
