"""What long polls of a queue cost, which go on while it is empty."""

from patterns_cli.costs.lines import HOURS_A_MONTH, Line, Usage

__all__ = ["polling_line"]

_POLLERS, _SECONDS_A_POLL = 5, 20
"""Lambda begins with five long polls on each queue, also while it is empty."""


def polling_line(queues: int, *, pollers: int = _POLLERS) -> Line:
    """Return the line of long polls on queues, also on empty ones, in a month; a worker of its own has one poller."""
    polls = queues * pollers * HOURS_A_MONTH * 3600 / _SECONDS_A_POLL
    return Line(
        "empty queues, a month",
        f"{pollers} polls of {_SECONDS_A_POLL} s at once on each of {queues}",
        (Usage("sqs.request", polls),),
    )
