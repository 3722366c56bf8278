"""The process engine, asked by Docker's own client for Python, which is what the emulator asks with."""

import json
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import docker
import pytest
from docker.errors import APIError, ImageNotFound, NotFound

from patterns_deploy.folder import LocalFolder
from patterns_local.process_engine import ProcessEngine

Eventually = Callable[..., Any]
# docker-py has no types.
Client = Any

pytestmark = pytest.mark.integration

IMAGE = "000000000000.dkr.ecr.us-east-1.amazonaws.com/patterns-local-batch:abc123"


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProcessEngine]:
    """Return an engine with one image, which runs Python."""
    root = tmp_path_factory.mktemp("engine")
    image = root / "images" / "abc123" / "image.json"
    image.parent.mkdir(parents=True)
    variables = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "FROM_IMAGE": "yes", "BOTH": "image"}
    made = {"repository": "patterns-*-batch", "entrypoint": ["python", "-c"], "command": ["print('default')"]}
    image.write_text(json.dumps({**made, "environment": variables}))
    with ProcessEngine(LocalFolder(root / "state"), images=root / "images") as started:
        started.wait_ready(abandoned=lambda: False)
        yield started


@pytest.fixture
def client(engine: ProcessEngine) -> Iterator[Client]:
    """Return a client of the engine; what it made is removed."""
    client = docker.DockerClient(base_url=engine.url)
    yield client
    for container in client.containers.list(all=True):
        container.remove(force=True)
    client.close()


def _run(client: Client, source: str, **settings: Any) -> Any:  # noqa: ANN401 - a container of docker-py's
    return client.containers.run(IMAGE, [source], detach=True, **settings)


def test_the_client_accepts_it_and_it_does_not_pretend_to_be_docker(client: Client) -> None:
    """It says which API it speaks, and its own name."""
    assert client.ping()
    assert client.version()["Version"] == "patterns-process-engine"
    assert client.info()["ServerVersion"] == "patterns-process-engine"


@pytest.mark.parametrize("code", [0, 2, 75, 1])
def test_a_container_ends_with_its_commands_exit_code(client: Client, code: int) -> None:
    """Created, running, exited."""
    container = _run(client, f"raise SystemExit({code})")
    assert container.wait()["StatusCode"] == code
    container.reload()
    assert (container.status, container.attrs["State"]["ExitCode"]) == ("exited", code)
    assert container.attrs["State"]["FinishedAt"] > container.attrs["State"]["StartedAt"] > "2020"


def test_the_images_command_is_the_default(client: Client) -> None:
    """And the container's own entrypoint drops it."""
    assert client.containers.run(IMAGE) == b"default\n"
    assert client.containers.run(IMAGE, entrypoint=["/bin/echo", "other"]) == b"other\n"
    assert client.containers.run(IMAGE, ["and"], entrypoint=["/bin/echo"]) == b"and\n"


def test_the_environment_is_the_images_and_the_containers_and_nobody_elses(client: Client) -> None:
    """What this machine's user has set is not in it, and temporary files go with the container."""
    source = "import json, os, tempfile; print(json.dumps([dict(os.environ), os.getcwd(), tempfile.mkdtemp()]))"
    container = _run(client, source, environment={"BOTH": "container", "EMPTY": "", "EQUAL": "a=b"})
    container.wait()
    variables, folder, temporary = json.loads(container.logs())
    assert variables.pop("LC_CTYPE", "C.UTF-8") == "C.UTF-8"  # Python's own
    assert set(variables) == {
        *("PATH", "LANG", "HOSTNAME", "HOME", "TMPDIR"),
        *("FROM_IMAGE", "BOTH", "EMPTY", "EQUAL"),
    }
    assert (variables["BOTH"], variables["EMPTY"], variables["EQUAL"]) == ("container", "", "a=b")
    assert Path(temporary).is_relative_to(folder)
    container.remove()
    assert not Path(folder).exists()


def test_logs_come_whole_apart_and_while_they_are_written(client: Client) -> None:
    """As the emulator's log forwarder reads them."""
    source = "import sys, time; print('one', flush=True); time.sleep(0.2); print('two'); print('bad', file=sys.stderr)"
    container = _run(client, source)
    assert b"".join(container.logs(stream=True, follow=True, stdout=True, stderr=False)) == b"one\ntwo\n"
    assert container.logs(stdout=False) == b"bad\n"
    assert container.logs(tail=1, stderr=False) == b"two\n"


def test_a_stop_asks_first_and_kills_later(client: Client, eventually: Eventually) -> None:
    """Within the time that the caller gives."""
    waits = "import signal, sys, time; signal.signal(signal.SIGTERM, {}); print('on', flush=True); time.sleep(60)"
    for handler, seconds, code in (("lambda *_: sys.exit(75)", 30, 75), ("signal.SIG_IGN", 1, 137)):
        container = _run(client, waits.format(handler))
        assert eventually(lambda of=container: of.logs() == b"on\n")
        container.stop(timeout=seconds)
        container.reload()
        assert (container.status, container.attrs["State"]["ExitCode"]) == ("exited", code)
        container.stop()  # what has ended may be stopped again


def test_a_kill_sends_the_signal_that_was_asked_for(client: Client) -> None:
    """By name; a signal that is none is refused, and so is one for what does not run."""
    container = _run(client, "import time; time.sleep(60)")
    with pytest.raises(APIError, match="invalid signal: SIGNONE"):
        container.kill("SIGNONE")
    container.kill("SIGINT")
    assert container.wait()["StatusCode"] in {130, 1}
    with pytest.raises(APIError, match="is not running"):
        container.kill()


@pytest.mark.parametrize("reference", ["nginx", "patterns-local-batch:other", "patterns-local-k8s:abc123", "../abc123"])
def test_an_image_that_was_not_built_is_not_there(client: Client, reference: str) -> None:
    """Neither its name nor its tag alone is enough, and nothing is fetched."""
    with pytest.raises(ImageNotFound, match="nothing was built here under this name and tag"):
        client.images.get(reference)
    with pytest.raises((ImageNotFound, NotFound), match="nothing was built here under this name and tag"):
        client.containers.run(reference, detach=True)


def test_an_image_that_was_built_is_told_with_what_it_starts(client: Client) -> None:
    """Pulling it changes nothing."""
    assert client.images.get(IMAGE).attrs["Config"]["Entrypoint"] == ["python", "-c"]
    assert client.images.pull(IMAGE).tags == [IMAGE]


def test_a_command_that_is_not_there_fails_the_start(client: Client) -> None:
    """With the reason, and as a container that never ran."""
    with pytest.raises(APIError, match="no-such-program: No such file or directory"):
        client.containers.run(IMAGE, entrypoint=["no-such-program"], detach=True)
    [container] = client.containers.list(all=True)
    assert (container.status, container.attrs["State"]["ExitCode"]) == ("created", 127)


def test_containers_are_found_by_name_label_and_state(client: Client) -> None:
    """The emulator's reaper removes by such a filter: an unknown one must not let everything through."""
    mine = _run(client, "import time; time.sleep(60)", name="mine", labels={"ministack": "ecs"})
    with pytest.raises(APIError, match='"/mine" is already in use'):
        _run(client, "pass", name="mine")
    ended = _run(client, "pass", labels={"ministack": "ecs", "other": "x"})
    ended.wait()
    assert client.containers.get("mine").id == client.containers.get(mine.id[:12]).id == mine.id
    assert [each.id for each in client.containers.list()] == [mine.id]
    labelled = client.containers.list(all=True, filters={"label": ["ministack=ecs"]})
    assert {each.id for each in labelled} == {mine.id, ended.id}
    assert [each.id for each in client.containers.list(all=True, filters={"label": "other"})] == [ended.id]
    assert [each.id for each in client.containers.list(filters={"status": "exited"})] == [ended.id]
    with pytest.raises(APIError, match="invalid filter: volume"):
        client.containers.list(all=True, filters={"volume": "x"})
    with pytest.raises(APIError, match="it is running; stop it or use force"):
        mine.remove()
    with pytest.raises(NotFound, match="no such container: nobody"):
        client.containers.get("nobody")


def test_many_containers_run_at_once(client: Client) -> None:
    """Each with its own output."""
    containers = [_run(client, f"import time; time.sleep(0.5); print({number})") for number in range(20)]
    assert [container.wait()["StatusCode"] for container in containers] == [0] * 20
    assert [container.logs() for container in containers] == [f"{number}\n".encode() for number in range(20)]


def test_waiting_does_not_keep_others_waiting(client: Client) -> None:
    """A container that runs for long has one that waits for it and one that follows its log."""
    slow = _run(client, "import time; time.sleep(60)")
    waiting = [
        threading.Thread(target=slow.wait),
        threading.Thread(target=lambda: [*slow.logs(stream=True, follow=True)]),
    ]
    for thread in waiting:
        thread.start()
    assert client.containers.run(IMAGE) == b"default\n"
    slow.kill()
    for thread in waiting:
        thread.join(10)
        assert not thread.is_alive()


def test_only_its_user_reaches_it(engine: ProcessEngine) -> None:
    """Who does may run anything as this user."""
    assert Path(engine.url.removeprefix("unix://")).stat().st_mode & 0o777 == 0o600
