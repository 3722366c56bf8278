"""The commands as a user types them, on a platform of their own, with somebody's AWS settings in the environment."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from patterns_deploy.folder import LocalFolder
from patterns_deploy.processes import group_members
from patterns_infra.registry import PATTERNS
from patterns_local.state import PlatformState, read_state
from patterns_shared.adapters.event_messages import event_to_body
from patterns_shared.domain.events import EventType
from patterns_shared.testing import make_event

Eventually = Callable[..., Any]

pytestmark = pytest.mark.integration

PROGRAM = "from patterns_cli.app import main; main()"
COMMAND = [sys.executable, "-c", PROGRAM]
STACK = PATTERNS["web_api"].stack_name("local")


@dataclass(frozen=True)
class Shell:
    """Somebody's shell: their environment, and a checkout's state of its own."""

    folder: LocalFolder
    environment: dict[str, str]
    python: str = sys.executable

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run a command to its end."""
        command = [self.python, "-c", PROGRAM, *arguments]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False, timeout=600)

    def begin(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start a command and leave it running."""
        return subprocess.Popen(
            [*COMMAND, *arguments], env=self.environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def after_env(self, command: str) -> "subprocess.CompletedProcess[str]":
        """Run a shell command after the eval of `patterns env`."""
        program = f"{sys.executable} -c 'from patterns_cli.app import main; main()'"
        script = f'eval "$({program} env)" && {command}'
        return subprocess.run(
            ["/bin/sh", "-c", script], env=self.environment, capture_output=True, text=True, check=False, timeout=120
        )

    @property
    def state(self) -> PlatformState | None:
        """What is known of the platform."""
        return read_state(self.folder)


def _shell(root: Path) -> Shell:
    """Give a user who works with AWS: every variable leads away from the local platform."""
    config = root / "aws-config"
    root.mkdir(parents=True, exist_ok=True)
    config.write_text("[profile work]\nregion = eu-central-1\nendpoint_url = http://127.0.0.1:9\n")
    theirs = {
        "PATTERNS_LOCAL_STATE": str(root / "state"),
        "AWS_CONFIG_FILE": str(config),
        "AWS_PROFILE": "work",
        "AWS_REGION": "eu-central-1",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_ENDPOINT_URL_CLOUDFORMATION": "http://127.0.0.1:9",
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PATTERNS_"))}
    return Shell(LocalFolder(root / "state"), kept | theirs)


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """Return a shell in which ``patterns up web_api`` succeeded."""
    shell = _shell(tmp_path_factory.mktemp("shell"))
    up = shell.run("up", "web_api", "--timings")
    assert up.returncode == 0, up.stderr
    assert up.stdout == ""
    for step in ("bootstrap", "synth", "deploy web_api", "fixups web_api"):
        assert f"{step}: done in " in up.stderr
    assert "web_api    api_url         http://127.0.0.1:" in up.stderr
    assert f"mails are kept as files in {shell.folder.mails}\n" in up.stderr
    yield shell
    assert shell.run("down").returncode == 0


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Shell]:
    """Return a shell in which nothing was done yet."""
    shell = _shell(tmp_path)
    yield shell
    shell.run("down")


def test_a_second_up_is_quick_and_changes_nothing(shell: Shell) -> None:
    """Same processes, same stack, no deployment; three seconds are plenty."""
    before, began = shell.state, time.monotonic()
    again = shell.run("up", "web_api")
    took = time.monotonic() - began
    assert again.returncode == 0, again.stderr
    assert shell.state == before
    assert "deploy" not in again.stderr
    assert "bootstrap" not in again.stderr
    assert took < 3 * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1)), "on a machine with nothing else to do: 3 s"


def test_another_port_for_a_platform_that_is_up_is_refused(shell: Shell) -> None:
    """Rather than ignored."""
    moved = shell.run("up", "web_api", "--port", "1")
    assert moved.returncode == 1
    assert "patterns: the platform is up at http://127.0.0.1:" in moved.stderr
    assert "for another port: patterns down, then up" in moved.stderr


def test_outputs_are_one_json_document_with_the_keys_of_the_contract(shell: Shell) -> None:
    """Other programs rely on it."""
    outputs = shell.run("outputs")
    assert outputs.stderr == ""
    document = json.loads(outputs.stdout)
    assert set(document) == {"aws", "web_api"}
    state = shell.state
    assert state
    assert document["aws"] == {"endpoint_url": state.endpoint_url, "region": "us-east-1", "account": "000000000000"}
    assert set(document["web_api"]) == set(PATTERNS["web_api"].outputs)
    assert document["web_api"]["orders_table"] == "patterns-local-orders"
    assert document["web_api"]["api_url"].startswith(state.endpoint_url)


@pytest.mark.skipif(
    shutil.which("aws") is None, reason="the stock AWS CLI is in the workspace's tests environment only"
)
@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (f"aws cloudformation list-stack-resources --stack-name {STACK} --output text", "AWS::DynamoDB::Table"),
        ("aws dynamodb describe-table --table-name patterns-local-orders", '"by_customer_status"'),
        ("aws apigateway get-rest-apis", '"items"'),
        ("aws sts get-caller-identity", "000000000000"),
    ],
)
def test_the_stock_aws_cli_talks_to_it_with_no_flags(shell: Shell, command: str, expected: str) -> None:
    """After the eval; before it, this user's own settings lead elsewhere."""
    done = shell.after_env(command)
    assert done.returncode == 0, done.stderr
    assert expected in done.stdout


def test_status_is_healthy_and_data_for_programs(shell: Shell) -> None:
    """The API answers, the queues are empty, the feeds are on."""
    shown = shell.run("status")
    assert shown.returncode == 0, shown.stderr
    assert "web_api: CREATE_COMPLETE, API ok" in shown.stderr
    as_data = shell.run("status", "--json")
    assert as_data.returncode == 0
    web_api = next(x for x in json.loads(as_data.stdout) if x["pattern"] == "web_api")
    assert (web_api["api"], web_api["problems"]) == ("ok", [])
    assert {queue["dead_letters"] for queue in web_api["queues"]} == {True, False}
    assert len(web_api["mappings"]) == 2


def test_a_dead_letter_makes_status_fail(shell: Shell) -> None:
    """And it is named; afterwards all is well again."""
    data = json.loads(shell.run("status", "--json").stdout)
    queues = next(x for x in data if x["pattern"] == "web_api")["queues"]
    dead = next(queue for queue in queues if queue["dead_letters"])
    state = shell.state
    assert state
    from patterns_local.local_aws import client_for  # noqa: PLC0415

    sqs = client_for("sqs", state.endpoint_url)
    sqs.send_message(QueueUrl=dead["url"], MessageBody="poison")
    try:
        shown = shell.run("status")
    finally:
        sqs.purge_queue(QueueUrl=dead["url"])
    assert shown.returncode == 1
    assert f"1 dead letters in {dead['name']}" in shown.stderr


def test_a_dead_letter_is_seen_mended_and_put_back(shell: Shell, eventually: Eventually, tmp_path: Path) -> None:
    """By the deployed stack's own names, and judged anew; what the commands refuse is one line each."""
    state = shell.state
    assert state
    from patterns_local.local_aws import client_for  # noqa: PLC0415

    sqs = client_for("sqs", state.endpoint_url)
    queues = [json.loads(line) for line in shell.run("dead-letters", "--json").stdout.splitlines()]
    assert [(x["pattern"], x["queue"]) for x in queues] == [("web_api", "Outcomes"), ("web_api", "Relay")]
    sqs.send_message(QueueUrl=queues[0]["url"], MessageBody="poison")
    looked = shell.run("dead-letters", "Outcomes", "--json")
    (letter,) = looked.stdout.splitlines()
    event = make_event(EventType.ORDER_FULFILLED)
    envelope = {"detail-type": "OrderFulfilled", "detail": json.loads(event_to_body(event))}
    mended = tmp_path / "mended.jsonl"
    mended.write_text(json.dumps(json.loads(letter) | {"body": envelope}))
    refused = shell.run("redrive", "Relay")
    assert refused.returncode == 1
    assert refused.stderr.startswith("patterns: Relay belongs to no queue that its messages could go back to")
    unknown = shell.run("redrive", "nobody")
    assert (unknown.returncode, unknown.stderr) == (
        2,
        "patterns: there is no queue 'nobody'; there are Outcomes, Relay\n",
    )
    before = shell.run("redrive", "Outcomes", "--dry-run")
    assert "Outcomes: 1 found, 0 moved, 1 left, 0 failed" in before.stderr
    done = shell.run("redrive", "OutcomesQueue", "--repaired", str(mended))
    assert done.returncode == 0, done.stderr
    assert done.stderr.endswith("Outcomes: 1 found, 1 moved, 0 left, 0 failed\n")
    # It is of an order that nobody placed, which only the function could find out.
    again = eventually(lambda: shell.run("dead-letters", "Outcomes", "--json").stdout)
    assert "of this customer is not in the table" in json.loads(again)["reason"]
    no_topic = shell.run("publish", str(mended))
    assert no_topic.returncode == 1
    assert "patterns: async is not deployed to local stage local" in no_topic.stderr


def test_destroy_leaves_nothing_and_deploy_brings_it_back(shell: Shell) -> None:
    """With waiting messages only when told so; the second time there is nothing to destroy, which is said."""
    state = shell.state
    assert state
    from patterns_local.local_aws import client_for  # noqa: PLC0415

    queues = [json.loads(line) for line in shell.run("dead-letters", "--json").stdout.splitlines()]
    client_for("sqs", state.endpoint_url).send_message(QueueUrl=queues[-1]["url"], MessageBody="poison")
    refused = shell.run("destroy", "web_api")
    assert refused.returncode == 1
    assert "messages wait and would be lost: " in refused.stderr
    assert "web_api" in json.loads(shell.run("outputs").stdout)
    gone = shell.run("destroy", "web_api", "--discard")
    assert gone.returncode == 0, gone.stderr
    assert gone.stderr.endswith(f"{STACK}: destroyed\n")
    assert json.loads(shell.run("outputs").stdout).keys() == {"aws"}
    status = shell.run("status")
    assert status.returncode == 1
    assert "no pattern is deployed" in status.stderr
    assert shell.run("destroy", "web_api").stderr == f"{STACK}: was not deployed\n"
    back = shell.run("deploy", "web_api")
    assert back.returncode == 0, back.stderr
    assert "deploy web_api: done" in back.stderr
    assert "web_api" in json.loads(shell.run("outputs").stdout)


def test_two_commands_at_once_take_turns(shell: Shell) -> None:
    """The second waits for the first and then finds everything done."""
    commands = [shell.begin("up", "web_api") for _ in range(2)]
    results = [(command.communicate(timeout=600), command.returncode) for command in commands]
    assert [code for _, code in results] == [0, 0]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize("step", ["emulator", "deploy web_api"])
def test_an_up_that_is_ended_in_the_middle_leaves_nothing_running(
    other: Shell, eventually: Eventually, number: signal.Signals, step: str
) -> None:
    """Ctrl-C is one line; kill -9 is none, and both leave no process and no state that misleads the next command."""
    command = other.begin("up", "web_api")
    assert command.stderr
    seen = ""
    for line in command.stderr:
        seen += line
        if line.startswith(step) and "done" not in line:
            break
    state: PlatformState | None = eventually(lambda: other.state, 30.0)
    assert state, seen
    command.send_signal(number)
    _, rest = command.communicate(timeout=60)
    assert eventually(lambda: not state.supervisor.alive and not group_members(state.emulator.pid))
    assert eventually(lambda: not _with_text(str(other.folder.root))), "the CDK, or what builds, is still there"
    if number == signal.SIGINT:
        assert command.returncode == 130
        assert "patterns: interrupted; what this command started is ended" in rest
        assert "Traceback" not in rest
    assert other.run("status").stderr == "patterns: the local platform is not up; start it with: patterns up\n"


def _with_text(text: str) -> list[str]:
    """Return the command lines of living processes that name a folder; Linux only, elsewhere nothing is seen."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_text().replace("\0", " ")
        except OSError:
            continue
        if text in line:
            found.append(line)
    return found


def python_with_a_broken_cdk(folder: Path) -> str:
    """Return a Python that has everything that this one has, but for a CDK that cannot be imported."""
    venv.create(folder, symlinks=True)
    (site_packages,) = folder.glob("lib/python*/site-packages")
    (site_packages / "aws_cdk.py").write_text('raise RuntimeError("the CDK is broken")\n')
    theirs = [path for path in sys.path if path.endswith("site-packages")]
    (site_packages / "theirs.pth").write_text(f"import site; list(map(site.addsitedir, {theirs}))\n")
    return str(folder / "bin" / "python")


def test_a_broken_template_is_one_clear_line_and_leaves_nothing(other: Shell, tmp_path: Path) -> None:
    """Here the CDK app refuses to import: its own words are the reason."""
    # Another stage is another synthesis: the cached one of stage local would hide the broken CDK.
    shell = Shell(other.folder, other.environment, python_with_a_broken_cdk(tmp_path / "venv"))
    done = shell.run("deploy", "web_api", "--stage", f"x{os.getpid()}"[:16])
    assert done.returncode == 1
    assert "patterns: RuntimeError: the CDK is broken" in done.stderr
    assert shell.state is None
