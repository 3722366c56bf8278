"""The deployed asynchronous pattern, and the partner that it tells."""

from collections.abc import Iterator

import pytest
from tests.clients import administrator
from tests.receivers import Receivers
from tests.stack import DeployedStack

from patterns_infra.registry import PATTERNS
from patterns_local.partner.client import PartnerClient
from patterns_local.platform import LOCAL_STAGE, Platform


@pytest.fixture(scope="session")
def async_stack(platform: Platform) -> DeployedStack:
    """Return the pattern's deployed resources."""
    return DeployedStack(platform, PATTERNS["async"].stack_name(LOCAL_STAGE))


@pytest.fixture(scope="session")
def receivers(platform: Platform, async_stack: DeployedStack) -> Receivers:
    """Return the receivers, from outside."""
    outputs = {key: value for key, value in platform.outputs()["async"].items() if value is not None}
    return Receivers(platform, async_stack, outputs)


@pytest.fixture
def partner(platform: Platform, async_stack: DeployedStack, receivers: Receivers) -> Iterator[PartnerClient]:
    """Give a partner that is well, has seen nothing, and whose circuit is closed; it is well again afterwards."""
    with PartnerClient(platform.partner_url) as client:
        client.behave("up")
        receivers.settle("partner", seconds=90)
        receivers.take_dead_letters("partner", count=0)
        table = async_stack.environment("partner")["CIRCUIT_TABLE"]
        administrator(platform, "dynamodb").delete_item(TableName=table, Key={"circuit": {"S": "partner"}})
        client.forget()
        yield client
        client.behave("up")
