"""The process engine as a program: it ends with its starter, and its containers end with it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docker
import pytest

from patterns_deploy.errors import ServiceFailed
from patterns_deploy.folder import LocalFolder
from patterns_deploy.processes import Process
from patterns_local.process_engine import ProcessEngine

Eventually = Callable[..., Any]

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_containers_end_with_the_engine(tmp_path: Path, eventually: Eventually, number: signal.Signals) -> None:
    """However it ends; here it is one that nobody else uses."""
    image = tmp_path / "images" / "1" / "image.json"
    image.parent.mkdir(parents=True)
    image.write_text(json.dumps({"repository": "i", "entrypoint": ["sleep"], "command": ["60"], "environment": {}}))
    engine = ProcessEngine(LocalFolder(tmp_path / "state"), images=tmp_path / "images")
    engine.wait_ready(abandoned=lambda: False)
    client = docker.DockerClient(base_url=engine.url)
    container = client.containers.run("i:1", detach=True)
    container.reload()
    process = Process.of(container.attrs["State"]["Pid"])
    assert process
    os.kill(engine.process.pid, number)
    assert eventually(lambda: not process.alive)
    assert eventually(lambda: engine.process.poll() is not None)
    client.close()


def test_an_engine_whose_starter_is_gone_ends(tmp_path: Path, eventually: Eventually) -> None:
    """Its lifeline closes."""
    source = """
import sys
from pathlib import Path
from patterns_deploy.folder import LocalFolder
from patterns_local.process_engine import ProcessEngine
engine = ProcessEngine(LocalFolder(Path(sys.argv[1])))
engine.wait_ready(abandoned=lambda: False)
print(engine.process.pid, flush=True)
sys.stdin.read()
"""
    command = [sys.executable, "-c", source, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout
        engine = Process.of(int(starter.stdout.readline()))
        assert engine
        starter.kill()
        assert eventually(lambda: not engine.alive)


def test_an_engine_that_cannot_start_is_explained(tmp_path: Path) -> None:
    """Here its folder is a file."""
    folder = LocalFolder(tmp_path / "state")
    folder.scratch.mkdir(parents=True)
    folder.containers.touch()
    engine = ProcessEngine(folder)
    with pytest.raises(ServiceFailed, match="the container engine ended at once with code 1") as failed:
        engine.wait_ready(abandoned=lambda: False)
    assert "FileExistsError" in failed.value.detail


def test_a_deep_checkout_has_its_socket_in_a_short_place(tmp_path: Path) -> None:
    """The system takes a hundred bytes."""
    deep = LocalFolder(tmp_path / ("x" * 120))
    assert len(str(deep.engine_socket)) < 100
    assert deep.engine_socket != LocalFolder(tmp_path / ("y" * 120)).engine_socket
    with ProcessEngine(deep) as engine:
        engine.wait_ready(abandoned=lambda: False)
        assert deep.engine_socket.exists()
    assert not deep.engine_socket.exists()
