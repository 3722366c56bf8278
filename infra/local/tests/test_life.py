"""Nothing outlives the platform, whoever ends it and however.

The emulator is started as `patterns up` starts it, by a process of its own that stands for the command, with a
Lambda function and an ECS task running in it; then somebody dies, and no process may be left.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
import pytest

from patterns_deploy import processes
from patterns_deploy.errors import NotRunning, ServiceFailed
from patterns_deploy.folder import LocalFolder
from patterns_deploy.ports import choose_port
from patterns_deploy.processes import Process, group_members
from patterns_deploy.runner import Runner
from patterns_local.emulator_environment import prepare_environment
from patterns_local.lifeline import Supervised
from patterns_local.local_aws import client_for
from patterns_local.platform import Platform
from patterns_local.state import PlatformState, end, read_state

Eventually = Callable[..., Any]

pytestmark = pytest.mark.integration

STARTER = """
import signal, sys, time
from pathlib import Path
from patterns_deploy.ports import choose_port
from patterns_local.emulator_environment import prepare_environment
from patterns_deploy.folder import LocalFolder
from patterns_local.lifeline import Supervised
from patterns_deploy.runner import Runner
# Whoever runs the tests under nohup, or behind &, has these ignored.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)
folder = LocalFolder(Path(sys.argv[1]))
folder.prepare()
python = prepare_environment(folder, Runner(folder.deploy_log))
started = Supervised.start(folder, python=python, port=choose_port(folder.port), region="us-east-1", account="0" * 12)
print("up", flush=True)
if sys.stdin.readline() == "stay\\n":
    started.stay()
    print("stays", flush=True)
    sys.stdin.readline()
"""
OTHERS = ("container engine", "partner", "mail server")
BUSY = """
import os, pathlib, time

def handler(event, context):
    pathlib.Path(os.environ["MARK"]).touch()
    time.sleep(600)
"""


@dataclass
class Life:
    """A running platform and the processes that belong to it."""

    folder: LocalFolder
    starter: "subprocess.Popen[str]"
    state: PlatformState
    container: Process | None = None

    @property
    def group(self) -> list[int]:
        """The emulator and its Lambda functions, those that live."""
        return group_members(self.state.emulator.pid)

    @property
    def living(self) -> list[int]:
        """Every process of the platform that lives."""
        owned = [pid for process in self.state.others.values() for pid in group_members(process.pid)]
        single = [process.pid for process in (self.state.supervisor, self.container) if process and process.alive]
        return [*self.group, *owned, *single]

    def run_a_function(self, eventually: Eventually) -> None:
        """Have a Lambda function in the middle of its work."""
        trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        iam = client_for("iam", self.state.endpoint_url)
        role = iam.create_role(RoleName="busy", AssumeRolePolicyDocument=document)["Role"]["Arn"]
        client = client_for("lambda", self.state.endpoint_url)
        client.create_function(
            FunctionName="busy",
            Runtime=f"python3.{sys.version_info.minor}",
            Role=role,
            Handler="code.handler",
            Code={"ZipFile": _zip("code.py", BUSY)},
            Timeout=600,
            Environment={"Variables": {"MARK": str(self.folder.root / "busy")}},
        )
        client.invoke(FunctionName="busy", InvocationType="Event")
        assert eventually((self.folder.root / "busy").exists)
        assert len(self.group) > 1, "the function runs in a process of its own"

    def run_a_task(self, eventually: Eventually, image: str) -> None:
        """Have an ECS task in the middle of its work, which does not end when it is asked to."""
        ecs = client_for("ecs", self.state.endpoint_url)
        container = {"name": "work", "image": image, "command": ["-c", "trap '' TERM; sleep 600 & wait"]}
        ecs.register_task_definition(family="busy", containerDefinitions=[container])
        arn = ecs.run_task(taskDefinition="busy")["tasks"][0]["taskArn"]
        assert eventually(lambda: ecs.describe_tasks(tasks=[arn])["tasks"][0]["lastStatus"] == "RUNNING")
        engine = docker.DockerClient(base_url=f"unix://{self.folder.engine_socket}")
        self.container = Process.of(engine.containers.list()[0].attrs["State"]["Pid"])
        engine.close()
        assert self.container

    def nothing_is_left(self, eventually: Eventually) -> bool:
        """Wait until every process is gone."""
        gone: bool = eventually(lambda: not self.living)
        return gone


def _zip(name: str, text: str) -> bytes:
    import io  # noqa: PLC0415 - used here only
    import zipfile  # noqa: PLC0415

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(name, text)
    return packed.getvalue()


@pytest.fixture
def image(folder: LocalFolder) -> Iterator[str]:
    """Put an image into the checkout's, whose program is a shell, and take it out again."""
    made = folder.images / f"test-{os.getpid()}"
    made.mkdir(parents=True)
    document = {"repository": "patterns-tests", "entrypoint": ["/bin/sh"], "command": [], "environment": {}}
    (made / "image.json").write_text(json.dumps(document))
    yield f"patterns-tests:{made.name}"
    shutil.rmtree(made)


@pytest.fixture
def life(folder: LocalFolder, image: str, eventually: Eventually) -> Iterator[Life]:
    """Start a platform with a busy function and a busy task."""
    with subprocess.Popen(
        [sys.executable, "-c", STARTER, str(folder.root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as starter:
        assert starter.stdout
        assert starter.stdout.readline() == "up\n"
        state = read_state(folder)
        assert state
        life = Life(folder, starter, state)
        life.run_a_function(eventually)
        life.run_a_task(eventually, image)
        yield life
        starter.kill()
        end(folder)


def _detach(life: Life) -> None:
    assert life.starter.stdin
    assert life.starter.stdout
    life.starter.stdin.write("stay\n")
    life.starter.stdin.flush()
    assert life.starter.stdout.readline() == "stays\n"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_command_that_dies_before_it_is_done_takes_everything_with_it(
    life: Life, eventually: Eventually, number: signal.Signals
) -> None:
    """A demo that is killed, a Ctrl-C, a closed terminal: its lifeline closes, whatever it had time for."""
    life.starter.send_signal(number)
    assert life.nothing_is_left(eventually)
    assert eventually(lambda: not life.folder.state.exists())
    assert not life.folder.scratch.exists()


def test_a_platform_that_was_told_to_stay_outlives_its_command(life: Life, eventually: Eventually) -> None:
    """Until `down` ends it."""
    _detach(life)
    life.starter.kill()
    life.starter.wait()
    assert not eventually(lambda: not life.state.supervisor.alive, 0.5)
    platform = Platform.current(folder=life.folder)
    assert platform
    assert (platform.endpoint_url, platform.partner_url) == (life.state.endpoint_url, life.state.partner_url)
    assert platform.mails.is_dir()
    platform.stop()
    assert life.living == []
    assert Platform.current(folder=life.folder) is None
    assert not life.folder.state.exists()


def test_a_killed_supervisor_takes_the_emulator_and_its_functions_with_it(life: Life, eventually: Eventually) -> None:
    """What its starter sees next is a platform that is gone, and cleaning up leaves nothing."""
    _detach(life)
    os.kill(life.state.supervisor.pid, signal.SIGKILL)
    assert life.nothing_is_left(eventually)
    with pytest.raises(NotRunning, match="its supervisor was killed"):
        Platform.require(folder=life.folder)
    end(life.folder)
    assert not life.folder.state.exists()
    assert not life.folder.scratch.exists()


def test_a_killed_emulator_takes_its_functions_with_it_and_is_explained(life: Life, eventually: Eventually) -> None:
    """The supervisor ends what is left, leaves a note, and goes."""
    _detach(life)
    os.kill(life.state.emulator.pid, signal.SIGKILL)
    assert life.nothing_is_left(eventually)
    with pytest.raises(NotRunning, match="the emulator ended unexpectedly with code -9"):
        Platform.require(folder=life.folder)


@pytest.mark.parametrize("name", OTHERS)
def test_a_platform_that_lacks_one_of_its_services_is_down_and_says_why(
    life: Life, eventually: Eventually, name: str
) -> None:
    """Half a platform would make every later failure a riddle."""
    _detach(life)
    assert set(life.state.others) == set(OTHERS)
    os.kill(life.state.others[name].pid, signal.SIGKILL)
    assert life.nothing_is_left(eventually)
    with pytest.raises(NotRunning, match=f"the {name} ended unexpectedly with code -9") as down:
        Platform.require(folder=life.folder)
    assert "Traceback" not in down.value.detail


@pytest.mark.parametrize("name", OTHERS)
def test_what_survived_its_supervisor_is_ended_by_the_next_command(
    life: Life, eventually: Eventually, name: str
) -> None:
    """A process that is stopped does not notice that its lifeline closed."""
    _detach(life)
    stopped = life.state.others[name]
    os.kill(stopped.pid, signal.SIGSTOP)
    assert eventually(lambda: [state for _, _, state, _ in processes._listing(stopped.pid)] in (["T"], ["Ts"]))
    os.kill(life.state.supervisor.pid, signal.SIGKILL)
    # A stopped engine keeps the containers that it holds.
    kept = {stopped.pid, life.container.pid} if life.container and name == "container engine" else {stopped.pid}
    assert eventually(lambda: set(life.living) == kept)
    end(life.folder)
    assert life.nothing_is_left(eventually)


def test_addresses_stay_the_same_from_one_run_to_the_next(life: Life) -> None:
    """So that what was written down, or is open in a browser, goes on working."""
    end(life.folder)
    with subprocess.Popen(
        [sys.executable, "-c", STARTER, str(life.folder.root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as again:
        assert again.stdout
        assert again.stdout.readline() == b"up\n"
        state = read_state(life.folder)
        again.kill()
    assert state
    assert (state.endpoint_url, state.partner_url) == (life.state.endpoint_url, life.state.partner_url)


def test_functions_that_survived_both_are_ended_by_the_next_command(life: Life, eventually: Eventually) -> None:
    """In the middle of its work a function does not notice that nobody waits for its answer."""
    _detach(life)
    os.kill(life.state.supervisor.pid, signal.SIGSTOP)
    for process in (life.state.emulator, life.state.supervisor):
        os.kill(process.pid, signal.SIGKILL)
        assert process.wait(5.0)
    assert life.group, "the function is still at it"
    end(life.folder)
    assert life.nothing_is_left(eventually)


def test_the_emulator_is_reachable_from_this_machine_only(life: Life) -> None:
    """It lets everybody in as the account's root."""
    port = int(life.state.endpoint_url.rsplit(":", 1)[1])
    other = "127.0.0.2"
    with socket.socket() as probe:
        if sys.platform == "linux":
            assert probe.connect_ex((other, port)) != 0, "bound to every address"
    assert life.state.endpoint_url.startswith("http://127.0.0.1:")


def test_functions_see_nothing_of_the_users_environment(folder: LocalFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """The emulator hands its own environment to every function: the user's secrets must not be in it."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://real.example.com")
    monkeypatch.setenv("MY_TOKEN", "secret")
    folder.prepare()
    python = prepare_environment(folder, Runner(folder.deploy_log))
    started = Supervised.start(
        folder, python=python, port=choose_port(folder.port), region="us-east-1", account="0" * 12
    )
    try:
        state = read_state(folder)
        assert state
        if sys.platform == "linux":
            environment = Path(f"/proc/{state.emulator.pid}/environ").read_bytes().decode().split("\0")
            names = {entry.split("=", 1)[0] for entry in environment}
            assert "AUTH" in names
            assert not {"AWS_ENDPOINT_URL", "MY_TOKEN", "HOME_DIR", "VIRTUAL_ENV"} & names
    finally:
        started.end()
    assert not state.supervisor.alive
    assert group_members(state.emulator.pid) == []


def test_a_taken_port_is_one_clear_line_and_a_free_one_is_chosen_without_asking(folder: LocalFolder) -> None:
    """The port of last time is kept while it is free, so that addresses stay the same."""
    folder.prepare()
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        taken = holder.getsockname()[1]
        with pytest.raises(ServiceFailed, match=f"port {taken} is taken"):
            choose_port(folder.port, taken)
        folder.port.write_text(str(taken))
        free = choose_port(folder.port)
        assert free != taken
        assert choose_port(folder.port) == free


def test_an_emulator_that_cannot_start_shows_the_end_of_its_log(folder: LocalFolder) -> None:
    """Here its port is taken while it starts, which two checkouts may do to each other."""
    folder.prepare()
    python = prepare_environment(folder, Runner(folder.deploy_log))
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(ServiceFailed, match="the emulator ended at once") as failed:
            Supervised.start(folder, python=python, port=port, region="us-east-1", account="0" * 12)
    assert "already in use" in failed.value.detail
    assert read_state(folder) is None
    assert Process.of(os.getpid())
