"""Log lines by CloudWatch Logs Insights: a query is started, asked for until it is done, and ended if it is not.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
"""

import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from patterns_cli.journeys.steps import LogLine
from patterns_deploy.place import AwsClient, Place
from patterns_deploy.stack_resources import logical_name, stack_resources
from patterns_infra.registry import PATTERNS

__all__ = ["Found", "LogsUnreadable", "find_log_groups", "query_lines"]

_SECONDS = 60.0
_PAUSE = 0.25
_LOGS_OF_PROGRAMS = re.compile(r"(?<!Access)(?<!Execution)Logs$|ApplicationLog$")
"""Log groups of functions and pods, by their names in the stacks, and not those of gateway, network and nodes."""
_WITHOUT_ORDERS = frozenset({"batch"})
"""A report counts orders, and its log names none."""


class LogsUnreadable(Exception):
    """The logs cannot be searched; the text is one line."""


@dataclass(frozen=True, slots=True)
class Found:
    """Lines of a search, the earliest first, and how many matched in all."""

    lines: tuple[LogLine, ...]
    matched: int
    scanned_bytes: float = 0.0


def find_log_groups(place: Place) -> list[str]:
    """Return the log groups of the programs that handle orders, of every pattern that is deployed."""
    return [
        resource["PhysicalResourceId"]
        for name, pattern in PATTERNS.items()
        if name not in _WITHOUT_ORDERS
        for resource in stack_resources(place, pattern.stack_name(place.stage))
        if resource["ResourceType"] == "AWS::Logs::LogGroup" and _LOGS_OF_PROGRAMS.search(logical_name(resource))
    ]


def query_lines(
    logs: AwsClient,
    groups: Sequence[str],
    texts: Iterable[str],
    *,
    start: datetime,
    end: datetime,
    limit: int,
    sleep: Callable[[float], None] = time.sleep,
) -> Found:
    """Return the lines that hold one of the texts.

    Raises:
        LogsUnreadable: the query failed, or took too long.
    """
    pattern = "|".join(map(_escaped, texts))
    query_id = logs.start_query(
        logGroupNames=list(groups),
        startTime=int(start.timestamp()),
        endTime=int(end.timestamp()) + 1,
        queryString=f"fields @timestamp, @message, @log | filter @message like /{pattern}/ | sort @timestamp asc",
        limit=limit,
    )["queryId"]
    deadline = time.monotonic() + _SECONDS
    while True:
        answer = logs.get_query_results(queryId=query_id)
        if answer["status"] == "Complete":
            break
        if answer["status"] not in {"Scheduled", "Running", "Unknown"}:
            raise LogsUnreadable(f"the query of the logs ended as {answer['status']}; try again")
        if time.monotonic() > deadline:
            logs.stop_query(queryId=query_id)
            raise LogsUnreadable(f"the query of the logs took over {_SECONDS:g} s; try a later --from")
        sleep(_PAUSE)
    lines = tuple(_line({each["field"]: each["value"] for each in row}) for row in answer["results"])
    statistics = answer.get("statistics", {})
    return Found(lines, max(len(lines), int(statistics.get("recordsMatched", 0))), statistics.get("bytesScanned", 0.0))


def _line(row: dict[str, str]) -> LogLine:
    at = datetime.fromisoformat(row["@timestamp"])
    # The log's own time is in UTC and does not say so.
    return LogLine(at.replace(tzinfo=at.tzinfo or UTC), row["@message"], row.get("@log", "").rpartition(":")[2])


def _escaped(text: str) -> str:
    """Return a text as part of a query's regular expression, which ends at a slash."""
    return re.sub(r"[^A-Za-z0-9-]", lambda found: f"\\{found[0]}", text)
