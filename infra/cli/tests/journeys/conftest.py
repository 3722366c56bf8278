"""A stage whose logs are what a test puts into them."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from patterns_deploy.place import Place
from patterns_infra.settings import Target


@dataclass
class Stage:
    """What AWS answers of a stage; ``queries`` are those that were asked."""

    lines: list[str] = field(default_factory=list)
    groups: dict[str, str] = field(default_factory=lambda: {"RelayLogs13CC6438": "relay-logs"})
    item: dict[str, Any] | None = None
    statuses: list[str] = field(default_factory=lambda: ["Complete"])
    matched: float | None = None
    queries: list[dict[str, Any]] = field(default_factory=list)
    stopped: int = 0

    @property
    def place(self) -> Place:
        """The stage as commands have it."""
        client: Callable[[str], Any] = {
            "logs": self,
            "cloudformation": _Stacks(self.groups),
            "ssm": _Pages([{"Parameters": [{"Name": "/patterns/dev/web_api/orders_table", "Value": "orders"}]}]),
            "dynamodb": self,
        }.__getitem__
        return Place(Target.AWS, "dev", "us-east-1", "123456789012", None, client)

    def start_query(self, **query: object) -> Mapping[str, str]:
        """Start a query, as CloudWatch Logs does."""
        self.queries.append(query)
        return {"queryId": str(len(self.queries))}

    def get_query_results(self, **query: str) -> Mapping[str, Any]:
        """Answer the lines that a query's pattern finds, up to its limit."""
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        if status != "Complete":
            return {"status": status, "results": []}
        asked = self.queries[int(query["queryId"]) - 1]
        pattern = re.search(r"like /((?:\\.|[^/])*)/", asked["queryString"])
        assert pattern
        found = [line for line in self.lines if re.search(pattern[1], line)]
        rows = [
            [
                {"field": "@timestamp", "value": "2026-11-30 09:30:09.000"},
                {"field": "@message", "value": f"{line}\n"},
                {"field": "@log", "value": "123456789012:relay-logs"},
                {"field": "@ptr", "value": "x"},
            ]
            for line in found[: asked["limit"]]
        ]
        matched = len(found) if self.matched is None else self.matched
        return {"status": status, "results": rows, "statistics": {"recordsMatched": matched, "bytesScanned": 9.0}}

    def stop_query(self, **_: str) -> None:
        """End a query."""
        self.stopped += 1

    def get_item(self, **_: object) -> Mapping[str, Any]:
        """Read the order."""
        return {"Item": self.item} if self.item else {}


class _Pages:
    def __init__(self, pages: list[dict[str, Any]]) -> None:
        self.pages = pages

    def get_paginator(self, _: str) -> "_Pages":
        return self

    def paginate(self, **_: object) -> list[dict[str, Any]]:
        return self.pages


class _Stacks(_Pages):
    """The web API's stack, and no other."""

    class exceptions:  # noqa: N801 - botocore's
        """Errors of the client."""

        ClientError = ValueError

    def __init__(self, groups: Mapping[str, str]) -> None:
        kept = [
            {"LogicalResourceId": name, "PhysicalResourceId": group, "ResourceType": "AWS::Logs::LogGroup"}
            for name, group in groups.items()
        ]
        super().__init__([{"StackResourceSummaries": kept}])

    def describe_stacks(self, *, StackName: str) -> Mapping[str, Any]:  # noqa: N803 - the API's
        """Describe a stack."""
        if StackName != "patterns-dev-web-api":
            raise ValueError("it does not exist")
        return {"Stacks": [{"StackStatus": "CREATE_COMPLETE"}]}


@pytest.fixture
def stage() -> Stage:
    """A stage with nothing in its logs."""
    return Stage()


@pytest.fixture
def now() -> datetime:
    """Ten minutes after the order."""
    return datetime(2026, 11, 30, 9, 40, tzinfo=UTC)
