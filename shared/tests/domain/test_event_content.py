import json
from dataclasses import fields, replace
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given

from patterns_shared.domain.event_codec import decode_event, encode_event
from patterns_shared.domain.event_content import content_digest
from patterns_shared.domain.events import Contact, Event, EventType, OrderRejectedData
from patterns_shared.domain.orders import OrderLine
from patterns_shared.testing import make_event
from patterns_shared.testing.strategies import events

EVENT = make_event(EventType.ORDER_REJECTED)
LATER = EVENT.occurred_at.replace(year=2030)
CHANGED: dict[str, Any] = {
    "id": "another",
    "schema_version": 2,
    "occurred_at": LATER,
    "order_id": "another",
    "order_version": 9,
    "traceparent": "another",
}
CHANGED_DATA: dict[str, Any] = {
    "customer_id": "another",
    "contact": Contact("eve@example.com"),
    "lines": (OrderLine("x", 1, 1),),
    "currency": "JPY",
    "total": 1,
    "placed_at": LATER,
    "reason": "another",
}


@given(event=events())
def test_an_event_that_was_sent_and_read_has_the_same_digest(event: Event) -> None:
    """Whatever is in it, and however its document is spelled."""
    again = decode_event(dict(reversed(encode_event(event).items())))
    for contact in (True, False):
        assert content_digest(again, contact=contact) == content_digest(event, contact=contact)


@given(event=events())
def test_a_digest_is_that_of_a_json_list(event: Event) -> None:
    """With every kind of text in it: quotes, control characters, other scripts."""
    data = encode_event(event)["data"]
    listed = [
        *(event.id, event.type.value, event.schema_version, event.occurred_at.isoformat()),
        *(event.order_id, event.order_version, event.traceparent, data["customer_id"], data["contact"]["email"]),
        [[line["sku"], line["quantity"], line["unit_price"]] for line in data["lines"]],
        *(data["currency"], data["total"], event.data.placed_at.isoformat(), data.get("reason")),
    ]
    text = json.dumps(listed, separators=(",", ":"))
    assert content_digest(event, contact=True) == sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("name", [each.name for each in fields(Event) if each.name not in {"data", "type"}])
def test_each_field_counts(name: str) -> None:
    """A field that is added to events later has to be added to the digest: there is no change for it here yet."""
    other = replace(EVENT, **{name: CHANGED[name]})
    assert content_digest(other, contact=False) != content_digest(EVENT, contact=False)


@pytest.mark.parametrize("name", [each.name for each in fields(OrderRejectedData)])
def test_each_field_of_the_data_counts(name: str) -> None:
    """The address only where it is asked for."""
    other = replace(EVENT, data=replace(EVENT.data, **{name: CHANGED_DATA[name]}))
    assert content_digest(other, contact=True) != content_digest(EVENT, contact=True)
    assert (content_digest(other, contact=False) == content_digest(EVENT, contact=False)) is (name == "contact")


def test_the_type_counts() -> None:
    """Two types of event about the same order in the same state are two contents."""
    placed, cancelled = (make_event(type_, id="1") for type_ in (EventType.ORDER_PLACED, EventType.ORDER_CANCELLED))
    same = replace(cancelled, order_version=placed.order_version)
    assert content_digest(placed, contact=False) != content_digest(same, contact=False)


@pytest.mark.parametrize(
    ("type_", "contact", "digest"),
    [
        (EventType.ORDER_PLACED, False, "dac6b64dc50ac0d98ead3d929b2354a5af992f7bd21d0d07c2c9b7a655504cc1"),
        (EventType.ORDER_PLACED, True, "efaf1310d1bbe32f0d34e3bb4ea438a6dbf3ba5f6c0bfdb11212542ad3f5440b"),
        (EventType.ORDER_REJECTED, False, "a0a0f6683191a459de770f609c735d1adf6c4e0396b5bc7e52cbcdec0f38692e"),
        (EventType.ORDER_REJECTED, True, "b34a60b3e52a6eaacbc4f6da7ce428d897423a89185e76ff53cea54b06b7a9e9"),
    ],
)
def test_digests_are_what_they_were_in_every_release(type_: EventType, *, contact: bool, digest: str) -> None:
    """They are stored with ledger entries and claims: with another digest every duplicate would be a conflict."""
    assert content_digest(make_event(type_, id="event-7"), contact=contact) == digest
