"""Page cursors: opaque to the client, and valid only for the customer that they were made for.

A cursor carries where the next page starts and an HMAC over that, the customer and the filter. The partition
that is read always comes from the caller's token, so the signature protects the shop from keys that it never gave
out, and a client from mixing up two lists.
"""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable

from patterns_shared.domain.errors import InvalidCursor
from patterns_shared.domain.orders import OrderStatus

__all__ = ["Cursors"]

_SIGNATURE_BYTES = 16
"""128 bits of SHA-256: far beyond guessing, and half as long in the address."""
_MAX_LENGTH = 256
"""Characters; ours have about 72, and nothing longer is worth decoding."""


class Cursors:
    """Makes and reads cursors with one secret key, asked for only when a page has a cursor."""

    def __init__(self, key: Callable[[], bytes]) -> None:
        """Take where the key comes from; it may raise TemporarilyUnavailable."""
        self._key = key

    def seal(self, after: str, *, customer_id: str, status: OrderStatus | None) -> str:
        """Return the cursor of the page that starts after order ``after``, in URL-safe characters."""
        position = after.encode()
        return urlsafe_b64encode(self._sign(position, customer_id, status) + position).rstrip(b"=").decode()

    def open(self, cursor: str, *, customer_id: str, status: OrderStatus | None) -> str:
        """Return the order id that the cursor stands for.

        Raises:
            InvalidCursor: it was forged, cut, or made for another customer or another filter.
        """
        sealed = _decoded(cursor)
        signature, position = sealed[:_SIGNATURE_BYTES], sealed[_SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, self._sign(position, customer_id, status)):
            raise InvalidCursor("not a cursor of this list")
        return position.decode()

    def _sign(self, position: bytes, customer_id: str, status: OrderStatus | None) -> bytes:
        # Lengths keep the parts apart: no two different triples give the same message.
        parts = (customer_id.encode(), (status or "").encode(), position)
        message = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
        return hmac.digest(self._key(), message, hashlib.sha256)[:_SIGNATURE_BYTES]


def _decoded(cursor: str) -> bytes:
    if not 0 < len(cursor) <= _MAX_LENGTH:
        raise InvalidCursor("not a cursor of this list")
    try:
        sealed = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
    except ValueError:
        raise InvalidCursor("not a cursor of this list") from None
    # The decoder skips characters that it does not know, and spare bits: one page has exactly one cursor.
    if urlsafe_b64encode(sealed).rstrip(b"=").decode() != cursor:
        raise InvalidCursor("not a cursor of this list")
    return sealed
