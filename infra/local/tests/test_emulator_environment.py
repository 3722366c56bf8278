"""The emulator's environment is made once for each lock file and Python."""

import dataclasses
import sys
from pathlib import Path

import pytest

from patterns_deploy.errors import EnvironmentFailed
from patterns_deploy.folder import LocalFolder
from patterns_deploy.runner import Runner
from patterns_local import emulator_environment
from patterns_local.emulator_environment import prepare_environment

FAKE_UV = """#!/bin/sh
echo "$@" >> {calls}
mkdir -p "$UV_PROJECT_ENVIRONMENT/bin"
touch "$UV_PROJECT_ENVIRONMENT/bin/python"
exit {code}
"""


@dataclasses.dataclass(frozen=True, slots=True)
class OwnVenv(LocalFolder):
    """A folder whose environment is not the checkout's."""

    @property
    def emulator_venv(self) -> Path:
        """Keep it below the folder."""
        return self.root / "venv"


@pytest.fixture
def own(tmp_path: Path) -> OwnVenv:
    """Return an empty folder."""
    folder = OwnVenv(tmp_path / "state")
    folder.prepare()
    return folder


def _use_uv(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, code: int = 0) -> Path:
    calls, uv = tmp_path / "calls", tmp_path / "uv"
    uv.write_text(FAKE_UV.format(calls=calls, code=code))
    uv.chmod(0o755)
    monkeypatch.setenv("UV", str(uv))
    return calls


@pytest.mark.integration
def test_a_second_time_runs_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, own: OwnVenv) -> None:
    """So a second start needs no network; another lock file or Python makes it anew."""
    calls = _use_uv(monkeypatch, tmp_path)
    runner = Runner(own.deploy_log)
    python = prepare_environment(own, runner)
    assert python == own.emulator_venv / "bin" / "python"
    assert prepare_environment(own, runner) == python
    assert len(calls.read_text().splitlines()) == 1
    arguments = calls.read_text()
    assert "sync --locked" in arguments
    assert f"--python {Path(sys.base_prefix, 'bin')}" in arguments, "not the virtual environment that runs this"
    monkeypatch.setattr(emulator_environment, "interpreter", lambda: "/another/python")
    prepare_environment(own, runner)
    assert len(calls.read_text().splitlines()) == 2


@pytest.mark.integration
def test_a_failing_uv_leaves_no_stamp(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, own: OwnVenv) -> None:
    """The next start tries again."""
    calls = _use_uv(monkeypatch, tmp_path, code=1)
    for _ in range(2):
        with pytest.raises(EnvironmentFailed, match="uv could not install the emulator"):
            prepare_environment(own, Runner(own.deploy_log))
    assert len(calls.read_text().splitlines()) == 2


def test_a_missing_uv_is_one_clear_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, own: OwnVenv) -> None:
    """It is the one program that a user must install."""
    monkeypatch.delenv("UV", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EnvironmentFailed, match="uv is not on PATH"):
        prepare_environment(own, Runner(own.deploy_log))
