"""Pages without what differs from run to run."""

import re

__all__ = ["without_cost"]

_COST = re.compile(rb' <span class="cost">.*?</span>|<!-- cost:\w+ -->')


def without_cost(page: bytes) -> bytes:
    """Return a page, published or not, without the cost of its run."""
    return _COST.sub(b"", page)
