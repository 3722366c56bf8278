import json
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from patterns_shared import event_schemas
from patterns_shared.domain.errors import InvalidEvent
from patterns_shared.domain.event_codec import decode_event, encode_event
from patterns_shared.domain.events import Event, EventType
from patterns_shared.testing import make_event
from patterns_shared.testing.strategies import events, json_values

VALIDATORS = {event_type: Draft202012Validator(event_schemas.event_schema(event_type)) for event_type in EventType}


def valid(document: Any) -> bool:  # noqa: ANN401 - a JSON value
    """Whether the schema of the type that the document says accepts it; of no type if it says none."""
    said = document.get("type") if isinstance(document, dict) else None
    return isinstance(said, str) and said in list(EventType) and VALIDATORS[EventType(said)].is_valid(document)


def readable(document: object) -> bool:
    """Whether the decoder accepts the document."""
    try:
        decode_event(document)
    except InvalidEvent:
        return False
    return True


def beyond_schemas(document: Any) -> bool:  # noqa: ANN401 - a JSON value
    """Whether a document that its schema accepts breaks what no schema can say: the calendar, and the sum."""
    data = document["data"]
    for text in (document["occurred_at"], data["placed_at"]):
        try:
            datetime.fromisoformat(text)
        except ValueError:
            return True
    return bool(data["total"] != sum(line["quantity"] * line["unit_price"] for line in data["lines"]))


@pytest.mark.parametrize("event_type", list(EventType))
def test_each_schema_is_one(event_type: EventType) -> None:
    """By the metaschema of the draft that it names."""
    Draft202012Validator.check_schema(event_schemas.event_schema(event_type))


@given(event=events())
def test_a_schema_accepts_what_is_written(event: Event) -> None:
    """Every event of its type, and none of another."""
    document = json.loads(json.dumps(encode_event(event)))
    accepting = [event_type for event_type in EventType if VALIDATORS[event_type].is_valid(document)]
    assert accepting == [event.type]


@given(event=events(), data=st.data())
def test_schema_and_decoder_agree(event: Event, data: st.DataObject) -> None:
    """On events of which any values were replaced, removed or added, on any level."""
    document = json.loads(json.dumps(encode_event(event)))
    for _ in range(data.draw(st.integers(1, 3))):
        part = document
        while True:
            key = data.draw(st.sampled_from(sorted(part) if isinstance(part, dict) else range(len(part))))
            if not isinstance(part[key], dict | list) or not part[key] or data.draw(st.booleans()):
                break
            part = part[key]
        change = data.draw(st.sampled_from(["replace", "remove", "add", "whole float"]))
        if change == "remove" and len(part) > 1:
            del part[key]
        elif change == "add" and isinstance(part, dict):
            part[data.draw(st.text(max_size=5))] = data.draw(json_values)
        elif change == "whole float" and isinstance(part[key], int):
            part[key] = float(part[key])
        else:
            part[key] = data.draw(json_values | st.sampled_from(list(EventType)).map(str))
    if readable(document):
        assert valid(document)
    else:
        assert not valid(document) or beyond_schemas(document)


def at(document: Any, place: tuple[str | int, ...]) -> Any:  # noqa: ANN401 - a JSON value
    """Return the part of the document at this place."""
    for key in place:
        document = document[key]
    return document


def add_up(document: Any) -> None:  # noqa: ANN401 - a JSON value
    """Make the total the sum of the lines again, as far as they can be added."""
    with suppress(KeyError, TypeError):
        document["data"]["total"] = sum(line["quantity"] * line["unit_price"] for line in document["data"]["lines"])


@pytest.mark.parametrize("event_type", list(EventType))
@pytest.mark.parametrize(
    "value", [None, True, -1, 0, 1, 1.0, 1.5, 1e6, 2**53 - 1, 2**53, 1e300, "", "x", "OrderLost", [], [1], {}], ids=repr
)
def test_schema_and_decoder_agree_on_every_field(event_type: EventType, value: object) -> None:
    """With each value of each field, one after the other, replaced by what stands at a limit or is of another type."""
    complete = encode_event(make_event(event_type))
    places = [(), ("data",), ("data", "contact"), ("data", "lines"), ("data", "lines", 0)]
    for place in places:
        for key in [0] if place == ("data", "lines") else list(at(complete, place)):
            document = json.loads(json.dumps(complete))
            at(document, place)[key] = value
            if key != "total":
                add_up(document)
            assert valid(document) == readable(document) or (valid(document) and beyond_schemas(document))


@given(document=json_values)
def test_what_is_no_event_is_valid_by_no_schema(document: object) -> None:
    """Schema and decoder agree on arbitrary JSON too."""
    assert not valid(document)
    assert not readable(document)


@pytest.mark.parametrize(
    "text", ["2026-01-05T09:30:00Z", "2026-01-05T09:30:00", "2026-W02-1T09:30:00Z", "2026-01-05T24:00:00Z", "soon"]
)
def test_schema_and_decoder_agree_on_times(text: str) -> None:
    """They use one regular expression."""
    document = {**encode_event(make_event()), "occurred_at": text}
    assert valid(document) == readable(document)


def test_the_written_schemas_are_what_the_code_says(capsys: pytest.CaptureFixture[str]) -> None:
    """A change of an event is seen in review as a change of its schema."""
    assert event_schemas.main(["--check"]) == 0, capsys.readouterr().err


def test_check_names_what_drifted_and_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A changed file, a missing file and a file of an event that is no more."""
    arguments = ["--directory", str(tmp_path)]
    assert event_schemas.main(arguments) == 0
    assert event_schemas.main([*arguments, "--check"]) == 0
    (tmp_path / "OrderPlaced.json").write_text("{}", encoding="utf-8")
    (tmp_path / "OrderRejected.json").unlink()
    (tmp_path / "OrderLost.json").write_text("{}", encoding="utf-8")
    assert event_schemas.main([*arguments, "--check"]) == 1
    said = capsys.readouterr().err
    assert [
        name for name in ("Placed", "Cancelled", "Fulfilled", "Rejected", "Lost") if f"Order{name}.json" in said
    ] == [
        "Placed",
        "Rejected",
        "Lost",
    ]
    assert (tmp_path / "OrderPlaced.json").read_text(encoding="utf-8") == "{}"
