"""How many write units a change of a table takes, by DynamoDB's rules and the table's definition.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html for units,
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html for what indexes take, and
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html for sizes.
"""

from collections.abc import Mapping
from typing import Any

__all__ = ["item_bytes", "put_units", "update_units"]

_UNIT_BYTES = 1024
_COLLECTION_BYTES, _ELEMENT_BYTES = 3, 1
_TRANSACTION = 2

Item = Mapping[str, Any]


def put_units(table: Mapping[str, Any], item: Item, *, transaction: bool = False) -> int:
    """Return the units of a new item: the table's, twice in a transaction, and those of each index that it is in."""
    units = _units(item)
    indexed = [index for index in _indexes(table) if _keys(index) <= item.keys()]
    return units * (_TRANSACTION if transaction else 1) + units * len(indexed)


def update_units(table: Mapping[str, Any], before: Item, after: Item) -> int:
    """Return the units of an update: an index whose key changes takes a deletion and an insertion, others one write.

    The indexes project all attributes, so that each change is written to every one of them.
    """
    larger = max(_units(before), _units(after))
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    total = larger
    for index in _indexes(table):
        if _keys(index) & changed:
            total += _units(before) + _units(after)
        elif changed:
            total += larger
    return total


def item_bytes(item: Item) -> int:
    """Return an item's size: names and values, in the wire's form."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def _units(item: Item) -> int:
    return -(-item_bytes(item) // _UNIT_BYTES)


def _indexes(table: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    indexes: list[Mapping[str, Any]] = table.get("GlobalSecondaryIndexes", [])
    return indexes


def _keys(index: Mapping[str, Any]) -> set[str]:
    return {key["AttributeName"] for key in index["KeySchema"]}


def _value_bytes(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    if kind == "S":
        return len(content.encode())
    if kind == "N":
        return len(content.strip("-").replace(".", "").strip("0")) // 2 + 2
    if kind == "M":
        return _COLLECTION_BYTES + item_bytes(content) + _ELEMENT_BYTES * len(content)
    if kind == "L":
        return _COLLECTION_BYTES + sum(_ELEMENT_BYTES + _value_bytes(x) for x in content)
    return 1
