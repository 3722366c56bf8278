"""What the peers' functions are made of: a module of ours, and the libraries of the locked group ``peers``.

Built as our own bundles are: for this machine's Python, without what Lambda has, stripped and byte-compiled.
"""

import shutil
import tempfile
from pathlib import Path

from patterns_infra.bundle_contents import archive, byte_compile, install
from patterns_infra.bundles import GIVEN_BY_LAMBDA, LambdaRuntime
from patterns_infra.workspace import run_uv

__all__ = ["archive_of"]

_PEERS = Path(__file__).parents[1] / "peers"


def archive_of(module: str, *, libraries: bool) -> bytes:
    """Return the zip file of a function whose handler is ``benchmarks.peers.<module>.lambda_handler``.

    Raises:
        BundleError: uv cannot install the libraries, or the compiler failed.
    """
    runtime = LambdaRuntime.on_this_machine()
    with tempfile.TemporaryDirectory(prefix="patterns-bench-") as folder:
        content = Path(folder, "content")
        package = content / "benchmarks" / "peers"
        package.mkdir(parents=True)
        if libraries:
            install(_requirements(), content, runtime=runtime)
        Path(content, "benchmarks", "__init__.py").touch()
        for name in ("__init__", module):
            shutil.copyfile(_PEERS / f"{name}.py", package / f"{name}.py")
        assert runtime.interpreter
        byte_compile(content, runtime.interpreter)
        archive(content, Path(folder, "code.zip"))
        return Path(folder, "code.zip").read_bytes()


def _requirements() -> str:
    without = [word for name in GIVEN_BY_LAMBDA for word in ("--no-emit-package", name)]
    return run_uv("export", "--locked", "--only-group", "peers", "--no-emit-workspace", "--no-header", *without)
