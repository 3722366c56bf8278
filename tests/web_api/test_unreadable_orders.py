"""Orders in the table that older rules allowed, and one that cannot be read."""

from typing import Any

import httpx
import pytest
from tests.calls import SignUp, one_line, signed_in
from tests.clients import administrator
from tests.queues import tap

from patterns_local.platform import Platform
from patterns_shared.domain.orders import MAX_QUANTITY

pytestmark = pytest.mark.integration

OLD_LINE = {
    "M": {"sku": {"S": "NO-LONGER-SOLD"}, "quantity": {"N": str(5 * MAX_QUANTITY)}, "unit_price": {"N": "2"}},
}
OLD = {"lines": {"L": [OLD_LINE, OLD_LINE]}, "total": {"N": str(20 * MAX_QUANTITY)}}
"""More pieces than may be ordered today, of a product that is in no catalogue, twice."""


def test_old_orders_are_like_any_other_and_a_damaged_one_costs_only_itself(
    platform: Platform, orders_table: str, api: httpx.Client, sign_up: SignUp
) -> None:
    """Listed, shown, cancelled and told of; of the damaged one, the cancel that was written succeeds."""
    customer, table = sign_up(), administrator(platform, "dynamodb")
    with tap(platform, "patterns.local") as bus:
        ids = [api.post("/orders", json=one_line(), headers=signed_in(customer)).json()["order_id"] for _ in range(3)]

        def change(order_id: str, attributes: dict[str, Any]) -> None:
            item = table.get_item(TableName=orders_table, Key={"pk": {"S": f"ORDER#{order_id}"}})["Item"]
            table.put_item(TableName=orders_table, Item={**item, **attributes})

        change(ids[0], OLD)
        change(ids[1], {"total": {"N": "1"}})
        listed = api.get("/orders", headers=signed_in(customer))
        assert listed.status_code == 200
        assert [order["order_id"] for order in listed.json()["orders"]] == [ids[2], ids[0]]
        assert api.get(f"/orders/{ids[0]}", headers=signed_in(customer)).json()["total"] == 20 * MAX_QUANTITY
        assert api.get(f"/orders/{ids[1]}", headers=signed_in(customer)).status_code == 500
        cancels = [api.post(f"/orders/{each}/cancel", headers=signed_in(customer)) for each in ids]
        assert [each.status_code for each in cancels] == [200, 204, 200]
        assert [event["detail-type"] for event in bus.of_order(ids[0], count=2)] == ["OrderPlaced", "OrderCancelled"]
    kept = table.get_item(TableName=orders_table, Key={"pk": {"S": f"ORDER#{ids[1]}"}})["Item"]
    assert kept["status"] == {"S": "CANCELLED"}
