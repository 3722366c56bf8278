"""What the shop's errors say, and what they carry for those who handle them."""

from collections.abc import Callable

import pytest

from patterns_shared.domain.errors import (
    EventConflict,
    InvalidEvent,
    MovedUnreadable,
    OrderNotFound,
    PermanentFailure,
    ShopError,
    TemporarilyUnavailable,
    VersionConflict,
)

CONFLICT = "conflict: event event-7 came before with another content"


@pytest.mark.parametrize(
    ("make", "text", "fields"),
    [
        (lambda: OrderNotFound("order-7"), "order order-7 not found", {"order_id": "order-7"}),
        (
            lambda: VersionConflict("order-7", 3),
            "order order-7 is at version 3, which the request is not for",
            {"order_id": "order-7", "current": 3},
        ),
        (
            lambda: MovedUnreadable("order-7", 2, "lines: must not be empty"),
            "lines: must not be empty",
            {"order_id": "order-7", "order_version": 2},
        ),
        (lambda: PermanentFailure("no"), "no", {"reason": "no", "detail": ""}),
        (lambda: PermanentFailure("no", detail="their words"), "no", {"reason": "no", "detail": "their words"}),
        (lambda: EventConflict("event-7"), CONFLICT, {"event_id": "event-7", "reason": CONFLICT, "detail": ""}),
        (
            lambda: TemporarilyUnavailable("the store"),
            "the store is temporarily unavailable",
            {"dependency": "the store", "retry_after": 1},
        ),
        (
            lambda: TemporarilyUnavailable("the store", retry_after=30, reason="throttled"),
            "the store is temporarily unavailable: throttled",
            {"dependency": "the store", "retry_after": 30},
        ),
    ],
)
def test_an_error_says_what_happened(make: Callable[[], ShopError], text: str, fields: dict[str, object]) -> None:
    """The text is for logs and dead letters; the fields are for programs. A detail is never in the text."""
    error = make()
    assert str(error) == text
    assert {name: getattr(error, name) for name in fields} == fields


def test_an_event_that_is_wrong_as_a_whole_has_no_field() -> None:
    """An empty path is one, and not an absent value."""
    assert str(InvalidEvent("", "is not JSON")) == "event: is not JSON"
