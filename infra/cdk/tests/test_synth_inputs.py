"""Templates are made again when anything that the app read has changed, and only then.

The app runs unstubbed, on a copy of the repository whose files a test may change.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from patterns_infra.paths import REPOSITORY
from patterns_infra.tool_environment import tool_environment

pytestmark = pytest.mark.integration

_SYNTHESIZE = """
import json, sys
from pathlib import Path
from patterns_infra import synth
from patterns_infra.registry import PATTERNS
from patterns_infra.settings import Settings
outdir, settings, asked = sys.argv[1:]
if asked == "would it run":
    synth._run_app = lambda *_: sys.exit("the app runs")
synth.synthesize(Settings.from_mapping(json.loads(settings)), [PATTERNS["async"], PATTERNS["k8s"]], outdir=Path(outdir))
"""


class Copy:
    """A copy of the repository and what was synthesized from it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.outdir = root / ".local" / "cdk.out" / "local"

    def synthesize(self) -> None:
        """Run the app where it has to run."""
        done = self._run("run", {})
        assert done.returncode == 0, done.stderr

    def is_current(self, settings: dict[str, str] | None = None, **environment: str) -> bool:
        """Whether the templates would be taken as they are; the app is not run."""
        done = self._run("would it run", settings or {}, **environment)
        assert done.returncode == 0 or done.stderr.strip() == "the app runs", done.stderr
        return done.returncode == 0

    def _run(self, asked: str, settings: dict[str, str], **environment: str) -> "subprocess.CompletedProcess[str]":
        python = self.root / ".venv" / "bin" / "python"
        return subprocess.run(
            [str(python), "-c", _SYNTHESIZE, str(self.outdir), json.dumps(settings), asked],
            env={**tool_environment(), **environment},
            cwd=self.root,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """Return a synthesized copy of the repository, with an environment of its own."""
    root = tmp_path_factory.mktemp("copy")
    without = shutil.ignore_patterns(".*", "__pycache__", "tests", "cdk.out", "*.egg-info")
    for folder in ("infra", "patterns", "shared"):
        shutil.copytree(REPOSITORY / folder, root / folder, ignore=without)
    for file in (x for x in REPOSITORY.iterdir() if x.is_file() and not x.name.startswith(".")):
        shutil.copyfile(file, root / file.name)
    command = ["uv", "sync", "--locked", "--quiet", "--package", "patterns-infra", "--python", sys.executable]
    subprocess.run(command, cwd=root, env=tool_environment(), check=True)
    made = Copy(root)
    made.synthesize()
    return made


@pytest.fixture
def changed(copy: Copy, request: pytest.FixtureRequest) -> Iterator[Path]:
    """Change one file of the copy for a test."""
    file: Path = copy.root / request.param
    before = file.read_bytes()
    file.write_bytes(before + (b"\n" if file.suffix == ".json" else b"\n# changed\n"))
    yield file
    file.write_bytes(before)


def test_unchanged_inputs_are_not_synthesized_again(copy: Copy) -> None:
    """The app does not run a second time."""
    assert copy.is_current()


@pytest.mark.parametrize(
    "changed",
    [
        "infra/cdk/app.py",
        "infra/cdk/src/patterns_infra/constructs/common/queue_consumer.py",
        "infra/cdk/src/patterns_infra/receivers.py",
        "patterns/async/receivers.json",
        "patterns/async/src/patterns_async/settings.py",
        "patterns/k8s/Dockerfile",
        "uv.lock",
        "pyproject.toml",
    ],
    indirect=True,
)
def test_a_changed_input_is_noticed(copy: Copy, changed: Path) -> None:
    """Construct, declaration, a function's source, Dockerfile, lock file: each makes the app run."""
    assert not copy.is_current(), changed


def test_a_new_module_is_noticed(copy: Copy) -> None:
    """It may shadow another one."""
    added = copy.root / "infra" / "cdk" / "src" / "patterns_infra" / "constructs" / "common" / "added.py"
    added.touch()
    assert not copy.is_current()
    added.unlink()
    assert copy.is_current()


def test_a_changed_setting_is_noticed(copy: Copy) -> None:
    """Another stage has another template; so has another feature flag of the CDK."""
    assert not copy.is_current({"stage": "other"})
    file = copy.root / "infra" / "cdk" / "cdk.json"
    before = file.read_text()
    file.write_text(before.replace("true", "false", 1))
    assert not copy.is_current()
    file.write_text(before)


def test_an_account_from_the_environment_is_noticed(copy: Copy) -> None:
    """The CDK's command line names the account in a variable, which an app for AWS reads."""
    assert not copy.is_current(CDK_DEFAULT_ACCOUNT="111122223333")


def test_variables_of_a_terminal_change_nothing(copy: Copy) -> None:
    """Colours, a locale and options of interpreters change neither a bundle, nor an image's tag, nor the templates."""
    shutil.rmtree(copy.root / ".local" / "bundles")
    assert copy.is_current(
        FORCE_COLOR="0",
        CLICOLOR_FORCE="1",
        LC_ALL="tr_TR.UTF-8",
        LANG="de_DE",
        NODE_OPTIONS="--no-such-option",
        UV_PYTHON="3.9",
        UV_NO_BINARY="1",
        PYTHONWARNINGS="error",
        RUST_LOG="trace",
    )
