"""The trace that an event belongs to."""

from functools import lru_cache

from patterns_shared.observability.tracing import TraceContext

__all__ = ["trace_id_of"]


@lru_cache(maxsize=256)
def trace_id_of(traceparent: str) -> str:
    """Return the trace's id.

    Asked for twice a message, by the books and by the log; kept, so that a header that nobody can read gives both the
    same new trace.
    """
    return TraceContext.from_traceparent(traceparent).trace_id
