"""Which engine runs containers: the user's Docker where it answers, else processes."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import docker
import pytest

from patterns_deploy.errors import PlatformError
from patterns_deploy.folder import LocalFolder
from patterns_deploy.ports import choose_port
from patterns_deploy.processes import Process
from patterns_deploy.runner import Runner
from patterns_local.docker import Docker, describe_containers, find_docker, remove_containers
from patterns_local.emulator_environment import prepare_environment
from patterns_local.lifeline import Supervised
from patterns_local.local_aws import client_for
from patterns_local.process_engine import ProcessEngine
from patterns_local.state import clear, read_state

Eventually = Callable[..., Any]

pytestmark = pytest.mark.integration


@pytest.fixture
def path_with_docker(tmp_path: Path) -> str:
    """Return a PATH on which there is a docker command."""
    program = tmp_path / "bin" / "docker"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return str(program.parent)


def test_the_engine_that_the_user_names_is_used(answering: str, path_with_docker: str) -> None:
    """And the user is told which one runs."""
    found = find_docker({"DOCKER_HOST": answering, "PATH": path_with_docker})
    assert found == Docker(answering, "28.2")
    assert describe_containers(found) == "containers run by Docker 28.2"


def test_without_an_engine_containers_are_processes(tmp_path: Path, answering: str, path_with_docker: str) -> None:
    """Nothing answers, or nothing can build, or the user would rather have it so."""
    quiet = {"DOCKER_HOST": f"unix://{tmp_path}/none.sock", "PATH": path_with_docker}
    assert find_docker(quiet) is None
    assert find_docker({"DOCKER_HOST": "tcp://127.0.0.1:1", "PATH": path_with_docker}) is None
    assert find_docker({"DOCKER_HOST": "ssh://somewhere", "PATH": path_with_docker}) is None
    assert find_docker({"DOCKER_HOST": answering, "PATH": "/nowhere"}) is None
    assert find_docker({"DOCKER_HOST": answering, "PATH": path_with_docker, "PATTERNS_CONTAINERS": "processes"}) is None
    assert describe_containers(None) == "containers run as processes on this machine"


def test_a_wish_that_cannot_be_met_is_said(tmp_path: Path, answering: str) -> None:
    """In one line, before anything is started."""
    quiet = {"DOCKER_HOST": f"unix://{tmp_path}/none.sock", "PATTERNS_CONTAINERS": "docker"}
    with pytest.raises(PlatformError, match="no Docker engine answers at unix://"):
        find_docker(quiet)
    with pytest.raises(PlatformError, match="there is no docker command"):
        find_docker({"DOCKER_HOST": answering, "PATH": "/nowhere", "PATTERNS_CONTAINERS": "docker"})
    with pytest.raises(PlatformError, match="PATTERNS_CONTAINERS is 'podman'; it may be docker or processes"):
        find_docker({"PATTERNS_CONTAINERS": "podman"})


@pytest.fixture
def theirs(tmp_path: Path) -> Iterator[ProcessEngine]:
    """Return an engine that stands for the user's Docker: it does not belong to the platform."""
    image = tmp_path / "images" / "1" / "image.json"
    image.parent.mkdir(parents=True)
    made = {"repository": "patterns-tests", "entrypoint": ["sleep"], "command": ["600"], "environment": {}}
    image.write_text(json.dumps(made))
    with ProcessEngine(LocalFolder(tmp_path / "theirs"), images=tmp_path / "images") as engine:
        engine.wait_ready(abandoned=lambda: False)
        yield engine


def test_only_the_platforms_own_containers_are_removed(theirs: ProcessEngine) -> None:
    """The user's, and another checkout's, stay."""
    import socket  # noqa: PLC0415 - only its name for this machine

    client = docker.DockerClient(base_url=theirs.url)
    own = {"ministack": "ecs", "ministack.instance": f"{socket.gethostname()}:4711"}
    client.containers.run("patterns-tests:1", detach=True, labels=own)
    others = [{}, {**own, "ministack.instance": f"{socket.gethostname()}:4712"}]
    kept = {client.containers.run("patterns-tests:1", detach=True, labels=labels).id for labels in others}
    assert remove_containers(theirs.url, 4711) == 1
    assert {container.id for container in client.containers.list(all=True)} == kept
    client.close()
    assert remove_containers("unix:///nowhere.sock", 4711) == 0


@pytest.mark.parametrize("killed", [False, True])
def test_tasks_run_in_the_users_engine_and_are_removed_with_the_platform(
    folder: LocalFolder,
    theirs: ProcessEngine,
    eventually: Eventually,
    killed: bool,  # noqa: FBT001 - pytest's
) -> None:
    """By the supervisor, or by the next command when that was killed."""
    folder.prepare()
    python, port = prepare_environment(folder, Runner(folder.deploy_log)), choose_port(folder.port)
    options = {"region": "us-east-1", "account": "0" * 12, "docker": theirs.url}
    started = Supervised.start(folder, python=python, port=port, **options)
    try:
        state = read_state(folder)
        assert state
        assert set(state.others) == {"partner", "mail server"}
        ecs = client_for("ecs", state.endpoint_url)
        ecs.register_task_definition(family="busy", containerDefinitions=[{"name": "w", "image": "patterns-tests:1"}])
        ecs.run_task(taskDefinition="busy")
        client = docker.DockerClient(base_url=theirs.url)
        [container] = eventually(client.containers.list)
        process = Process.of(container.attrs["State"]["Pid"])
        client.close()
        assert process
        if killed:
            started.process.kill()
            assert eventually(lambda: not state.emulator.alive)
            assert process.alive
            clear(folder)
    finally:
        started.end()
    assert eventually(lambda: not process.alive)
