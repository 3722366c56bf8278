"""What a role must be allowed to do for a PartiQL statement.

AWS knows no action ``dynamodb:BatchExecuteStatement``: each statement is checked as what it does, say
``dynamodb:PartiQLInsert``, on its own table. The emulator asks for the name of the call on ``*``, and so refuses a
role that may insert into exactly one table.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-iam.html

Corrected where the emulator takes a transaction apart for the same reason.
"""

import json
import re
from typing import Any

from ministack.core import iam_actions

__all__ = ["correct"]

_STATEMENTS = {
    "ExecuteStatement": None,
    "BatchExecuteStatement": "Statements",
    "ExecuteTransaction": "TransactStatements",
}
_VERBS = {"SELECT": "PartiQLSelect", "INSERT": "PartiQLInsert", "UPDATE": "PartiQLUpdate", "DELETE": "PartiQLDelete"}
_TABLE = re.compile(
    r"""\s*(?:SELECT\b.*?\bFROM|INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+"?([A-Za-z0-9_.-]+)""", re.IGNORECASE | re.DOTALL
)

_original = iam_actions.dynamodb_transaction_checks


def correct() -> None:
    """Check statements one by one."""
    iam_actions.dynamodb_transaction_checks = _checks


def _checks(iam_action: str, body: bytes, region: str, account_id: str) -> list[tuple[str, str]]:
    call = iam_action.removeprefix("dynamodb:")
    if call not in _STATEMENTS:
        return _original(iam_action, body, region, account_id)
    request: Any = json.loads(body or b"{}")
    member = _STATEMENTS[call]
    texts = [each.get("Statement", "") for each in (request.get(member, []) if member else [request])]
    return [_check(text, iam_action, region, account_id) for text in texts]


def _check(text: str, iam_action: str, region: str, account_id: str) -> tuple[str, str]:
    """Return what a statement needs; one that nobody can read needs what no role has."""
    found = _TABLE.match(text)
    verb = _VERBS.get(text.split(maxsplit=1)[0].upper()) if found else None
    if not found or not verb:
        return iam_action, "*"
    return f"dynamodb:{verb}", f"arn:aws:dynamodb:{region}:{account_id}:table/{found[1]}"
