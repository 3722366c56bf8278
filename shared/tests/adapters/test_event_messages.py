import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patterns_shared.adapters.event_messages import (
    MAX_BODY_BYTES,
    event_from_body,
    event_from_delivery,
    event_to_body,
    identify,
)
from patterns_shared.domain.errors import InvalidEvent, UnknownEventVersion
from patterns_shared.domain.event_codec import encode_event
from patterns_shared.domain.events import SCHEMA_VERSION, EventType
from patterns_shared.testing import make_event


@pytest.mark.parametrize("event_type", list(EventType))
def test_an_event_comes_through(event_type: EventType) -> None:
    """Every field of every type, in any language."""
    event = make_event(event_type)
    event = replace(event, data=replace(event.data, customer_id='Žofie "喫茶" 🫖 \u2028'))
    assert event_from_body(event_to_body(event)) == event
    assert event_from_body(json.dumps(encode_event(event))) == event


def test_a_field_that_was_added_later_is_accepted() -> None:
    """Producers may add; consumers need not know."""
    document = {**encode_event(make_event()), "gift": {"wrapped": True}}
    assert event_from_body(json.dumps(document)) == make_event()


def test_a_version_from_the_future_is_refused_by_name() -> None:
    """Its meaning changed, and guessing would be worse than waiting for a person."""
    document = {**encode_event(make_event()), "schema_version": SCHEMA_VERSION + 1}
    with pytest.raises(UnknownEventVersion, match="schema_version: 2 is newer than 1"):
        event_from_body(json.dumps(document))


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "null",
        "[]",
        '"text"',
        "1",
        "\ufeff{}",
        "[" * 100_000,
        '{"schema_version": NaN}',
        '{"schema_version": -Infinity}',
        '{"schema_version": ' + "1" * 5000 + "}",
        "not json, but joe@example.com",
    ],
)
def test_what_is_no_event_is_refused_without_being_quoted(body: str) -> None:
    """A reason ends up in a log, and a body may hold anything."""
    with pytest.raises(InvalidEvent) as refused:
        event_from_body(body)
    assert "joe" not in str(refused.value)


@pytest.mark.parametrize("field", ["id", "order_id"])
@pytest.mark.parametrize("value", ["a b", "a\r\nX-Admin: 1", "ä", "x" * 256, "\x00"])
def test_an_id_that_no_header_or_key_takes_is_refused(field: str, value: str) -> None:
    """It becomes a header at the partner and a key in the tables."""
    with pytest.raises(InvalidEvent) as refused:
        event_from_body(json.dumps({**encode_event(make_event()), field: value}))
    assert refused.value.field == field


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_only_python_takes_for_json_is_refused(value: float) -> None:
    """Wherever it occurs: other programs could not read the event."""
    with pytest.raises(InvalidEvent, match="not JSON"):
        event_from_body(json.dumps({**encode_event(make_event()), "note": value}))


def test_half_a_character_is_refused() -> None:
    """It is JSON, and no text that a table, a queue or a partner takes; a whole one is nothing special."""
    body = json.dumps({**encode_event(make_event()), "note": "\U0001f375"})
    assert "\\ud83c" in body
    assert event_from_body(body) == make_event()
    with pytest.raises(InvalidEvent):
        event_from_body(body.replace("\\udf75", ""))


@pytest.mark.parametrize("filler", ["x", "ü", "\U0001f375"])
def test_a_body_over_the_limit_is_refused_and_one_at_the_limit_is_read(filler: str) -> None:
    """Counted in bytes, whatever the characters are."""
    document = {**encode_event(make_event()), "filler": ""}
    room = MAX_BODY_BYTES - len(json.dumps(document, ensure_ascii=False).encode())
    width = len(filler.encode())
    fitting = filler * (room // width) + "x" * (room % width)
    body = json.dumps({**document, "filler": fitting}, ensure_ascii=False)
    assert len(body.encode()) == MAX_BODY_BYTES
    assert event_from_body(body) == make_event()
    with pytest.raises(InvalidEvent, match="over the limit"):
        event_from_body(body + " ")


@given(
    st.text(max_size=200) | st.recursive(st.none() | st.text(), lambda x: st.dictionaries(st.text(), x)).map(json.dumps)
)
def test_any_text_is_an_event_or_invalid(body: str) -> None:
    """There is no third way: no other error leaves, so no text can take a batch down."""
    with pytest.raises(InvalidEvent):
        event_from_body(body)


def test_a_body_tells_its_ids_even_if_it_is_no_event() -> None:
    """So that a log says which order is concerned, and nothing else."""
    event = make_event()
    document = {**encode_event(event), "schema_version": 99}
    known = {"event_id": event.id, "order_id": event.order_id, "traceparent": event.traceparent}
    assert identify(json.dumps(document)) == known
    assert identify('{"id": "a b", "order_id": 7, "traceparent": null}') == {}
    for body in ("", "[]", "{", "x" * (MAX_BODY_BYTES + 1)):
        assert identify(body) == {}


def delivered(detail: object) -> str:
    """Return a body as a rule of EventBridge delivers it."""
    return json.dumps({"version": "0", "detail-type": "OrderPlaced", "source": "patterns.test", "detail": detail})


def test_a_delivery_is_read_with_its_envelope_and_without() -> None:
    """Whatever the rule's target says about its input."""
    event = make_event()
    assert event_from_delivery(delivered(encode_event(event))) == event
    assert event_from_delivery(event_to_body(event)) == event


@pytest.mark.parametrize(
    "body", [delivered(None), delivered([]), delivered("x"), '{"detail-type": "OrderPlaced"}', "{"]
)
def test_a_delivery_of_no_event_is_refused(body: str) -> None:
    """As any other body that is none."""
    with pytest.raises(InvalidEvent):
        event_from_delivery(body)


def test_a_delivery_is_identified_by_what_is_in_it() -> None:
    """EventBridge's own id is of no use for following an order."""
    event = make_event()
    assert identify(delivered(encode_event(event)))["event_id"] == event.id
