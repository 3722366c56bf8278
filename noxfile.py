"""Every job of the project, thin calls of the code that does the work; ``nox -l`` lists them."""

import os
import sys
from pathlib import Path

import nox

ROOT = Path(__file__).parent
sys.path.insert(0, str(ROOT / "infra" / "cdk" / "src"))
from patterns_infra.registry import PATTERNS  # noqa: E402 - the registry imports the standard library only

# pyenv keeps its interpreters where only its shims find them; a shim whose version is not selected fails.
PYENV_INTERPRETERS = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions").glob("3.*/bin")
os.environ["PATH"] = os.pathsep.join([os.environ.get("PATH", ""), *map(str, sorted(PYENV_INTERPRETERS))])

nox.needs_version = ">=2025.5"
nox.options.default_venv_backend = "none"
nox.options.download_python = "never"
nox.options.error_on_missing_interpreters = False
nox.options.sessions = ["lint", "types", "unit"]

PYTHONS = ["3.11", "3.12", "3.13", "3.14"]
MEMBERS = (
    {"shared": "shared", "infra": "infra/cdk"}
    | {x: f"infra/{x}" for x in ("deploy", "local", "cli")}
    | {
        folder.parent.name: f"patterns/{folder.parent.name}"
        for folder in sorted(ROOT.glob("patterns/*/pyproject.toml"))
    }
)
QUICK = "not integration and not fuzz"
ALONE = "not integration"
# Each worker synthesizes templates and starts a platform for itself, which takes a gigabyte; '-- -n 0' has none.
SIDE_BY_SIDE = ("-n", str(min(os.cpu_count() or 1, 4)), "--dist", "loadfile", "--no-loadscope-reorder")
EACH_PATTERN = nox.parametrize("pattern", list(PATTERNS), ids=list(PATTERNS))
EACH_MEMBER = nox.parametrize("member", list(MEMBERS), ids=list(MEMBERS))


def in_workspace(session: nox.Session, *command: str, groups: tuple[str, ...] = ()) -> None:
    """Run a command in the workspace's own environment, brought up to date with the lock file."""
    chosen = [argument for group in groups for argument in ("--group", group)]
    session.run("uv", "run", "--locked", "--quiet", *chosen, *command, external=True)


def member_tests(session: nox.Session, member: str, python: str, *arguments: str, marked: str = QUICK) -> None:
    """Run a member's own tests where only its declared dependencies are installed."""
    folder = MEMBERS[member]
    environment = ROOT / ".nox" / f"member-{member}-{python}"
    environment_only = {"UV_PROJECT_ENVIRONMENT": str(environment), "VIRTUAL_ENV": None}
    package = f"patterns-{member.replace('_', '-')}"
    selected = ["--package", package, "--group", "test", "--python", interpreter(session, python)]
    session.run("uv", "sync", "--locked", "--quiet", *selected, env=environment_only, external=True)
    session.run(
        str(environment / "bin" / "pytest"),
        f"{folder}/tests",
        "-m",
        marked,
        *SIDE_BY_SIDE,
        *arguments,
        env=environment_only,
        external=True,
    )


def interpreter(session: nox.Session, python: str) -> str:
    """Return the interpreter of a matrix cell's environment, or the one that runs nox."""
    return str(Path(session.bin) / "python") if session.python else python


def this_python() -> str:
    """Return the version of the Python that runs nox."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def whole_tests(session: nox.Session, *arguments: str) -> None:
    """Run the tests of no single member, in the workspace's environment: all in memory, and those of the documents."""
    folders = ("tests/whole", "translations", "website", "wording")
    in_workspace(session, "pytest", *folders, "-m", ALONE, *arguments, groups=("tests",))


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, formatting, imports (ruff, import-linter, deptry), wording (codespell), and the Japanese pages."""
    in_workspace(session, "ruff", "check", ".", groups=("lint",))
    in_workspace(session, "ruff", "format", "--check", ".", groups=("lint",))
    in_workspace(session, "lint-imports", groups=("lint",))
    for folder in MEMBERS.values():
        in_workspace(session, "deptry", "--config", f"{folder}/pyproject.toml", f"{folder}/src", groups=("lint",))
    in_workspace(session, "codespell", groups=("lint",))
    in_workspace(session, "python", "-m", "translations", groups=("lint",))


@nox.session
def types(session: nox.Session) -> None:
    """Check types (mypy, strict)."""
    in_workspace(session, "mypy", *(session.posargs or ["."]), groups=("types",))


@nox.session
def unit(session: nox.Session) -> None:
    """Run every member's unit tests, each in its own environment, and those of no single member."""
    for member in MEMBERS:
        member_tests(session, member, this_python(), *session.posargs)
    whole_tests(session, *session.posargs)


@nox.session
@EACH_MEMBER
def test(session: nox.Session, member: str) -> None:
    """Run one member's unit tests on the Python that runs nox."""
    member_tests(session, member, this_python(), *session.posargs)


@nox.session(python=PYTHONS, venv_backend="uv")
@EACH_MEMBER
def matrix(session: nox.Session, member: str) -> None:
    """Run one member's unit tests on one Python; interpreters that are not installed are skipped by name."""
    member_tests(session, member, str(session.python), *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Pass the project's tests: every member's own, those of all in memory, those on the local platform."""
    for member in MEMBERS:
        member_tests(session, member, this_python(), marked=ALONE)
    whole_tests(session)
    # Built here if need be, so that its progress is seen: pytest shows nothing before a test has ended.
    in_workspace(session, "python", "-m", "patterns_local.control_plane.programs")
    in_workspace(session, "python", "-m", "patterns_local.helm_program")
    folders = ("infra", "patterns", "tests", "benchmarks", "pictures", "website")
    in_workspace(session, "pytest", "-m", "integration", *SIDE_BY_SIDE, *folders, groups=("tests",))


@nox.session
def demo(session: nox.Session) -> None:
    """Bring everything up, send real orders through it, bring it down ('-- --stay' keeps it up)."""
    in_workspace(session, "patterns", "demo", *session.posargs)


@nox.session
def synth(session: nox.Session) -> None:
    """Synthesize every stack for every target and check it (cdk-nag, cfn-lint)."""
    in_workspace(session, "python", "-m", "patterns_infra.synth", "--check", *session.posargs, groups=("tests",))


@nox.session
@EACH_PATTERN
def build(session: nox.Session, pattern: str) -> None:
    """Build one pattern's deployable code for AWS; for an image of containers there must be Docker or the like."""
    in_workspace(session, "python", "-m", "patterns_infra.bundles", PATTERNS[pattern].package, *session.posargs)
    if PATTERNS[pattern].images:
        in_workspace(session, "patterns", "images", "build", pattern)


@nox.session
@EACH_PATTERN
def deploy(session: nox.Session, pattern: str) -> None:
    """Deploy one pattern, to the local platform unless '-- --target aws'."""
    in_workspace(session, "patterns", "deploy", pattern, *session.posargs)


@nox.session
@EACH_PATTERN
def destroy(session: nox.Session, pattern: str) -> None:
    """Destroy one pattern's stack, on the local platform unless '-- --target aws'."""
    in_workspace(session, "patterns", "destroy", pattern, *session.posargs)


@nox.session
def faults(session: nox.Session) -> None:
    """Throw faults at the running patterns (the long tests)."""
    in_workspace(session, "pytest", "-m", "faults", "tests", *session.posargs, groups=("tests",))


@nox.session
def bench(session: nox.Session) -> None:
    """Measure against named peers and write benchmarks/results.json and docs/benchmarks.md."""
    in_workspace(session, "python", "-m", "benchmarks", *session.posargs, groups=("bench",))


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation site and check its links ('-- --serve' shows it on this machine)."""
    in_workspace(session, "python", "-m", "website", *session.posargs, groups=("docs",))


@nox.session
def pictures(session: nox.Session) -> None:
    """Draw architecture, state machine and plots of costs, and take pictures of the report, for the documentation."""
    in_workspace(session, "python", "-m", "patterns_cli.state_diagram")
    in_workspace(session, "python", "-m", "patterns_cli.connections", groups=("tests",))
    in_workspace(session, "python", "-m", "pictures.architecture", groups=("pictures",))
    in_workspace(session, "python", "-m", "pictures.crossovers", groups=("pictures",))
    in_workspace(session, "python", "-m", "pictures", groups=("pictures",))
