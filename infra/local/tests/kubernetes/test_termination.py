"""What a container leaves when it ends, by a kubelet's rules: its termination log, or the end of what it printed."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lightkube.models.core_v1 import Container

from patterns_local.kubelet.mounts import Mounts
from patterns_local.kubelet.termination import begin_termination_log, termination_log_path, termination_message
from patterns_local.workloads.log import Output, WorkloadLog

Namespace = Any
Make = Callable[..., dict[str, Any]]

FALLBACK = "FallbackToLogsOnError"


def _message(folder: Path, policy: str, code: int, *, written: bytes = b"", printed: tuple[bytes, ...] = ()) -> str:
    container = Container(name="main", terminationMessagePolicy=policy)
    begin_termination_log(folder).write_bytes(written)
    log = WorkloadLog(folder / "run.log")
    for line in printed:
        log.write(Output.ERROR, line)
    log.close()
    return asyncio.run(termination_message(container, folder, log, code))


@pytest.mark.parametrize(
    ("policy", "code", "written", "message"),
    [
        ("File", 1, b"", ""),
        ("File", 0, b"why", "why"),
        (FALLBACK, 0, b"", ""),
        (FALLBACK, 1, b"", "one\ntwo\n"),
        (FALLBACK, 137, b"", "one\ntwo\n"),
        (FALLBACK, 1, b"why", "why"),
    ],
)
def test_the_policy_says_where_the_message_comes_from(
    tmp_path: Path, policy: str, code: int, written: bytes, message: str
) -> None:
    """What it wrote comes first; what it printed counts for a failure, where the policy says so."""
    assert _message(tmp_path, policy, code, written=written, printed=(b"one\n", b"two\n")) == message


def test_of_a_long_log_the_last_eighty_lines_count(tmp_path: Path) -> None:
    """As long as they are short."""
    lines = tuple(b"%d\n" % number for number in range(200))
    assert _message(tmp_path, FALLBACK, 1, printed=lines).split() == [str(number) for number in range(120, 200)]


def test_of_long_lines_the_last_two_kibibytes_count(tmp_path: Path) -> None:
    """Whatever character that cuts."""
    lines = (b"y" * 3000 + b"\n", "\u20ac".encode() * 1000 + b"\n")
    assert _message(tmp_path, FALLBACK, 1, printed=lines) == "\ufffd" + "\u20ac" * 682 + "\n"


def test_of_a_termination_log_the_last_four_kibibytes_count(tmp_path: Path) -> None:
    """A program may write more than a status can hold."""
    assert _message(tmp_path, "File", 0, written=b"a" * 5000 + b"b" * 4096) == "b" * 4096


def test_a_run_begins_with_an_empty_termination_log(tmp_path: Path) -> None:
    """The message of the run before was that one's; a program may also remove it, or put a folder there."""
    begin_termination_log(tmp_path).write_bytes(b"before")
    log = begin_termination_log(tmp_path)
    assert log.read_bytes() == b""
    ended, container = WorkloadLog(tmp_path / "run.log"), Container(name="main")
    ended.close()
    log.unlink()
    assert asyncio.run(termination_message(container, tmp_path, ended, 1)) == ""
    log.mkdir()
    said = asyncio.run(termination_message(container, tmp_path, ended, 1))
    assert said == "Error on reading termination log /dev/termination-log: Is a directory"


@pytest.mark.parametrize(
    ("path", "command", "rewritten"),
    [
        (None, "echo why > /dev/termination-log", "echo why > {}"),
        (None, "echo why >/dev/termination-log; exit 1", "echo why >{}; exit 1"),
        (None, "(echo why 2>>/dev/termination-log)", "(echo why 2>>{})"),
        ("/srv/last.txt", "tee /srv/last.txt", "tee {}"),
        ("last.txt", "tee /last.txt", "tee {}"),
        (None, "cat /dev/termination-logs", "cat /dev/termination-logs"),
    ],
)
def test_the_path_in_a_command_leads_to_the_containers_file(
    tmp_path: Path, path: str | None, command: str, rewritten: str
) -> None:
    """As every mounted path does: nothing can be mounted for one process."""
    container = Container(name="main", terminationMessagePath=path)
    file = begin_termination_log(tmp_path)
    mounts = Mounts([], tmp_path, {}, {termination_log_path(container): file})
    assert mounts.rewrite(command) == rewritten.format(file)


@pytest.mark.integration
def test_a_pod_shows_why_its_container_ended(namespace: Namespace, job: Make) -> None:
    """For `kubectl describe`, and for operators that look at their pods."""
    wrote = {"command": ["sh", "-c", "echo why >/dev/termination-log; exit 0"]}
    namespace.apply(
        job("prints", "exit", "3", container={"terminationMessagePolicy": FALLBACK}),
        job("silent", "exit", "3"),
        job("writes", container=wrote),
    )
    for name, condition in (("prints", "Failed"), ("silent", "Failed"), ("writes", "Complete")):
        namespace.kubectl("wait", f"--for=condition={condition}", f"job/{name}", "--timeout=60s")
    assert _ended(namespace, "prints")["message"].startswith("exit in pod prints-")
    assert "message" not in _ended(namespace, "silent")
    assert _ended(namespace, "writes")["message"] == "why\n"


@pytest.mark.integration
@pytest.mark.skipif(sys.platform != "linux", reason="memory is measured on Linux only")
def test_a_container_over_its_memory_limit_is_killed(namespace: Namespace, job: Make) -> None:
    """With Kubernetes' own word and exit code; one that keeps to the same limit runs on."""
    limited = {"resources": {"limits": {"memory": "100Mi"}}, "terminationMessagePolicy": FALLBACK}
    namespace.apply(job("modest", "hold", "20", container=limited), job("greedy", "hold", "150", container=limited))
    namespace.kubectl("wait", "--for=condition=Failed", "job/greedy", "--timeout=60s")
    ended = _ended(namespace, "greedy")
    assert (ended["reason"], ended["exitCode"]) == ("OOMKilled", 137)
    assert "hold in pod greedy-" in ended["message"]
    assert namespace.eventually(lambda: _phase(namespace, "modest") == "Running")


def _phase(namespace: Namespace, name: str) -> str:
    phase: str = namespace.get("pods", **{"job-name": name})["items"][0]["status"]["phase"]
    return phase


def _ended(namespace: Namespace, name: str) -> dict[str, Any]:
    pod = namespace.get("pods", **{"job-name": name})["items"][0]
    ended: dict[str, Any] = pod["status"]["containerStatuses"][0]["state"]["terminated"]
    return ended
