"""A journey as OTLP/JSON, which trace viewers read: one trace for each of the order's, a span for each step.

https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding: ids are hex, 64-bit numbers are texts.
"""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from patterns_cli.journeys.journey import Journey
from patterns_cli.journeys.steps import Step

__all__ = ["journey_to_otlp"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_INTERNAL, _SERVER = 1, 2
_ERROR = 2
_ROOT_SERVICE = "patterns"


def journey_to_otlp(journey: Journey, *, stage: str) -> dict[str, Any]:
    """Return an ``ExportTraceServiceRequest``; steps without a trace are left out.

    The steps of a trace are children of one span, named after the order, that lasts from the first to the last of them.
    """
    spans: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for trace_id in journey.traces:
        steps = [step for step in journey.steps if step.trace_id == trace_id]
        root = _span_id(trace_id, journey.order_id)
        spans[_ROOT_SERVICE].append(
            {
                "traceId": trace_id,
                "spanId": root,
                "name": f"order {journey.order_id}",
                "kind": _INTERNAL,
                "startTimeUnixNano": _nanoseconds(min(step.at - step.took for step in steps)),
                "endTimeUnixNano": _nanoseconds(max(step.at for step in steps)),
                "attributes": _attributes({"order_id": journey.order_id, "order_status": journey.status or ""}),
            }
        )
        for number, step in enumerate(steps):
            spans[step.pattern].append(_span(step, _span_id(trace_id, f"{number}/{step.at}/{step.what}"), root))
    return {
        "resourceSpans": [
            {
                "resource": {
                    "attributes": _attributes({"service.name": service, "deployment.environment.name": stage})
                },
                "scopeSpans": [{"scope": {"name": "patterns journey"}, "spans": of_service}],
            }
            for service, of_service in spans.items()
        ]
    }


def _span(step: Step, span_id: str, parent: str) -> dict[str, Any]:
    fields = {
        "log.source": step.source,
        "order_id": step.order_id,
        "event_id": step.event_id,
        "event_type": step.event_type,
        "reason": step.reason,
    }
    return {
        "traceId": step.trace_id,
        "spanId": span_id,
        "parentSpanId": parent,
        "name": " ".join(filter(None, [step.program, step.what, step.event_type])),
        "kind": _SERVER if step.program == "api" else _INTERNAL,
        "startTimeUnixNano": _nanoseconds(step.at - step.took),
        "endTimeUnixNano": _nanoseconds(step.at),
        "attributes": _attributes(fields),
        "status": {"code": _ERROR, "message": step.reason} if step.has_failed else {},
    }


def _attributes(fields: dict[str, str]) -> list[dict[str, Any]]:
    return [{"key": name, "value": {"stringValue": value}} for name, value in fields.items() if value]


def _span_id(trace_id: str, text: str) -> str:
    """Return 16 hex digits that follow from trace and text, so that a viewer knows a journey that it has."""
    return sha256(f"{trace_id}/{text}".encode()).hexdigest()[:16]


def _nanoseconds(moment: datetime) -> str:
    return str((moment - _EPOCH) // timedelta(microseconds=1) * 1000)
