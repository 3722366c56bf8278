"""The deployed batch."""

import pytest
from tests.reports import Reports

from patterns_local.platform import Platform


@pytest.fixture(scope="session")
def reports(platform: Platform) -> Reports:
    """Return the deployed batch, from outside."""
    return Reports(platform)
