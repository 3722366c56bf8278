"""What an event must be for the partner to take it."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from patterns_local.reach import first_mistake
from patterns_shared.domain.events import EventType

__all__ = ["NoEvent", "ToldEvent", "read_event"]


class NoEvent(Exception):
    """A body that the partner does not take; the text names the field."""


class ToldEvent(BaseModel):
    """An event as the partner knows it: the shop's envelope, of which fields may be added."""

    model_config = ConfigDict(frozen=True, strict=True)

    id: str = Field(pattern=r"^[A-Za-z0-9._:-]{1,64}$")
    type: Literal[*(kind.value for kind in EventType)]  # type: ignore[valid-type]
    schema_version: Literal[1]
    occurred_at: datetime = Field(strict=False)
    order_id: str = Field(min_length=1)
    order_version: int = Field(ge=1)
    data: dict[str, Any]
    traceparent: str = Field(min_length=1)

    @field_validator("data")
    @classmethod
    def _holds_no_contact(cls, data: dict[str, Any]) -> dict[str, Any]:
        if "contact" in data:
            raise ValueError("holds a contact, which is none of the partner's business")
        return data


def read_event(body: bytes) -> ToldEvent:
    """Return the event.

    Raises:
        NoEvent: it is none; naming the first field that is missing or wrong.
    """
    try:
        return ToldEvent.model_validate_json(body)
    except ValidationError as error:
        # Without the input, which may hold what must not be shown.
        raise NoEvent(first_mistake(error.errors(include_input=False, include_context=False))) from None
