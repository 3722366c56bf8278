"""What a deployment to the local platform tells a stack."""

import pytest

from patterns_local.deployment import Addresses, _parameters

ADDRESSES = Addresses("http://127.0.0.1:1", "http://127.0.0.1:2/events")


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        (["EndpointUrl", "PartnerUrl"], {"EndpointUrl": ADDRESSES.endpoint_url, "PartnerUrl": ADDRESSES.partner_url}),
        (["PartnerUrl", "BootstrapVersion"], {"PartnerUrl": ADDRESSES.partner_url}),
        ([], {}),
        (None, {}),
    ],
)
def test_a_stack_is_given_the_addresses_that_it_asks_for(asked: list[str] | None, given: dict[str, str]) -> None:
    """And no other parameter, which CloudFormation would refuse."""
    template = {} if asked is None else {"Parameters": {name: {"Type": "String"} for name in asked}}
    assert _parameters(template, ADDRESSES) == given
