"""Refusals as RFC 9457 problem details."""

import json
from collections.abc import Mapping
from http import HTTPStatus

from fastapi import Response

__all__ = ["problem"]


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return a refusal with this status and reason."""
    known = {member.value: member.phrase for member in HTTPStatus}
    document = {"type": "about:blank", "title": known.get(status, "Refused"), "status": status, "detail": detail}
    return Response(json.dumps(document), status, headers, "application/problem+json")
