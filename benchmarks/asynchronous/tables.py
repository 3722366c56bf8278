"""The ledger's table, Powertools' idempotency table and the dead-letter queue, played in a measured process.

As much of DynamoDB as the subjects ask for: a write that is conditional, an insert, an update that sets. Nothing
expires, since a run takes seconds. What was written stays to be looked at.
"""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any, TypeAlias

__all__ = ["BOOKS", "IDEMPOTENCY", "LEDGER", "Tables"]

LEDGER, IDEMPOTENCY = "ledger", "idempotency"
_KEYS = {LEDGER: "event_id", IDEMPOTENCY: "id"}
_INSERT = re.compile(r"""INSERT INTO "(\w+)" VALUE \{(.+)\}""")
_NAME = re.compile(r"""'(\w+)' ?: ?\?""")
_SET = re.compile(r"(#\w+) = (:\w+)")

Item: TypeAlias = Mapping[str, Any]

BOOKS: dict[str, Any] = {}
"""The ledger of this process, by event id. A subject that keeps its entries in memory keeps them here, too."""


class Tables:
    """Answers the subjects' requests; counts them by operation, and the items that they write by table."""

    def __init__(self) -> None:
        """Start with nothing in them."""
        BOOKS.clear()
        self.requests: Counter[str] = Counter()
        self.writes: Counter[str] = Counter()
        self.dead_letters: list[str] = []
        self._tables: dict[str, dict[str, Any]] = {LEDGER: BOOKS, IDEMPOTENCY: {}}

    def clear(self) -> None:
        """Forget all items."""
        for table in self._tables.values():
            table.clear()

    def answer(self, operation: str, document: Any) -> tuple[int, Mapping[str, Any]]:  # noqa: ANN401 - JSON
        """Do what is asked for; see `stubbed_dynamodb.Answer`."""
        if operation == "SendMessage":
            self.dead_letters.append(document["MessageBody"])
            return 200, {"MessageId": "219f8380-5770-4cc2-8c3e-5c715e145f5e"}
        self.requests[operation] += 1
        match operation:
            case "PutItem":
                return self._put(document)
            case "UpdateItem":
                return self._update(document)
            case "BatchExecuteStatement":
                return 200, {"Responses": [self._insert(statement) for statement in document["Statements"]]}
            case "BatchGetItem":
                return 200, {"Responses": {name: self._read(name, asked) for name, asked in self._asked(document)}}
        raise AssertionError(f"{operation} is not stubbed")

    def _asked(self, document: Mapping[str, Any]) -> list[tuple[str, list[Any]]]:
        return [(name, asked["Keys"]) for name, asked in document["RequestItems"].items()]

    def _read(self, name: str, keys: list[Any]) -> list[Item]:
        table, key = self._tables[name], _KEYS[name]
        return [table[each[key]["S"]] for each in keys if each[key]["S"] in table]

    def _put(self, asked: Mapping[str, Any]) -> tuple[int, Mapping[str, Any]]:
        table = self._tables[asked["TableName"]]
        key = asked["Item"][_KEYS[asked["TableName"]]]["S"]
        if "ConditionExpression" in asked and key in table:
            assert "attribute_not_exists" in asked["ConditionExpression"]
            there = {"Item": table[key]} if "ReturnValuesOnConditionCheckFailure" in asked else {}
            name = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"
            return 400, {"__type": name, "message": "The conditional request failed", **there}
        table[key] = asked["Item"]
        self.writes[asked["TableName"]] += 1
        return 200, {}

    def _update(self, asked: Mapping[str, Any]) -> tuple[int, Mapping[str, Any]]:
        table = self._tables[asked["TableName"]]
        names, values = asked["ExpressionAttributeNames"], asked["ExpressionAttributeValues"]
        changes = {names[name]: values[value] for name, value in _SET.findall(asked["UpdateExpression"])}
        assert len(changes) == len(values)
        key = asked["Key"][_KEYS[asked["TableName"]]]["S"]
        table[key] = {**table.get(key, asked["Key"]), **changes}
        self.writes[asked["TableName"]] += 1
        return 200, {}

    def _insert(self, statement: Mapping[str, Any]) -> Mapping[str, Any]:
        found = _INSERT.fullmatch(statement["Statement"])
        assert found, statement
        item = dict(zip(_NAME.findall(found[2]), statement["Parameters"], strict=True))
        key = item[_KEYS[found[1]]]["S"]
        if key in self._tables[found[1]]:
            return {"Error": {"Code": "DuplicateItem", "Message": "Duplicate primary key exists in table"}}
        self._tables[found[1]][key] = item
        self.writes[found[1]] += 1
        return {"TableName": found[1]}
