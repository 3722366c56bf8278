"""What holds for the tests of every member."""

import gc
import signal
from collections.abc import Iterator

import pytest


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


@pytest.hookimpl(tryfirst=True)  # pytest-xdist's own hook reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give a worker of ``--dist loadgroup`` whole files, and one worker all of ``tests/k8s``: they share a cluster."""
    for item in items:
        folder, _, _ = item.location[0].rpartition("/")
        item.add_marker(pytest.mark.xdist_group(folder if folder == "tests/k8s" else item.location[0]))
