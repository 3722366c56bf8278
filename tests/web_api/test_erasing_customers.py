"""`patterns erase-customer`, on the deployed stack: what goes, what stays, and what tokens can still do."""

import json

import httpx
import pytest
from tests.calls import SignUp, one_line, signed_in
from tests.clients import administrator

from patterns_cli.commands.erase_customer import erase_customer_at
from patterns_cli.commands.failures import CommandError
from patterns_cli.demo.shoppers import Shopper
from patterns_local.platform import Platform

pytestmark = pytest.mark.integration


def test_a_customers_address_is_nowhere_after_erasing(
    platform: Platform,
    api: httpx.Client,
    sign_up: SignUp,
    orders_table: str,
    user_pool_id: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Not in the table, in no claim, in no account; an open order is cancelled, and the orders stay the customer's."""
    customer, items = sign_up(), administrator(platform, "dynamodb").get_paginator("scan")
    closed = _place(api, customer).json()["order_id"]
    api.post(f"/orders/{closed}/cancel", headers=signed_in(customer))
    still_open = api.post("/orders", json=one_line(), headers={**signed_in(customer), "Idempotency-Key": "k"}).json()

    erase_customer_at(platform.place, customer.email)

    said = capsys.readouterr().err
    assert "2 orders, 1 of them cancelled now, 2 addresses erased" in said
    assert f"patterns erase-customer {customer.sub}" in said
    assert customer.email not in said
    found = [item for page in items.paginate(TableName=orders_table, ConsistentRead=True) for item in page["Items"]]
    assert customer.email not in json.dumps(found)
    users = administrator(platform, "cognito-idp").list_users(UserPoolId=user_pool_id)["Users"]
    assert customer.email not in json.dumps(users, default=str)
    # The ID token is good until it expires; this is what it shows.
    assert api.get(f"/orders/{still_open['order_id']}", headers=signed_in(customer)).json()["status"] == "CANCELLED"

    late = _place(api, customer).json()["order_id"]
    erase_customer_at(platform.place, customer.sub)
    assert "3 orders, 1 of them cancelled now, 1 addresses erased" in capsys.readouterr().err
    assert api.get(f"/orders/{late}", headers=signed_in(customer)).json()["status"] == "CANCELLED"


def test_an_unknown_address_is_named_as_such(platform: Platform) -> None:
    """It may be an account that was deleted before, which its id still names."""
    with pytest.raises(CommandError, match="no account"):
        erase_customer_at(platform.place, "unknown@example.com")


def _place(api: httpx.Client, customer: Shopper) -> httpx.Response:
    answer = api.post("/orders", json=one_line(), headers=signed_in(customer))
    assert answer.status_code == 201, answer.text
    return answer
