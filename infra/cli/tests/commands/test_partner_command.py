"""`patterns partner`: an outage by hand."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from patterns_deploy.folder import LocalFolder
from patterns_deploy.ports import choose_port
from patterns_deploy.runner import Runner
from patterns_local.emulator_environment import prepare_environment
from patterns_local.lifeline import Supervised

Run = Callable[..., "subprocess.CompletedProcess[str]"]

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Start a platform without stacks; return what runs a command with it."""
    folder = LocalFolder(tmp_path_factory.mktemp("platform"))
    python = prepare_environment(folder, Runner(folder.deploy_log))
    port = choose_port(folder.port)
    started = Supervised.start(folder, python=python, port=port, region="us-east-1", account="0" * 12)
    program = [sys.executable, "-c", "from patterns_cli.app import main; main()", "partner"]
    environment = {**os.environ, "PATTERNS_LOCAL_STATE": str(folder.root)}

    def command(*arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*program, *arguments], env=environment, capture_output=True, text=True, check=False, timeout=60
        )

    yield command
    started.end()


def test_the_partner_is_switched_and_shows_it(run: Run) -> None:
    """In one line of plain words; the counts follow when nothing is switched."""
    switched = run("slow", "--delay-seconds", "2.5", "--only-every", "3", "--for-requests", "7")
    line = "the partner is slow: only every 3, for requests 7, delay seconds 2.5\n"
    assert (switched.returncode, switched.stdout, switched.stderr) == (0, "", line)
    shown = run()
    assert (shown.returncode, shown.stdout) == (0, "")
    assert shown.stderr.startswith(line)
    assert "       0  requests\n" in shown.stderr
    assert run("up").stderr == "the partner is up\n"


def test_a_program_gets_one_json_document(run: Run) -> None:
    """On standard output."""
    assert run("too_many_requests", "--retry-after", "9", "--clock-skew-seconds", "-3").returncode == 0
    shown = run("--json")
    document = json.loads(shown.stdout)
    behaviour = {name: document["behaviour"][name] for name in ("mode", "retry_after", "clock_skew_seconds")}
    assert behaviour == {"mode": "too_many_requests", "retry_after": 9, "clock_skew_seconds": -3.0}
    assert document["seen"]["requests"] == 0


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["down", "--delay-seconds", "1"], "delay_seconds goes with mode slow"),
        (["slow", "--delay-seconds", "-1"], "delay_seconds: Input should be greater than 0"),
        (["error", "--status", "200"], "status 200 is none of mode error: error has 5xx; refuse has 4xx, but for 408"),
        (["error", "--retry-after", "soon"], "retry_after: must be whole seconds, or an HTTP date"),
        (["error", "--share", "2"], "share: Input should be less than or equal to 1"),
    ],
)
def test_a_wrong_number_is_one_line_and_changes_nothing(run: Run, arguments: list[str], line: str) -> None:
    """The field is named as the option is."""
    assert run("up").returncode == 0
    wrong = run(*arguments)
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert wrong.stderr.startswith(f"patterns: {line}")
    assert len(wrong.stderr.splitlines()) == 1
    assert run().stderr.startswith("the partner is up\n")
