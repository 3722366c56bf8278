"""Running a bundle's code as Lambda does: with the bundle, what its runtime brings, and nothing else in reach."""

import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

from patterns_infra.bundles import Bundle

RUNTIME = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3")
"""What Lambda's runtime brings for Python."""


@pytest.fixture
def lambda_runtime(tmp_path: Path) -> Path:
    """Return a folder with the packages of the runtime, to which a test may add others."""
    folder = tmp_path / "runtime"
    folder.mkdir()
    for name in RUNTIME:
        spec = find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        found = Path(spec.origin)
        found = found.parent if found.name == "__init__.py" else found
        (folder / found.name).symlink_to(found)
    return folder


@pytest.fixture
def run_as_function(lambda_runtime: Path) -> Callable[[Bundle, str], None]:
    """Return what runs code, which may call ``import_module``, in a process of its own; it must not fail."""

    def run(bundle: Bundle, code: str) -> None:
        path = f"import sys; sys.path[:0] = [{str(bundle.path)!r}, {str(lambda_runtime)!r}]\n"
        code = f"{path}from importlib import import_module\n{code}"
        done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    return run
