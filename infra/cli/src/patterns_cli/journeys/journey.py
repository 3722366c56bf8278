"""An order's journey: the lines that name it, and those of the traces that these belong to."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from patterns_cli.journeys.insights import Found, find_log_groups, query_lines
from patterns_cli.journeys.pod_logs import read_pods, search_pods
from patterns_cli.journeys.steps import LogLine, Step, read_step
from patterns_cli.replaying.time_range import text_of as instant_text
from patterns_deploy.outputs import read_outputs
from patterns_deploy.place import Place
from patterns_infra.settings import Target
from patterns_shared.adapters.order_items import order_key, text_of

__all__ = ["Journey", "OrderUnknown", "placed_about", "read_journey"]

_TIME_ORDERED = 7
"""The version of UUIDs that begin with their time (RFC 9562)."""
_CLOCKS_APART = timedelta(minutes=1)
_DEFAULT = timedelta(days=1)
_SOON = timedelta(hours=1)
_NOT_YET = "lines come after seconds, on AWS now and then after minutes"
_DECIDED = {"FULFILLED", "REJECTED"}
_NO_WORKER = "no line of a worker: the local cluster keeps a pod's log no longer than the pod"
_GONE = "logs are kept for a month, in production for a year, and those of a local platform until it ends"


class OrderUnknown(Exception):
    """Neither the table nor a log knows the order; the text is one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """What was found of one order.

    Attributes:
        order_id: as it was asked for.
        status: as the table has it, None when there is no table, or no such order in it.
        start: from when on the logs were read.
        steps: the earliest first.
        notes: what is missing or may be, a line each.
    """

    order_id: str
    status: str | None
    start: datetime
    steps: tuple[Step, ...]
    notes: tuple[str, ...] = ()

    @property
    def traces(self) -> list[str]:
        """The traces of the steps, the earliest first: placing and cancelling are requests of their own."""
        return list(dict.fromkeys(step.trace_id for step in self.steps if step.trace_id))


def placed_about(order_id: str) -> datetime | None:
    """Return the time that the order's id begins with, None when it is no id of a time."""
    try:
        number = uuid.UUID(order_id)
    except ValueError:
        return None
    if number.version != _TIME_ORDERED:
        return None
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=number.int >> 80)


def read_journey(place: Place, order_id: str, *, start: datetime | None, limit: int, now: datetime) -> Journey:
    """Read an order's journey from the logs since ``start``, or since the time that its id tells.

    Raises:
        OrderUnknown: there is no such order.
        LogsUnreadable: the logs cannot be searched.
    """
    placed = placed_about(order_id)
    begin = start or (placed - _CLOCKS_APART if placed else now - _DEFAULT)
    search = _Search(place, begin, now + _CLOCKS_APART, limit)
    named = search.find([order_id])
    traces = {step.trace_id for step in named if step.order_id == order_id and step.trace_id}
    steps = [step for step in named if step.order_id == order_id]
    if traces:
        # Lines of the same work that do not name the order, say of a request that failed. A client may give one trace
        # to several orders, whose lines are theirs.
        steps += [step for step in search.find(sorted(traces)) if step.trace_id in traces and not step.order_id]
    web_api = read_outputs(place).get("web_api", {})
    status = _status(place, web_api.get("orders_table"), order_id)
    if status is None and not steps:
        where = f"{place.target} stage {place.stage}"
        raise OrderUnknown(f"order {order_id} is not in {where}, and no log has named it since {instant_text(begin)}")
    notes = list(search.notes)
    if not steps:
        notes.append(f"no log line names it since {instant_text(begin)}: {_NOT_YET if now - begin < _SOON else _GONE}")
    if steps and place.kubeconfig and status in _DECIDED and not any(step.pattern == "k8s" for step in steps):
        notes.append(_NO_WORKER)
    if not start and not placed:
        notes.append(
            f"its id tells no time, so logs are read since {instant_text(begin)}; --from TIME reads earlier ones"
        )
    return Journey(
        order_id=order_id,
        status=status,
        start=begin,
        steps=tuple(sorted(steps, key=lambda step: step.at - step.took)),
        notes=tuple(notes),
    )


class _Search:
    """Searches of one place's logs in one range of time."""

    def __init__(self, place: Place, start: datetime, end: datetime, limit: int) -> None:
        self._logs = place.client("logs")
        self._groups = find_log_groups(place)
        self._start, self._end, self._limit = start, end, limit
        self.notes: list[str] = []
        self._pods: list[str] = []
        if not self._groups:
            self.notes.append(f"no pattern with logs of orders is deployed to {place.target} stage {place.stage}")
        # On AWS, Container Insights brings the pods' lines to a log group of the stack.
        if place.target is Target.LOCAL:
            self._pods, problem = read_pods(place)
            if problem:
                self.notes.append(f"the pods' logs cannot be read: {problem}")

    def find(self, texts: list[str]) -> list[Step]:
        """Return the steps of the lines that hold one of the texts."""
        found = Found((), 0)
        if self._groups:
            found = query_lines(self._logs, self._groups, texts, start=self._start, end=self._end, limit=self._limit)
        left = found.matched - len(found.lines)
        if left > 0:
            self.notes.append(
                f"{left} of {found.matched} lines were left out, the latest; --limit or a later --from shows them"
            )
        lines: list[LogLine] = [*found.lines, *search_pods(self._pods, texts)]
        return [step for step in map(read_step, lines) if step is not None]


def _status(place: Place, table: str | None, order_id: str) -> str | None:
    if not table:
        return None
    answer = place.client("dynamodb").get_item(TableName=table, Key=order_key(order_id), ConsistentRead=True)
    return (text_of(answer["Item"], "status") or "unreadable") if "Item" in answer else None
