"""A docker that writes down what it is asked, on the PATH of the test."""

import functools
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from patterns_deploy.runner import Runner
from patterns_infra.registry import PATTERNS
from patterns_infra.settings import Settings
from patterns_infra.synthesized import SynthesizedStack
from patterns_infra.variants import VARIANTS

_FAKE = Path(__file__).with_name("fake_docker.py")


@dataclass(frozen=True)
class FakeDocker:
    """The fake, from outside.

    Attributes:
        folder: its engine and registry.
        environment: of a user who has it.
    """

    folder: Path
    environment: dict[str, str]

    @property
    def calls(self) -> list[dict[str, Any]]:
        """What it was asked: words and environment."""
        file = self.folder / "calls.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    @property
    def commands(self) -> list[str]:
        """The first word of each call."""
        return [call["words"][0] for call in self.calls]

    @property
    def pushed(self) -> list[str]:
        """The images that were pushed, by their remote names."""
        file = self.folder / "pushed"
        return file.read_text().splitlines() if file.exists() else []

    def fails(self, command: str, line: str) -> None:
        """Let it fail at ``build`` or ``push``, saying this."""
        (self.folder / f"fail-{command}").write_text(line)


@pytest.fixture
def fake_docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeDocker:
    """Return a fake that is the only program of its kind on PATH."""
    folder, home, programs = tmp_path / "engine", tmp_path / "home", tmp_path / "bin"
    for each in (folder, home, programs):
        each.mkdir()
    program = programs / "docker"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -I -S {_FAKE} "$@"\n')
    program.chmod(0o755)
    environment = {"PATH": f"{programs}:/usr/bin:/bin", "HOME": str(home), "FAKE_DOCKER": str(folder)}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    for name in ("CDK_DOCKER", "DOCKER_CONFIG", "DOCKER_HOST"):
        monkeypatch.delenv(name, raising=False)
    return FakeDocker(folder, environment)


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Runner]:
    """Return a runner whose log the test can read."""
    made = Runner(tmp_path / "deploy.log")
    yield made
    made.end_all()


@pytest.fixture(scope="session")
def image_stack(batch_stacks: Callable[[str], Path]) -> Callable[[str], SynthesizedStack]:
    """Return a function from a variant of the gate to the stack of the batch's images."""
    return lambda variant: SynthesizedStack(*_named(variant, batch_stacks, PATTERNS["batch"].images_stack_name))


@pytest.fixture(scope="session")
def batch_stack(batch_stacks: Callable[[str], Path]) -> Callable[[str], SynthesizedStack]:
    """Return a function from a variant of the gate to the batch's stack."""
    return lambda variant: SynthesizedStack(*_named(variant, batch_stacks, PATTERNS["batch"].stack_name))


@pytest.fixture(scope="session")
def batch_stacks(synthesize_assembly: Callable[[str, Settings], Path]) -> Callable[[str], Path]:
    """Return a function from a variant of the gate to the assembly of the batch's stacks, made once."""
    return functools.cache(lambda variant: synthesize_assembly("batch", _settings(variant)))


def _settings(variant: str) -> Settings:
    return Settings.from_mapping(VARIANTS[variant])


def _named(variant: str, stacks: Callable[[str], Path], name: Callable[[str], str]) -> tuple[Path, str]:
    return stacks(variant), name(_settings(variant).stage)
