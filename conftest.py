"""What holds for the tests of every member."""

import gc
import signal
from collections.abc import Iterator
from typing import Any

import pytest

_ONE_CLUSTER = "tests/k8s"


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Keep the garbage collector from going through all that is imported for the tests, again and again."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def pytest_configure() -> None:
    """Let children be interrupted also where a shell started the tests in the background, with SIGINT ignored."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:  # noqa: ANN401 - xdist's, which has no types
    """Give each process whole files, and one of them all of ``tests/k8s``, whose tests share a cluster.

    Groups (``--dist loadgroup``) are no way: of pytest 9.2, pytest-xdist 3.8 does not see them.
    """
    # Imported only where there are several processes.
    from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]  # noqa: PLC0415

    class WholeFiles(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            file, _, _ = nodeid.partition("::")
            return _ONE_CLUSTER if file.startswith(f"{_ONE_CLUSTER}/") else file

    return WholeFiles(config, log)
