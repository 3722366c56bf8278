"""Synthesizing once for each set of inputs, and saying in one line what the user can mend."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from patterns_infra import synth
from patterns_infra.app_folder import jsii_environment
from patterns_infra.registry import Pattern
from patterns_infra.settings import Settings
from patterns_infra.synth import SynthError, synthesize


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """Return the settings of each run of the app, which is replaced by writing one file."""
    seen: list[Settings] = []

    def run(settings: Settings, patterns: Sequence[Pattern], outdir: Path) -> None:  # noqa: ARG001
        seen.append(settings)
        outdir.mkdir()
        (outdir / "manifest.json").write_text(settings.stage)
        (outdir / "inputs.json").write_text("{}")

    monkeypatch.setattr(synth, "_run_app", run)
    return seen


def test_unchanged_inputs_cost_nothing(tmp_path: Path, runs: list[Settings]) -> None:
    """The second time the app is not run."""
    first = synthesize(Settings(), outdir=tmp_path / "out")
    assert synthesize(Settings(), outdir=tmp_path / "out") == first
    assert len(runs) == 1


def test_other_settings_are_other_templates(tmp_path: Path, runs: list[Settings]) -> None:
    """A changed setting runs the app, and replaces the folder as a whole."""
    out = synthesize(Settings(), outdir=tmp_path / "out")
    (out / "left-over").touch()
    synthesize(Settings(stage="other"), outdir=out)
    assert [x.stage for x in runs] == ["local", "other"]
    assert (out / "manifest.json").read_text() == "other"
    assert not (out / "left-over").exists()


def test_a_failure_keeps_the_old_templates(
    tmp_path: Path, runs: list[Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failing or interrupted synthesis leaves the folder as it was, and nothing beside it."""
    out = synthesize(Settings(), outdir=tmp_path / "out")

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(synth, "_run_app", interrupted)
    with pytest.raises(KeyboardInterrupt):
        synthesize(Settings(stage="other"), outdir=out)
    assert (out / "manifest.json").read_text() == "local"
    assert [x.name for x in tmp_path.iterdir()] == ["out"]
    assert len(runs) == 1


def test_what_the_user_can_mend_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The app's own refusal arrives without a stack trace."""
    monkeypatch.setattr(synth, "cdk_context", lambda: {"private_api": "perhaps"})
    with pytest.raises(SynthError) as caught:
        synthesize(Settings(), outdir=tmp_path / "out")
    assert str(caught.value) == "setting 'private_api' must be true or false, not 'perhaps'"


def test_node_comes_with_the_environment() -> None:
    """No Node on PATH is needed: jsii is pointed at the one that is a Python package."""
    assert Path(jsii_environment()["JSII_NODE"]).is_file()
