"""The web API's orders table, found by its published name and read page by page."""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from patterns_batch.application.ports import Page, TableFound
from patterns_batch.days import day_texts
from patterns_batch.errors import BadInput
from patterns_batch.manifest import Range
from patterns_shared.adapters.client_errors import error_code, transient_as_unavailable

if TYPE_CHECKING:  # the stubs exist for the type checker only
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_ssm import SSMClient

__all__ = ["DynamoDBOrdersScan"]

_NAMES = {"#status": "status", "#lines": "lines"}
_ATTRIBUTES = "order_id, customer_id, placed_at, currency, #status, #lines"
_MORE = re.compile(rb'"LastEvaluatedKey"\s*:\s*')
_OK = 200


class DynamoDBOrdersScan:
    """The table whose name the web API publishes for this stage."""

    def __init__(self, dynamodb: "DynamoDBClient", ssm: "SSMClient", stage: str) -> None:
        """Keep the clients; the client for DynamoDB hands over pages unread from now on."""
        self._dynamodb = dynamodb
        self._ssm = ssm
        self._parameter = f"/patterns/{stage}/web_api/orders_table"
        dynamodb.meta.events.register("before-parse.dynamodb.Scan", _leave_unread, unique_id="patterns-batch-scan")

    def find(self) -> TableFound:
        """Return the table of the published name."""
        try:
            with transient_as_unavailable("parameters"):
                name = self._ssm.get_parameter(Name=self._parameter)["Parameter"]["Value"]
        except ClientError as error:
            if error_code(error) != "ParameterNotFound":
                raise
            raise BadInput(f"the web API is not deployed: there is no parameter {self._parameter}") from None
        with _no_table(name):
            table = self._dynamodb.describe_table(TableName=name)["Table"]
        return TableFound(name, table["TableArn"], table.get("TableSizeBytes", 0))

    def scan(
        self, table: str, segment: tuple[int, int], days: Sequence[Range], start: dict[str, dict[str, str]] | None
    ) -> Page:
        """Return a page as the table answered it; it costs no more than the reading of its bytes."""
        condition, values = _placed_on(days)
        more: dict[str, Any] = {"ExclusiveStartKey": start} if start else {}
        with _no_table(table):
            answer: dict[str, Any] = self._dynamodb.scan(  # type: ignore[assignment] # as _leave_unread made it
                TableName=table,
                Segment=segment[0],
                TotalSegments=segment[1],
                ProjectionExpression=_ATTRIBUTES,
                FilterExpression=condition,
                ExpressionAttributeNames=_NAMES,
                ExpressionAttributeValues=values,
                **more,
            )
        return Page(answer["unread"], answer["next_start"])


def _leave_unread(response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: object) -> None:
    """Keep the answer's text, and give botocore nothing to parse.

    Its parser goes through every attribute of every item in Python, which takes most of a scan's time; the engine reads
    the same JSON far faster.
    """
    if response_dict["status_code"] != _OK:
        return
    text: bytes = response_dict["body"]
    customized_response_dict["unread"] = text
    customized_response_dict["next_start"] = _next_start(text)
    response_dict["body"] = b"{}"


def _next_start(text: bytes) -> dict[str, dict[str, str]] | None:
    """Return the answer's LastEvaluatedKey without decoding its items; the last page of a segment has none.

    An order's texts cannot hold a quote that is not escaped, and none of the attributes that are asked for has that
    name: followed by a colon, it is the answer's own.
    """
    found = _MORE.search(text)
    if found is None:
        return None
    start: dict[str, dict[str, str]]
    start, _ = json.JSONDecoder().raw_decode(text[found.end() :].decode())
    return start


def _placed_on(days: Sequence[Range]) -> tuple[str, dict[str, dict[str, str]]]:
    """Return the condition for orders placed on these days, and its values."""
    texts = day_texts(days)
    terms = [f"placed_at BETWEEN :begin{n} AND :end{n}" for n in range(len(texts))]
    values = {f":begin{n}": {"S": begin} for n, (begin, _) in enumerate(texts)}
    values |= {f":end{n}": {"S": end} for n, (_, end) in enumerate(texts)}
    return " OR ".join(terms), values


@contextmanager
def _no_table(name: str) -> Iterator[None]:
    try:
        with transient_as_unavailable("orders table"):
            yield
    except ClientError as error:
        if error_code(error) != "ResourceNotFoundException":
            raise
        raise BadInput(f"the orders table {name} does not exist: is the web API deployed?") from None
