"""What the worker answers to an event: the outcome of an order, or its cancellation, handed on."""

from patterns_shared.domain.errors import InvalidEvent
from patterns_shared.domain.events import SCHEMA_VERSION, Event, EventType, OrderRejectedData, outcome_event_id
from patterns_shared.domain.fulfilment import decide
from patterns_shared.observability.tracing import TraceContext

__all__ = ["answer_to"]


def answer_to(event: Event) -> Event:
    """Return the event that is published for this one.

    The same event gets the same answer, byte for byte, from every worker at any time: SQS delivers at least once, and
    consumers take an id that comes with another content for a conflict. So nothing in the answer comes from a clock or
    from chance. The rules decide an order as soon as it is placed, hence an outcome has the time of what it decides;
    its span follows from its trace and its id. A cancellation is handed on as it is: partner, ledger and notify take it
    as compensation, whether they heard of a fulfilment before or hear of it later.

    Raises:
        InvalidEvent: there is nothing to decide about this type of event.
    """
    if event.type is EventType.ORDER_CANCELLED:
        return event
    if event.type is not EventType.ORDER_PLACED:
        raise InvalidEvent("type", f"{event.type} leaves nothing to decide")
    decision = decide(quantities=(line.quantity for line in event.data.lines), total=event.data.total)
    outcome_id = outcome_event_id(event.id)
    # The same trace as the log's for a header that cannot be read: it follows from the header itself.
    trace = TraceContext.from_event(event.traceparent, event_id=event.traceparent)
    return Event(
        id=outcome_id,
        type=EventType.ORDER_FULFILLED if decision.fulfilled else EventType.ORDER_REJECTED,
        schema_version=SCHEMA_VERSION,
        occurred_at=event.occurred_at,
        order_id=event.order_id,
        order_version=event.order_version,
        data=event.data if decision.fulfilled else OrderRejectedData.of(event.data, reason=decision.reason),
        traceparent=trace.child_for(outcome_id).traceparent,
    )
