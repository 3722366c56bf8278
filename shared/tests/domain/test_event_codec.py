import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from patterns_shared.domain.errors import InvalidEvent, UnknownEventVersion
from patterns_shared.domain.event_codec import MAX_INTEGER, decode_event, encode_event
from patterns_shared.domain.events import SCHEMA_VERSION, Event, EventType
from patterns_shared.testing import make_event
from patterns_shared.testing.strategies import events, json_values

TIMES = {
    "2026-01-05T09:30:00+00:00": True,
    "2026-01-05T09:30:00Z": True,
    "2026-01-05T09:30:00.5Z": True,
    "2026-01-05T09:30:00.123456789Z": True,
    "2026-01-05T09:30:00": False,
    "2026-01-05T09:30:00+02:00": False,
    "2026-01-05T09:30:00-00:00": False,
    "2026-01-05T09:30Z": False,
    "2026-01-05 09:30:00Z": False,
    "20260105T093000Z": False,
    "2026-W02-1T09:30:00Z": False,
    "2026-02-30T09:30:00Z": False,
    "2026-01-05T24:00:00Z": False,
    "2026-01-05T09:30:00Z\n": False,
    "٢٠٢٦-01-05T09:30:00Z": False,
    "2026-01-05": False,
    "yesterday": False,
    "": False,
}


def paths(value: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of every value in a JSON document but the document itself."""
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    else:
        return []
    return [found for key, part in inner for found in [(*path, key), *paths(part, (*path, key))]]


def parent_of(document: Any, path: tuple[Any, ...]) -> Any:  # noqa: ANN401 - a JSON value
    """Return the object or list that has the value at the path."""
    for key in path[:-1]:
        document = document[key]
    return document


@given(event=events())
def test_an_event_comes_back_from_json_as_it_was(event: Event) -> None:
    """Through real JSON text, for every type of event and every text and number that an event can have."""
    assert decode_event(json.loads(json.dumps(encode_event(event)))) == event


@given(event=events(), data=st.data())
def test_fields_that_were_added_later_are_accepted(event: Event, data: st.DataObject) -> None:
    """On every level: a writer may add what this reader does not know yet."""
    document = encode_event(event)
    for part in (document, document["data"], document["data"]["contact"], document["data"]["lines"][0]):
        part["added_" + data.draw(st.text(max_size=3))] = data.draw(json_values)
    assert decode_event(document) == event


@given(event=events(), version=st.integers(SCHEMA_VERSION + 1, MAX_INTEGER))
def test_a_version_from_the_future_is_refused(event: Event, version: int) -> None:
    """Whatever else it says: its meaning may have changed. The error is told apart from a broken event's."""
    with pytest.raises(UnknownEventVersion) as unknown:
        decode_event({**encode_event(event), "schema_version": version, "data": "another shape"})
    assert unknown.value.field == "schema_version"


@given(document=json_values)
@example(document={"schema_version": True})
@example(document={"schema_version": 1, "type": "OrderPlaced", "id": "\ud800"})
@example(document={"schema_version": float("inf")})
@example(document={"schema_version": float("nan")})
def test_no_json_document_is_anything_but_an_event_or_an_invalid_one(document: object) -> None:
    """Nothing else is raised, so a consumer needs one line to tell a poison message."""
    with pytest.raises(InvalidEvent):
        decode_event(document)


@given(event=events(), replacement=json_values, data=st.data())
def test_a_broken_field_is_named_or_the_event_is_still_one(
    event: Event, replacement: object, data: st.DataObject
) -> None:
    """Any one value replaced by any other: the error's path leads to the replaced value, or to the total above it."""
    document = encode_event(event)
    path = data.draw(st.sampled_from(paths(document)))
    parent_of(document, path)[path[-1]] = replacement
    try:
        decoded = decode_event(document)
    except InvalidEvent as error:
        invalid = error
    else:
        assert decode_event(encode_event(decoded)) == decoded
        return
    # Another type of event may lack the reason; another price breaks the total.
    consequences = {("type",): "data.reason"}.get(path, "data.total")
    assert invalid.field.startswith((".".join(map(str, path)), consequences))


@pytest.mark.parametrize("event_type", list(EventType))
def test_a_field_that_is_missing_is_named(event_type: EventType) -> None:
    """Each field of each type of event is needed."""
    complete = encode_event(make_event(event_type))
    for path in paths(complete):
        if path[-1] == 1:
            continue  # the second line: an order of one line is an order too
        document = json.loads(json.dumps(complete))
        del parent_of(document, path)[path[-1]]
        with pytest.raises(InvalidEvent) as invalid:
            decode_event(document)
        assert invalid.value.field in {".".join(map(str, path)), "data.total"}


@pytest.mark.parametrize(("text", "accepted"), TIMES.items())
def test_a_time_is_rfc_3339_in_utc(text: str, *, accepted: bool) -> None:
    """The other forms of ISO 8601 are refused, so that every reader of the shop's events agrees on them."""
    document = {**encode_event(make_event()), "occurred_at": text}
    if accepted:
        assert decode_event(document).occurred_at.utcoffset() == timedelta(0)
    else:
        with pytest.raises(InvalidEvent) as invalid:
            decode_event(document)
        assert invalid.value.field == "occurred_at"


def test_a_time_in_another_zone_is_written_in_utc() -> None:
    """The instant stays the same; a time without a zone is a bug and not written."""
    event = make_event()
    elsewhere = event.occurred_at.astimezone(timezone(timedelta(hours=-5)))
    assert encode_event(replace(event, occurred_at=elsewhere)) == encode_event(event)
    with pytest.raises(ValueError, match="time zone"):
        encode_event(replace(event, occurred_at=datetime(2026, 1, 5)))  # noqa: DTZ001 - the missing zone is the point


def test_a_total_that_is_not_the_sum_is_refused() -> None:
    """Consumers need not add up again."""
    document = encode_event(make_event())
    document["data"]["total"] += 1
    with pytest.raises(InvalidEvent) as invalid:
        decode_event(document)
    assert invalid.value.field == "data.total"


def test_half_a_character_is_refused() -> None:
    """Half of a surrogate pair is a text to Python and to no store; whole characters of any language are fine."""
    document = encode_event(make_event())
    document["data"]["customer_id"] = "caf\u00e9 \U0001fad6"
    assert decode_event(document).data.customer_id == "caf\u00e9 \U0001fad6"
    document["data"]["customer_id"] = "caf\u00e9 \ud83e"
    with pytest.raises(InvalidEvent) as invalid:
        decode_event(document)
    assert invalid.value.field == "data.customer_id"


def test_a_whole_number_may_be_written_as_a_float() -> None:
    """2.0 and 2 are one number in JSON; what is read is whole."""
    document = encode_event(make_event())
    document["order_version"] = 1.0
    assert isinstance(decode_event(document).order_version, int)


def test_an_error_does_not_repeat_what_it_was_given() -> None:
    """The error is logged and sent with the poison message: an address in it would be logged too."""
    document = encode_event(make_event())
    for path in paths(document):
        broken = json.loads(json.dumps(document))
        parent_of(broken, path)[path[-1]] = ["ada@example.com"] if path[-1] != "type" else "ada@example.com"
        with pytest.raises(InvalidEvent) as invalid:
            decode_event(broken)
        assert "ada" not in str(invalid.value)
