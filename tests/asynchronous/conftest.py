"""The deployed asynchronous pattern."""

import pytest
from tests.receivers import Receivers
from tests.stack import DeployedStack

from patterns_infra.local.platform import LOCAL_STAGE, Platform
from patterns_infra.registry import PATTERNS


@pytest.fixture(scope="session")
def async_stack(platform: Platform) -> DeployedStack:
    """Return the pattern's deployed resources."""
    return DeployedStack(platform, PATTERNS["async"].stack_name(LOCAL_STAGE))


@pytest.fixture(scope="session")
def receivers(platform: Platform, async_stack: DeployedStack) -> Receivers:
    """Return the receivers, from outside."""
    outputs = {key: value for key, value in platform.outputs()["async"].items() if value is not None}
    return Receivers(platform, async_stack, outputs)
