"""Order ids that sort by the instant at which the order was placed."""

import os
from datetime import UTC, datetime, timedelta
from uuid import UUID

__all__ = ["new_order_id"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def new_order_id(at: datetime) -> str:
    """Return a new UUIDv7 of the instant ``at``, which has a time zone, as text.

    The 12 bits after the milliseconds hold the fraction of the millisecond (RFC 9562, section 6.2, method 3), so that
    ids sort as ``at`` does, to the microsecond. ``uuid.uuid7`` and its like read a clock of their own.

    The 62 random bits come from the operating system, so that sandboxes restored from one SnapStart snapshot differ.
    """
    milliseconds, microseconds = divmod((at - _EPOCH) // _MICROSECOND, 1000)
    fraction = microseconds * 4096 // 1000
    randomness = int.from_bytes(os.urandom(8), "big") >> 2
    return str(UUID(int=milliseconds << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62 | randomness))
