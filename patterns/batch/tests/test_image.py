import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

MEMBER = Path(__file__).parents[1]
ROOT = MEMBER.parents[1]
DOCKERFILE = MEMBER / "Dockerfile"


@pytest.fixture(scope="module")
def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions with their arguments, one after the other."""
    text = re.sub(r"^#.*\n", "", DOCKERFILE.read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in text.splitlines() if line.strip()]


def of(instructions: list[tuple[str, str]], name: str) -> list[str]:
    """Return the arguments of all instructions of this name."""
    return [arguments for each, arguments in instructions if each == name]


def test_every_base_is_pinned_by_a_digest_that_has_no_default(instructions: list[tuple[str, str]]) -> None:
    """The build passes the digest; a tag would be another image tomorrow."""
    assert {re.sub(r"^--platform=\S+ | AS .*", "", base) for base in of(instructions, "FROM")} == {
        "ghcr.io/astral-sh/uv@${UV_DIGEST}",
        "python@${BASE_DIGEST}",
    }
    assert of(instructions, "ARG")[:2] == ["BASE_DIGEST", "UV_DIGEST"]


def test_what_is_copied_is_there_and_in_the_context(instructions: list[tuple[str, str]]) -> None:
    """From the repository's root; the ignore file lets it through."""
    let_through = {
        line.removeprefix("!")
        for line in (MEMBER / "Dockerfile.dockerignore").read_text().splitlines()
        if line[0] == "!"
    }
    sources = [
        source
        for arguments in of(instructions, "COPY")
        if not arguments.startswith("--from")
        for source in arguments.split()[:-1]
    ]
    assert sources
    assert set(sources) == let_through
    assert all((ROOT / source).exists() for source in sources)


def test_every_stage_that_is_copied_from_is_built(instructions: list[tuple[str, str]]) -> None:
    """And what the last stage takes is the environment, not the tools that made it."""
    stages = {found[1] for base in of(instructions, "FROM") if (found := re.search(r" AS (\S+)", base))}
    taken = [found[1] for copied in of(instructions, "COPY") if (found := re.match(r"--from=(\S+)", copied))]
    assert set(taken) <= stages
    last = max(number for number, (name, _) in enumerate(instructions) if name == "FROM")
    assert of(instructions[last:], "COPY") == ["--from=build /opt/venv /opt/venv"]


def test_it_runs_as_an_unprivileged_user(instructions: list[tuple[str, str]]) -> None:
    """By number, so that a rule against root can be checked; and writes nowhere but in /tmp."""
    (user,) = of(instructions, "USER")
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", user)
    assert of(instructions, "VOLUME") == ["/tmp"]  # noqa: S108 - the container's
    assert "PYTHONDONTWRITEBYTECODE=1" in " ".join(of(instructions, "ENV"))


def test_the_signal_reaches_the_program(instructions: list[tuple[str, str]]) -> None:
    """Both forms are lists: a shell in between would keep SIGTERM to itself."""
    assert of(instructions, "ENTRYPOINT") == ['["python", "-m", "patterns_batch"]']
    (check,) = of(instructions, "HEALTHCHECK")
    assert check.endswith('CMD ["python", "-m", "patterns_batch", "health"]')


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The environment that the image gets, made by the image's own command."""
    folder = tmp_path_factory.mktemp("image") / "venv"
    text = DOCKERFILE.read_text()
    *command, option, _platform, _file = re.findall(r"uv sync .*", text)[-1].split()
    assert command == ["uv", "sync", "--frozen", "--package", "patterns-batch", "--no-dev", "--no-editable"]
    assert option == "--python-platform"  # of the image, which is not this machine's
    made = {**os.environ, "UV_PROJECT_ENVIRONMENT": str(folder), "UV_LINK_MODE": "hardlink"}
    made.pop("VIRTUAL_ENV", None)
    subprocess.run([*command, "--quiet"], cwd=ROOT, env=made, check=True, timeout=300)
    return folder


@pytest.mark.integration
class TestWhatTheImageRuns:
    """The entry point's own command, where only the image's libraries are, as a user without write access."""

    def run(self, environment: Path, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        """Run the entry point with these arguments and variables, and no others."""
        command = [str(environment / "bin" / "python"), "-m", "patterns_batch", *arguments]
        return subprocess.run(command, cwd="/", env=variables, capture_output=True, text=True, check=False, timeout=120)

    def settings(self, tmp_path: Path, **more: str) -> dict[str, str]:
        """Return what the task definition sets."""
        needed = {"STAGE": "test", "REPORT_BUCKET": "reports", "PSEUDONYM_SECRET_ARN": "secret"}
        return {**needed, "SCRATCH_DIR": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1", **more}

    def test_it_is_healthy(self, environment: Path, tmp_path: Path) -> None:
        """The engine works, and nothing is left on the scratch disk."""
        done = self.run(environment, "health", **self.settings(tmp_path))
        assert (done.returncode, done.stdout, done.stderr) == (0, "healthy\n", "")
        assert not list(tmp_path.iterdir())

    def test_it_is_not_healthy_without_its_disk(self, environment: Path, tmp_path: Path) -> None:
        """And says which setting is at fault."""
        done = self.run(environment, "health", **self.settings(tmp_path, SCRATCH_DIR=str(tmp_path / "none")))
        assert done.returncode == 2
        assert "environment variable SCRATCH_DIR must be a folder that can be written to" in done.stdout

    def test_every_step_is_there(self, environment: Path, tmp_path: Path) -> None:
        """With every module that it needs; what it lacks here is AWS."""
        unreachable = {
            "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_MAX_ATTEMPTS": "1",
        }
        done = self.run(environment, "report", "--run", "run", **self.settings(tmp_path, **unreachable))
        assert done.returncode == 75, done.stdout + done.stderr
        assert "report bucket is temporarily unavailable" in done.stdout

    def test_nothing_of_the_tests_is_in_it(self, environment: Path) -> None:
        """Neither boto3 nor pytest, and less than the limit of a quick start."""
        names = {path.name for path in environment.glob("lib/python*/site-packages/*")}
        assert not names & {"boto3", "moto", "pytest", "numpy", "pandas"}
        size = sum(path.stat().st_size for path in environment.rglob("*") if path.is_file() and not path.is_symlink())
        assert size < 160_000_000


def test_the_settings_that_the_image_names_are_read(instructions: list[tuple[str, str]]) -> None:
    """A variable that the program does not know would be set for nothing."""
    known: Any = (MEMBER / "src" / "patterns_batch" / "settings.py").read_text()
    for name in ("APP_VERSION", "SCRATCH_DIR"):
        assert any(name in arguments for arguments in of(instructions, "ENV"))
        assert f'"{name}"' in known
