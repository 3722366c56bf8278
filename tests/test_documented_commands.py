"""What the documentation tells a reader to type exists: sessions, commands, flags, modules, AWS operations."""

import importlib.util
import io
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import pytest
import typer.main
from botocore import xform_name
from tests.documentation import Command, commands_of, pages_of
from website.__main__ import argument_parser

from patterns_cli.app import app
from patterns_infra.paths import REPOSITORY
from patterns_infra.registry import PATTERNS

pytestmark = pytest.mark.integration

PAGES = pages_of(REPOSITORY)
SYSTEM_PROGRAMS = {
    "git",
    "cd",
    "curl",
    "docker",
    "helm",
    "k3d",
    "kind",
    "export",
    "eval",
    "pipx",
    "pip",
    "jq",
    "python",
    "python3",
    "source",
    "brew",
    "npm",
    "cat",
    "mypy",  # of other groups than the tests'
    "lint-imports",
}


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(REPOSITORY)) for page in PAGES])
def test_every_command_on_a_page_is_a_real_one(page: Path) -> None:
    """Each documented command names sessions, subcommands, flags and operations that exist."""
    complaints = [f"{command}\n    {wrong}" for command in commands_of(page, REPOSITORY) if (wrong := _wrong(command))]
    assert not complaints, "\n".join(complaints)


def test_the_readme_shows_the_two_commands_of_a_newcomer() -> None:
    """README.md names the demo and the tests; a reader needs no other command to begin."""
    shown = {command.words for command in commands_of(REPOSITORY / "README.md", REPOSITORY)}
    assert {("uvx", "nox", "-s", "demo"), ("uvx", "nox", "-s", "tests")} <= shown


@pytest.mark.parametrize(
    "words",
    [
        "uvx nox -s nothing",
        "uvx nox -s demo -- --sideways",
        "uvx nox -s docs -- --sideways",
        "uvx nox --sideways",
        "uv run patterns sideways",
        "uv run patterns up --sideways",
        "uv run patterns up no_such_pattern",
        "uv run patterns deploy",
        "uv run patterns images sideways",
        "uv run --group sideways pytest",
        "uv run pytest tests/sideways.py",
        "uv run python -m patterns_web_api.sideways",
        "aws dynamodb sideways",
        "aws dynamodb get-item --sideways x",
        "sideways",
    ],
)
def test_a_command_that_does_not_exist_is_found_out(words: str) -> None:
    """The check itself fails for a wrong session, subcommand, flag, module, operation or program."""
    assert _wrong(Command("page", 1, tuple(words.split())))


def _wrong(command: Command) -> str | None:
    """Say what is wrong with a command, None when it could be typed as it stands."""
    program, *arguments = command.words
    return _CHECKS.get(program, _check_program)(program, arguments)


def _check_program(program: str, _: list[str]) -> str | None:
    known = program in SYSTEM_PROGRAMS or (Path(sys.executable).parent / program).is_file()
    return None if known else f"{program} is neither installed with the project nor known to this check"


def _check_uv(_: str, arguments: list[str]) -> str | None:
    if arguments[:1] != ["run"]:
        return None if arguments[:1] in (["sync"], ["lock"], ["python"], ["tool"]) else f"uv {arguments[:1]}?"
    words = arguments[1:]
    while words and words[0].startswith("-"):
        flag = words.pop(0)
        if flag in {"--group", "--package"}:
            name = words.pop(0)
            if name not in _known_to_uv(flag):
                return f"there is no {flag[2:]} {name}"
        elif flag not in {"--locked", "--no-sync", "--quiet", "-q"}:
            return f"uv run {flag} is not known here"
    return _wrong(Command("", 0, tuple(words)))


def _known_to_uv(flag: str) -> set[str]:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    return set(project["dependency-groups"]) if flag == "--group" else set(project["tool"]["uv"]["sources"])


def _check_pytest(_: str, arguments: list[str]) -> str | None:
    missing = [word for word in arguments if "/" in word and not (REPOSITORY / word.partition("::")[0]).exists()]
    return f"there are no files {missing}" if missing else None


def _check_nox(_: str, arguments: list[str]) -> str | None:
    own = arguments[: arguments.index("--")] if "--" in arguments else arguments
    passed = arguments[len(own) + 1 :]
    flags = [word for word in own if word.startswith("-") and word not in {"-s", "-l", "--list", "-r", "-p"}]
    if flags:
        return f"nox flags {flags} are not known here"
    named = [word for word in own if not word.startswith("-")]
    missing = [name for name in named if name not in _sessions()]
    if missing:
        return f"there are no sessions {missing}"
    if passed and named and (command := re.match(r"demo|deploy|destroy", named[0])):
        pattern = re.findall(r"\((\w+)\)", named[0])
        return _check_patterns("patterns", [command[0], *pattern, *passed])
    return _check_docs(passed) if passed and named == ["docs"] else None


def _check_docs(passed: list[str]) -> str | None:
    said = io.StringIO()
    try:
        with redirect_stderr(said):
            argument_parser().parse_args(passed)
    except SystemExit:
        return said.getvalue()
    return None


def _check_patterns(program: str, arguments: list[str]) -> str | None:
    """Let the command line read its arguments, with nothing behind it, and look at the patterns that it was given."""
    group: Any = typer.main.get_command(app)
    given: dict[str, Any] = {}
    for command in _with_all_below(group):
        command.callback = given.update
    said = io.StringIO()
    with redirect_stderr(said), redirect_stdout(said), pytest.raises(SystemExit) as ended:
        group.main(args=list(arguments), prog_name=program)
    if ended.value.code:
        return said.getvalue()
    unknown = set(given.get("patterns") or []) - set(PATTERNS)
    return f"there are no patterns {sorted(unknown)}" if unknown else None


def _with_all_below(command: Any) -> Iterator[Any]:  # noqa: ANN401 - click's are typer's own, and not exported
    yield command
    for below in getattr(command, "commands", {}).values():
        yield from _with_all_below(below)


def _check_python(_: str, arguments: list[str]) -> str | None:
    if arguments[:1] != ["-m"]:
        return None
    try:
        found = importlib.util.find_spec(arguments[1])
    except ModuleNotFoundError:
        found = None
    return None if found else f"there is no module {arguments[1]}"


def _check_aws(_: str, arguments: list[str]) -> str | None:
    service, operation = arguments[0], arguments[1]
    # The last is the command line's own: https://docs.aws.amazon.com/cli/latest/reference/ecr/get-login-password.html
    if service in {"s3", "configure"} or operation in {"help", "wait", "get-login-password"}:
        return None
    model = botocore.session.get_session().get_service_model(service)
    operations = {xform_name(name, "-"): name for name in model.operation_names}
    if operation not in operations:
        return f"{service} has no operation {operation}"
    shape = model.operation_model(operations[operation]).input_shape
    given = {xform_name(name, "-"): member for name, member in (shape.members if shape else {}).items()}
    # A flag of the command line has an opposite.
    members = {*given, *(f"no-{name}" for name, member in given.items() if member.type_name == "boolean")}
    everywhere = {"query", "output", "region", "endpoint-url", "no-cli-pager", "max-items", "cli-input-json", "profile"}
    flags = {word[2:].partition("=")[0] for word in arguments[2:] if word.startswith("--")}
    unknown = flags - members - everywhere
    return f"{service} {operation} takes no {sorted(unknown)}" if unknown else None


@cache
def _sessions() -> frozenset[str]:
    """Return every session that nox lists, parametrized ones as they are typed."""
    command = [sys.executable, "-m", "nox", "--list"]
    listed = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    names = re.findall(r"^[*-] (\S+?)(?: ->.*)?$", listed, re.MULTILINE)
    return frozenset(names) | {name.partition("(")[0] for name in names}


_CHECKS: dict[str, Callable[[str, list[str]], str | None]] = {
    "uv": _check_uv,
    "uvx": lambda _, arguments: _wrong(Command("", 0, tuple(arguments))),
    "nox": _check_nox,
    "patterns": _check_patterns,
    "pytest": _check_pytest,
    "python": _check_python,
    "aws": _check_aws,
}
