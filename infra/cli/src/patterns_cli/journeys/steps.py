"""Steps of an order, read from log lines of the patterns: one line, one step."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

__all__ = ["LogLine", "Step", "read_step"]

_MOST_REASON = 300
_READ = re.compile(r"(GET|HEAD) .* [23]\d\d")


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line as a log keeps it: when it was taken, its text, and which log it is in."""

    at: datetime
    text: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that was done with an order.

    Attributes:
        at: when it was done, in UTC; of a request, when it was answered.
        took: how long, where the line says so.
        pattern: whose program it was.
        program: which of them: ``api``, ``relay``, or the receiver's name.
        what: the line's message, such as ``booked``; of a request, method, route and status.
        level: ``INFO``, ``WARNING``, ``ERROR``.
        order_id, trace_id, event_id, event_type, reason: empty where the line has none.
        source: the log.
    """

    at: datetime
    took: timedelta = timedelta(0)
    pattern: str
    program: str
    what: str
    level: str = "INFO"
    order_id: str = ""
    trace_id: str = ""
    event_id: str = ""
    event_type: str = ""
    reason: str = ""
    source: str = ""

    @property
    def has_failed(self) -> bool:
        """Whether the line is one of a failure."""
        return self.level in {"ERROR", "CRITICAL"}

    @property
    def is_read(self) -> bool:
        """Whether it is a request that only read, and was answered."""
        return self.program == "api" and _READ.fullmatch(self.what) is not None


def read_step(line: LogLine) -> Step | None:
    """Return the step of a line, None when the line is none of the patterns' own: a metric, a report of Lambda's."""
    found = _document(line.text)
    if found is None or "_aws" in found or not isinstance(found.get("message"), str):
        return None
    request = found["message"] == "request" and "route" in found
    return Step(
        at=_time(found.get("timestamp")) or line.at,
        took=timedelta(milliseconds=_number(found.get("ms"))),
        pattern=_text(found, "pattern") or _text(found, "service") or "?",
        program=_text(found, "receiver") or _program(found["message"], request=request),
        what=f"{_text(found, 'route')} {_text(found, 'status')}" if request else found["message"],
        level=_text(found, "level") or "INFO",
        order_id=_text(found, "order_id"),
        trace_id=_text(found, "trace_id"),
        event_id=_text(found, "event_id"),
        event_type=_text(found, "event_type"),
        reason=(_text(found, "reason") or _text(found, "error"))[:_MOST_REASON],
        source=line.source,
    )


def _document(text: str) -> Mapping[str, Any] | None:
    """Return the object that a line is; Container Insights wraps it in another, parsed or as it came.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Container-Insights-setup-logs-FluentBit.html
    """
    document = _object(text)
    if document is None or "kubernetes" not in document:
        return document
    inner = document.get("log_processed")
    return inner if isinstance(inner, dict) else _object(str(document.get("log", "")))


def _object(text: str) -> dict[str, Any] | None:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _program(message: str, *, request: bool) -> str:
    """Return which program writes a line that does not say so."""
    if request:
        return "api"
    return "relay" if "relay" in message else ""


def _text(found: Mapping[str, Any], name: str) -> str:
    value = found.get(name)
    return str(value) if isinstance(value, str | int) else ""


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _time(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else None
