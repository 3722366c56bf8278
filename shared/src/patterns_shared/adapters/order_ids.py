"""Order ids that sort by time, without the time having to be kept beside them."""

from uuid6 import uuid7

__all__ = ["new_order_id"]


def new_order_id() -> str:
    """Return a new UUIDv7 as text.

    Its random bits come from the operating system, so that sandboxes restored from one SnapStart snapshot differ.
    """
    return str(uuid7())
