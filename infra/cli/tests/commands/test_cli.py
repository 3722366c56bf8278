"""The command line: quick to start, one clear line for every mistake, standard output for programs only."""

import subprocess
import sys
from pathlib import Path

import pytest

PATTERNS = [sys.executable, "-c", "from patterns_cli.app import main; main()"]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Return the environment of a machine where nothing is set, with a state folder of its own."""
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": str(tmp_path),
        "PATTERNS_LOCAL_STATE": str(tmp_path / "state"),
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _run(environment: dict[str, str], *arguments: str, typed: str = "") -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*PATTERNS, *arguments], env=environment, input=typed, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize(
    ("arguments", "code", "line"),
    [
        (["up", "nothing"], 2, "there is no pattern 'nothing'; there are "),
        (["deploy", "nothing"], 2, "there is no pattern 'nothing'; there are "),
        (["demo", "nothing"], 2, "there is no pattern 'nothing'; there are "),
        (["up", "--port", "x"], 2, "Invalid value for '--port'"),
        (["deploy", "async", "--set", "partner_url"], 1, "--set 'partner_url' is not NAME=VALUE"),
        (["deploy", "async", "--set", "stage=dev"], 1, "--set stage is for --target aws"),
        (
            ["up", "web_api", "--set", "partner_url=http://127.0.0.1:9000"],
            1,
            "--set partner_url is of no use to web_api",
        ),
        (["up", "--set", "partner_url=ftp://a"], 2, "setting 'partner_url' must begin with https:// or http://"),
        (["fly"], 2, "No such command 'fly'"),
        (["deploy"], 2, "Missing argument 'PATTERN…'"),
        (["outputs"], 1, "the local platform is not up; start it with: patterns up"),
        (["env"], 1, "the local platform is not up; start it with: patterns up"),
        (["status"], 1, "the local platform is not up; start it with: patterns up"),
        (["partner"], 1, "the local platform is not up; start it with: patterns up"),
        (["partner", "down"], 1, "the local platform is not up; start it with: patterns up"),
        (["partner", "sideways"], 2, "Invalid value for 'MODE'"),
        (["partner", "slow", "--delay-seconds", "x"], 2, "Invalid value for '--delay-seconds'"),
        (["partner", "--delay-seconds", "3"], 2, "--delay-seconds needs a mode, for example: patterns partner slow"),
        (["destroy", "web_api"], 1, "the local platform is not up; start it with: patterns up"),
        (["dead-letters"], 1, "the local platform is not up; start it with: patterns up"),
        (["dead-letters", "ledger", "--target", "aws"], 1, "--target aws needs --stage"),
        (["dead-letters", "ledger", "--max", "0"], 2, "Invalid value for '--max'"),
        (["redrive"], 2, "Missing argument 'QUEUE'"),
        (["publish"], 2, "Missing argument 'FILE'"),
        (["publish", "-"], 1, "the local platform is not up; start it with: patterns up"),
        (["publish", "-", "--target", "aws"], 1, "--target aws needs --stage"),
        (["redrive", "ledger"], 1, "the local platform is not up; start it with: patterns up"),
        (["redrive", "ledger", "--target", "aws"], 1, "--target aws needs --stage"),
        (["redrive", "ledger", "--rate", "0"], 2, "Invalid value for '--rate'"),
        (["redrive", "ledger", "--max", "3", "--repaired", "x"], 2, "--max and --repaired do not go together"),
        (["deploy", "web_api", "--target", "aws"], 1, "--target aws needs --stage"),
        (["destroy", "web_api", "--target", "aws"], 1, "--target aws needs --stage"),
        (["status", "--target", "aws"], 1, "--target aws needs --stage"),
        (["deploy", "batch", "--target", "aws", "--stage", "dev"], 1, "no AWS region: give --region"),
        (["images", "push", "batch"], 1, "--target aws needs --stage"),
        (["images", "build", "web_api"], 2, "web_api runs no container image; there are batch"),
        (
            ["deploy", "async", "--target", "aws", "--stage", "dev"],
            2,
            "setting 'sender_email' is required to deploy async",
        ),
        (["deploy", "web_api", "--target", "aws", "--stage", "dev", "--set", "x"], 1, "--set 'x' is not NAME=VALUE"),
        (["deploy", "web_api", "--target", "aws", "--stage", "dev", "--set", "x=y"], 2, "setting 'x' is not known"),
        (["deploy", "web_api", "--target", "aws", "--stage", "dev"], 2, "setting 'site_origin' is required"),
        (["deploy", "web_api", "--region", "eu-west-1"], 1, "--region and --set are for --target aws"),
        (["deploy", "web_api", "--kubeconfig", "x"], 2, "--kubeconfig is for the pattern k8s"),
        (["deploy", "k8s", "--context", "x"], 2, "--context needs --kubeconfig"),
        (
            ["deploy", "k8s", "--kubeconfig", "/no/such/file"],
            2,
            "--kubeconfig /no/such/file: No such file or directory",
        ),
        (["deploy", "k8s", "--kubeconfig", "x", "--target", "aws"], 2, "--kubeconfig is for --target local; on AWS"),
        (
            ["deploy", "web_api", "--target", "aws", "--stage", "dev", "--set", "site_origin=https://x.example.com"],
            1,
            "no AWS region: give --region",
        ),
    ],
)
def test_a_mistake_is_one_clear_line_and_a_code(
    environment: dict[str, str], arguments: list[str], code: int, line: str
) -> None:
    """No traceback, nothing on standard output, and nothing was begun."""
    done = _run(environment, *arguments)
    assert done.returncode == code
    assert done.stderr.startswith(f"patterns: {line}")
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""


def test_debug_shows_where_an_error_came_from(environment: dict[str, str]) -> None:
    """The option and the variable do the same."""
    for more in ({"PATTERNS_DEBUG": "1"}, {}):
        arguments = ["env"] if more else ["--debug", "env"]
        done = _run(environment | more, *arguments)
        assert "Traceback" in done.stderr
        assert "NotRunning" in done.stderr
        assert done.returncode == 1


def test_down_when_nothing_runs_says_so_and_is_no_error(environment: dict[str, str], tmp_path: Path) -> None:
    """Scripts may call it whatever was before, and it leaves no folder behind."""
    done = _run(environment, "down")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "nothing is running\n")
    assert not (tmp_path / "state").exists()


def test_a_folder_that_cannot_be_written_is_one_clear_line(environment: dict[str, str], tmp_path: Path) -> None:
    """A read-only checkout is named."""
    (tmp_path / "state").write_text("in the way")
    done = _run(environment, "up")
    assert done.returncode == 1
    assert done.stderr.startswith(f"patterns: cannot write {tmp_path / 'state'}")


def test_the_local_variables_are_refused_for_aws_before_anything_is_asked(environment: dict[str, str]) -> None:
    """A shell after ``eval "$(patterns env)"`` cannot deploy "to AWS" into the emulator."""
    local = {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    done = _run(environment | local, "destroy", "web_api", "--target", "aws", "--stage", "dev", "--region", "eu-west-1")
    assert done.returncode == 1
    assert "AWS_ENDPOINT_URL is http://127.0.0.1:4566" in done.stderr


def test_help_names_every_command_and_imports_nothing_slow() -> None:
    """Help within a fraction of a second: no CDK, no boto3, no rich."""
    script = (
        "import sys\nsys.argv = ['patterns', '--help']\n"
        "from patterns_cli.app import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code\n"
        "slow = {'aws_cdk', 'boto3', 'botocore', 'rich', 'jsii', 'httpx', 'pycognito', 'pydantic', 'fastapi'}\n"
        "print('slow:', sorted(slow & set(sys.modules)))"
    )
    shown = subprocess.check_output([sys.executable, "-c", script], text=True)
    assert "slow: []" in shown
    looking = ("outputs", "env", "status", "dead-letters")
    for command in (
        *looking,
        "choose",
        "cost",
        "up",
        "down",
        "redrive",
        "publish",
        "deploy",
        "destroy",
        "demo",
        "partner",
    ):
        assert f"\n  {command} " in shown
