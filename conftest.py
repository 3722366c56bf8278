"""What holds for the tests of every member."""

import gc
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
