from datetime import timedelta

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from hypothesis import given
from hypothesis import strategies as st

from patterns_shared.adapters.order_items import (
    claim_key,
    is_order,
    order_from_item,
    order_key,
    order_to_item,
    text_of,
)
from patterns_shared.domain.errors import MalformedOrder
from patterns_shared.domain.orders import Order
from patterns_shared.testing import make_order
from patterns_shared.testing.made import TRACEPARENT
from patterns_shared.testing.strategies import json_values, orders


@given(order=orders())
def test_an_order_comes_back_from_its_item(order: Order) -> None:
    """Every order that the domain allows; what a later release adds to an item does no harm."""
    item = order_to_item(order, traceparent=TRACEPARENT)
    assert order_from_item(item) == order
    assert order_from_item({**item, "added_later": {"BOOL": True}}) == order
    assert text_of(item, "traceparent") == TRACEPARENT


@given(order=orders())
def test_an_item_is_in_the_wires_own_form(order: Order) -> None:
    """boto3's serializer, which is not imported at run time, would write the same."""
    item = order_to_item(order, traceparent=TRACEPARENT)
    plain = TypeDeserializer().deserialize({"M": item})
    assert TypeSerializer().serialize(plain) == {"M": item}
    assert plain["total"] == order.total
    assert plain["customer_status"] == f"{order.customer_id}#{order.status.value}"


def test_no_order_ever_expires() -> None:
    """Only claims have the attribute by which the table forgets."""
    assert "expires_at" not in order_to_item(make_order(), traceparent=TRACEPARENT)


@given(order=orders(), replacement=json_values, data=st.data())
def test_a_broken_item_is_malformed_and_nothing_else(order: Order, replacement: object, data: st.DataObject) -> None:
    """Whatever an attribute holds: a consumer of the table's stream needs one line to tell a poison record."""
    item = order_to_item(order, traceparent=TRACEPARENT)
    name = data.draw(st.sampled_from(sorted(item)))
    kind = next(iter(item[name]))
    item[name] = data.draw(st.sampled_from([replacement, {kind: replacement}, {kind: str(replacement)}]))
    try:
        read = order_from_item(item)
    except MalformedOrder:
        return
    assert order_from_item(order_to_item(read, traceparent=TRACEPARENT)) == read


@given(item=st.dictionaries(st.sampled_from(["pk", "order_id", "lines", "traceparent"]), json_values))
def test_anything_may_be_asked_whether_it_is_an_order(item: dict[str, object]) -> None:
    """A record of the stream is checked before its kind is known."""
    assert not is_order(item) or str(item["pk"]).count("ORDER#")
    text_of(item, "traceparent")
    with pytest.raises(MalformedOrder):
        order_from_item(item)


@pytest.mark.parametrize("name", sorted(set(order_to_item(make_order(), traceparent="t")) - {"pk", "traceparent"}))
def test_a_missing_attribute_is_named(name: str) -> None:
    """Each one is needed to make an order, but for those that the index and the trace need."""
    item = order_to_item(make_order(), traceparent=TRACEPARENT)
    del item[name]
    if name == "customer_status":
        assert order_from_item(item) == make_order()
        return
    with pytest.raises(MalformedOrder, match=f"^{name} is missing"):
        order_from_item(item)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("total", {"N": "1"}),
        ("total", {"N": "lovelace@example.com"}),
        ("status", {"S": "lovelace@example.com"}),
        ("placed_at", {"S": "lovelace@example.com"}),
        ("placed_at", {"S": "2026-01-05T09:30:00"}),
        ("order_version", {"N": "0"}),
        ("lines", {"L": []}),
        ("lines", {"L": [{"S": "lovelace@example.com"}]}),
    ],
)
def test_a_malformed_order_is_not_quoted(name: str, value: object) -> None:
    """The error is logged: no value is in it, since any value may be an address."""
    item = {**order_to_item(make_order(), traceparent=TRACEPARENT), name: value}
    with pytest.raises(MalformedOrder) as malformed:
        order_from_item(item)
    assert "lovelace" not in str(malformed.value)


def test_orders_and_claims_have_keys_that_never_meet() -> None:
    """Readers of the table tell one from the other by its key alone."""
    assert is_order(order_key("x"))
    assert not is_order(claim_key("x", "y"))
    assert not is_order({})


@given(first=st.text(), second=st.text())
def test_a_claims_key_is_of_one_client_text(first: str, second: str) -> None:
    """Two texts have two keys, of one length whatever the text's, and without the text in it."""
    keys = [claim_key("customer-1", text)["pk"]["S"] for text in (first, second)]
    assert (keys[0] == keys[1]) == (first == second)
    assert len(keys[0]) == len("IDEMPOTENCY#customer-1#") + 64


def test_times_keep_their_microseconds() -> None:
    """An order that is read is equal to the one that was written, to the last digit."""
    order = make_order(placed_at=make_order().placed_at + timedelta(microseconds=1))
    assert order_from_item(order_to_item(order, traceparent=TRACEPARENT)).placed_at == order.placed_at
