"""Every Dockerfile of the workspace: what it starts from, who it runs as, and that its context is all that it needs."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from patterns_infra.container_images import missing_arguments
from patterns_infra.paths import REPOSITORY
from patterns_infra.registry import PATTERNS

SECRET_NAMES = re.compile(r"(SECRET|TOKEN|PASSWORD|PASSWD|CREDENTIAL|PRIVATE|ACCESS_KEY)", re.IGNORECASE)
CONTEXT_BYTES = 3_000_000


@dataclass(frozen=True)
class Dockerfile:
    """A Dockerfile as its instructions, each with the stage that it is in."""

    path: Path

    @property
    def instructions(self) -> list[tuple[int, str, str]]:
        """Stage (0 is before the first), word and arguments of each."""
        text = re.sub(r"^\s*#.*\n", "", self.path.read_text(), flags=re.MULTILINE).replace("\\\n", " ")
        found, stage = [], 0
        for line in filter(str.strip, text.splitlines()):
            word, arguments = line.strip().split(maxsplit=1)
            stage += word == "FROM"
            found.append((stage, word, " ".join(arguments.split())))
        return found

    def all(self, word: str) -> list[str]:
        """The arguments of every instruction of a kind."""
        return [arguments for _, each, arguments in self.instructions if each == word]

    def last(self, word: str) -> list[str]:
        """The arguments of those in the last stage: what is shipped."""
        end = self.instructions[-1][0]
        return [arguments for stage, each, arguments in self.instructions if (stage, each) == (end, word)]

    @property
    def context(self) -> list[Path]:
        """What the ignore file lets through."""
        lines = (self.path.parent / "Dockerfile.dockerignore").read_text().splitlines()
        assert "*" in lines, "everything else is left out"
        return [Path(line[1:]) for line in lines if line.startswith("!")]


@pytest.fixture(params=sorted(REPOSITORY.glob("patterns/*/Dockerfile")), ids=lambda path: path.parent.name)
def dockerfile(request: pytest.FixtureRequest) -> Dockerfile:
    """Return each in turn."""
    return Dockerfile(request.param)


def test_every_base_is_a_digest_that_the_workspace_pins(dockerfile: Dockerfile) -> None:
    """A tag would be another image tomorrow."""
    bases = [re.sub(r"^--platform=\S+ ", "", base).split()[0] for base in dockerfile.all("FROM")]
    assert all(re.fullmatch(r"[\w./-]+@\$\{\w+_DIGEST\}", base) for base in bases)
    asked = [arguments for stage, word, arguments in dockerfile.instructions if (stage, word) == (0, "ARG")]
    assert {f"${{{name}}}" for name in asked} == {base.split("@")[1] for base in bases}


def test_the_tools_run_on_the_builder_s_processor(dockerfile: Dockerfile) -> None:
    """And nothing is run in the last stage, which is of another: an emulator would be needed, and not be there."""
    *tools, shipped = dockerfile.all("FROM")
    assert all(base.startswith("--platform=${BUILDPLATFORM} ") for base in tools)
    assert not shipped.startswith("--platform")
    assert dockerfile.last("RUN") == []


def test_it_runs_as_nobody_in_particular_and_hears_its_signals(dockerfile: Dockerfile) -> None:
    """A number, which Kubernetes can check; lists, so that no shell keeps SIGTERM to itself."""
    (user,) = dockerfile.last("USER")
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", user)
    (entrypoint,) = dockerfile.last("ENTRYPOINT")
    assert entrypoint.startswith('["python", "-m", ')
    (health,) = dockerfile.last("HEALTHCHECK")
    assert re.search(r'CMD \["python", ', health)


def test_nothing_secret_and_nothing_from_elsewhere(dockerfile: Dockerfile) -> None:
    """What is in an argument or a variable is in the image's history; what is fetched is not pinned."""
    assert not [x for word in ("ARG", "ENV") for x in dockerfile.all(word) if SECRET_NAMES.search(x)]
    assert dockerfile.all("ADD") == []
    assert not [x for x in dockerfile.all("RUN") if re.search(r"\b(curl|wget|pip|apt-get|git)\b", x)]


def test_its_context_is_what_it_copies(dockerfile: Dockerfile) -> None:
    """No more, so that it is small and no file of the user's is in reach; all of it is there."""
    copied = [x.split()[:-1] for x in dockerfile.all("COPY") if not x.startswith("--from")]
    assert {Path(path) for paths in copied for path in paths} == set(dockerfile.context)
    files = [file for path in dockerfile.context for file in [REPOSITORY / path, *(REPOSITORY / path).rglob("*")]]
    assert all(file.exists() for file in files)
    assert sum(file.stat().st_size for file in files if file.is_file() and file.suffix != ".pyc") < CONTEXT_BYTES


def test_what_runs_in_a_container_can_be_built() -> None:
    """Each image of the registry has a Dockerfile, and all its arguments a value."""
    packages = [package for pattern in PATTERNS.values() for package in pattern.images]
    assert packages
    assert {package: missing_arguments(package) for package in packages} == {package: [] for package in packages}


@pytest.mark.integration
@pytest.mark.parametrize("machine", ["aarch64", "x86_64"])
def test_the_context_is_enough_for_either_processor(dockerfile: Dockerfile, tmp_path: Path, machine: str) -> None:
    """The build's own commands, where nothing but the context is: uv installs for a processor that is not this one."""
    for path in dockerfile.context:
        target = tmp_path / "context" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (REPOSITORY / path).is_dir() else shutil.copyfile
        copy(REPOSITORY / path, target)
    commands = [x[x.index("uv sync") :] for x in dockerfile.all("RUN") if "uv sync" in x]
    assert len(commands) == 2
    venv = tmp_path / "venv"
    environment = {**os.environ, "UV_PROJECT_ENVIRONMENT": str(venv), "UV_NO_CONFIG": "1"}
    environment.pop("VIRTUAL_ENV", None)
    for command in commands:
        words = command.replace('"$(cat /platform)"', f"{machine}-manylinux_2_28").split()
        assert {"--frozen", "--no-dev"} < set(words)
        subprocess.run([*words, "--quiet"], cwd=tmp_path / "context", env=environment, check=True, timeout=300)
    binaries = [file.read_bytes()[18] for file in venv.rglob("*.so")]
    assert binaries
    assert set(binaries) == {{"aarch64": 0xB7, "x86_64": 0x3E}[machine]}, "as an ELF header names it"
    (installed,) = venv.glob("lib/*/site-packages")
    for package in ("patterns_shared", f"patterns_{dockerfile.path.parent.name}"):
        assert (installed / package / "__init__.py").is_file(), "copied, not linked to the context"
