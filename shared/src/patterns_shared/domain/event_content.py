"""What an event says, as a digest: consumers that know an event by its id compare it, and keep no data for that."""

from hashlib import sha256
from json.encoder import encode_basestring_ascii as _quoted  # json's own for a text, in C

from patterns_shared.domain.events import Event, OrderRejectedData

__all__ = ["content_digest"]


def content_digest(event: Event, *, contact: bool) -> str:
    """Return 64 hex digits that two events share exactly if all their fields are equal.

    Without ``contact`` the address counts for nothing: a digest is no secret, and an address could be found by trying.
    It is the SHA-256 of a JSON list without spaces. The list is written field by field, since making a document and
    encoding it takes longer, and every consumer does this for each message.
    """
    data = event.data
    lines = ",".join([f"[{_quoted(x.sku)},{x.quantity},{x.unit_price}]" for x in data.lines])
    reason = _quoted(data.reason) if isinstance(data, OrderRejectedData) else "null"
    text = (
        f'[{_quoted(event.id)},"{event.type.value}",{event.schema_version},"{event.occurred_at.isoformat()}",'
        f"{_quoted(event.order_id)},{event.order_version},{_quoted(event.traceparent)},{_quoted(data.customer_id)},"
        f"{_quoted(data.contact.email if contact else '')},[{lines}],{_quoted(data.currency)},{data.total},"
        f'"{data.placed_at.isoformat()}",{reason}]'
    )
    return sha256(text.encode()).hexdigest()
