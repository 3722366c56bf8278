"""The asynchronous pattern's bundle: what speaks to the partner is the version that is tested."""

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from patterns_infra.bundles import Bundle, LambdaRuntime, build_bundle
from patterns_infra.paths import REPOSITORY
from patterns_infra.workspace import member_sources

PACKAGE = "patterns-async"
RunAsFunction = Callable[[Bundle, str], None]


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    """Return the bundle for this machine."""
    return build_bundle(PACKAGE, runtime=LambdaRuntime.on_this_machine())


def locked(name: str) -> str:
    """Return the version that the lock file pins."""
    packages = tomllib.loads((REPOSITORY / "uv.lock").read_text())["package"]
    (version,) = (package["version"] for package in packages if package["name"] == name)
    return str(version)


def test_the_http_library_is_the_locked_one(bundle: Bundle) -> None:
    """No runtime's own version is used: the tests run with the one that is deployed."""
    (metadata,) = bundle.path.glob("h11-*.dist-info")
    assert metadata.name == f"h11-{locked('h11')}.dist-info"


def test_nothing_of_ours_uses_the_runtimes_http_library() -> None:
    """Lambda's runtimes have one urllib3 or another, which nobody here has tried."""
    (source,) = (path for path in member_sources(PACKAGE) if (path / "patterns_async").is_dir())
    assert not [path for path in source.rglob("*.py") if "urllib3" in path.read_text()]


def test_the_bundle_wins_over_the_runtime(bundle: Bundle, lambda_runtime: Path, run_as_function: RunAsFunction) -> None:
    """Lambda looks into the function's folder first; every receiver imports from there, and finds a whole library."""
    (lambda_runtime / "h11.py").write_text("raise ImportError('the runtime has another version')\n")
    run_as_function(
        bundle,
        "for name in ('ledger', 'partner', 'notify', 'outcome'):\n"
        "    assert callable(import_module(f'patterns_async.entrypoints.{name}').lambda_handler)\n"
        f"import h11; assert h11.__file__.startswith({str(bundle.path)!r})\n",
    )
