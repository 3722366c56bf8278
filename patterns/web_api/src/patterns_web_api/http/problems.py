"""Problem documents (RFC 9457): the one table of what can go wrong, and what a client is told."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from starlette.responses import Response

from patterns_shared.domain.errors import (
    IdempotencyMismatch,
    IllegalTransition,
    InvalidCursor,
    InvalidOrder,
    OrderNotFound,
    TemporarilyUnavailable,
    VersionConflict,
)
from patterns_web_api.application.callers import NotSignedIn

__all__ = [
    "AMBIGUOUS",
    "GATEWAY_PROBLEMS",
    "INTERNAL_ERROR",
    "INVALID_BODY",
    "INVALID_REQUEST",
    "MALFORMED_BODY",
    "MALFORMED_HEADER",
    "METHOD_NOT_ALLOWED",
    "NOT_FOUND",
    "NOT_SIGNED_IN",
    "PROBLEMS",
    "TOO_LARGE",
    "UNSUPPORTED_MEDIA_TYPE",
    "VERSION_CONFLICT",
    "FieldError",
    "Problem",
    "ProblemType",
    "problem_of",
    "problem_response",
]

MEDIA_TYPE = "application/problem+json"
MAX_FIELD_ERRORS = 20
"""More would only tell a client the same again, and make a small request into a large answer."""


@dataclass(frozen=True, slots=True)
class ProblemType:
    """A kind of problem: its ``slug`` is stable, clients may branch on the URI made from it."""

    slug: str
    status: int
    title: str

    @property
    def uri(self) -> str:
        """The ``type`` of the problem document."""
        return f"https://patterns.example.com/problems/{self.slug}"


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field, such as ``lines.0.quantity``, ``cursor`` or ``Idempotency-Key``."""

    field: str
    message: str


MALFORMED_BODY = ProblemType("malformed-body", 400, "The body is not JSON in UTF-8")
MALFORMED_HEADER = ProblemType("malformed-header", 400, "A header does not have its form")
AMBIGUOUS = ProblemType("ambiguous-request", 400, "The request says something twice")
INVALID_CURSOR = ProblemType("invalid-cursor", 400, "The cursor is not from this list")
NOT_SIGNED_IN = ProblemType("not-signed-in", 401, "Sign in first")
NOT_FOUND = ProblemType("not-found", 404, "There is nothing at this address")
ORDER_NOT_FOUND = ProblemType("order-not-found", 404, "You have no such order")
METHOD_NOT_ALLOWED = ProblemType("method-not-allowed", 405, "This address does not take this method")
ORDER_CLOSED = ProblemType("order-closed", 409, "The order can no longer change")
VERSION_CONFLICT = ProblemType("version-conflict", 412, "It has changed since you read it")
TOO_LARGE = ProblemType("body-too-large", 413, "The body is too large")
UNSUPPORTED_MEDIA_TYPE = ProblemType("unsupported-media-type", 415, "The body must be application/json")
INVALID_REQUEST = ProblemType("invalid-request", 422, "The request breaks a rule")
KEY_REUSED = ProblemType("idempotency-key-reused", 422, "The idempotency key belongs to another request")
INTERNAL_ERROR = ProblemType("internal-error", 500, "Something went wrong on our side")
UNAVAILABLE = ProblemType("temporarily-unavailable", 503, "Try again in a moment")

INVALID_BODY = ProblemType("invalid-body", 400, "The body does not have the documented shape")
GATEWAY_PROBLEMS = (
    ProblemType("refused", 400, "The request was refused"),
    ProblemType("forbidden", 403, "This is not allowed"),
    TOO_LARGE,
    ProblemType("too-many-requests", 429, "Too many requests"),
    ProblemType("temporarily-unavailable", 502, UNAVAILABLE.title),
    ProblemType("temporarily-unavailable", 504, UNAVAILABLE.title),
)
"""What the gateway or its firewall answers by itself to any request: for the documentation, since they never come here.

``INVALID_BODY`` is the gateway's, too, where it checks a body's structure.
"""

PROBLEMS: Mapping[type[Exception], ProblemType] = {
    IdempotencyMismatch: KEY_REUSED,
    IllegalTransition: ORDER_CLOSED,
    InvalidCursor: INVALID_CURSOR,
    InvalidOrder: INVALID_REQUEST,
    NotSignedIn: NOT_SIGNED_IN,
    OrderNotFound: ORDER_NOT_FOUND,
    TemporarilyUnavailable: UNAVAILABLE,
    VersionConflict: VERSION_CONFLICT,
}
"""Errors of the domain and the use cases; a subclass is answered as its base."""


class Problem(Exception):
    """A problem as it is answered."""

    def __init__(
        self,
        kind: ProblemType,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Say what is wrong in this one case; ``errors`` names the fields."""
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.errors = errors
        self.headers = headers


def problem_of(error: Exception) -> Problem:
    """Return what a client is told of an error in the table."""
    kind = next(PROBLEMS[base] for base in type(error).__mro__ if base in PROBLEMS)
    errors: tuple[FieldError, ...] = ()
    headers = None
    match error:
        case InvalidOrder():
            errors = (FieldError(error.field, error.reason),)
        case InvalidCursor():
            errors = (FieldError("cursor", str(error)),)
        case IdempotencyMismatch():
            errors = (FieldError("Idempotency-Key", "came before with another body"),)
        case NotSignedIn():
            headers = {"WWW-Authenticate": "Bearer"}
        case TemporarilyUnavailable():
            headers = {"Retry-After": str(error.retry_after)}
    return Problem(kind, str(error), errors=errors, headers=headers)


def problem_response(problem: Problem, *, path: str) -> Response:
    """Return the response; ``path`` is what was asked for."""
    document: dict[str, object] = {
        "type": problem.kind.uri,
        "title": problem.kind.title,
        "status": problem.kind.status,
        "detail": problem.detail,
        "instance": quote(path),
    }
    if problem.errors:
        shown = problem.errors[:MAX_FIELD_ERRORS]
        document["errors"] = [{"field": error.field, "message": error.message} for error in shown]
    return Response(
        json.dumps(document, separators=(",", ":")),
        status_code=problem.kind.status,
        headers=problem.headers,
        media_type=MEDIA_TYPE,
    )
