"""The trace that an event belongs to."""

from functools import lru_cache

from patterns_shared.observability.tracing import TraceContext

__all__ = ["trace_id_of"]


@lru_cache(maxsize=256)
def trace_id_of(traceparent: str) -> str:
    """Return the trace's id.

    Asked for twice a message, by the books and by the log, hence the cache. A header that cannot be read gives the same
    trace wherever and whenever it is asked for: it follows from the text.
    """
    return TraceContext.from_event(traceparent, event_id=traceparent).trace_id
