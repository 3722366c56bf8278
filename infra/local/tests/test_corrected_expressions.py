"""How often an expression of DynamoDB is parsed, in the emulator as it is corrected and as it comes from PyPI."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from patterns_deploy.folder import LocalFolder
from patterns_deploy.runner import Runner
from patterns_local.emulator_environment import prepare_environment

pytestmark = pytest.mark.integration

ITEMS = 50
COUNT = f"""
import json, sys
if sys.argv[1] == "corrected":
    from corrections import apply_all
    apply_all()
from ministack.services import dynamodb
names = {{"#l": "letter"}}
values = {{":low": {{"S": "b"}}, ":high": {{"S": "d"}}}}
parsed, met, left = 0, [], []
def count(frame, event, _):
    global parsed
    parsed += event == "call" and frame.f_code.co_name in {{"_tokenize", "_condition_syntax_error", "_project_item"}}
sys.setprofile(count)
for number in range({ITEMS}):
    item = {{"letter": {{"S": "abcde"[number % 5]}}}}
    met.append(dynamodb._evaluate_condition("#l BETWEEN :low AND :high", item, values, names))
    left.append(dynamodb._project_item(item | {{"more": {{"M": {{"a": item["letter"]}}}}}}, "#l, nothing", names))
sys.setprofile(None)
def outcome(call, *arguments):
    try:
        return call(*arguments)
    except ValueError as error:
        return str(error)
others = [
    outcome(dynamodb._evaluate_condition, "((#l = :low))", item, values, names, "FilterExpression"),
    outcome(dynamodb._project_item, item, "#l, letter", names),
    outcome(dynamodb._project_item, {{"more": {{"M": {{"a": item["letter"], "b": item["letter"]}}}}}}, "more.a", {{}}),
]
print(json.dumps([parsed, met, left, others]))
"""


def test_an_expression_is_parsed_once(tmp_path: Path) -> None:
    """Not once for each item; what it says of an item stays as it was, and what is wrong with it is still told."""
    folder = LocalFolder(tmp_path)
    folder.prepare()
    python = prepare_environment(folder, Runner(folder.deploy_log))

    def look(how: str) -> tuple[int, list[Any]]:
        where = {"PYTHONPATH": str(folder.emulator_project)}
        told = subprocess.run([python, "-c", COUNT, how], env=where, capture_output=True, text=True, check=True).stdout
        parsed, *answers = json.loads(told.splitlines()[-1])
        return parsed, answers

    (parsed, answers), (uncorrected, expected) = look("corrected"), look("uncorrected")
    assert (parsed, uncorrected) == (3, 3 * ITEMS)
    assert answers == expected
    met, left, (parens, overlap, path) = answers
    assert met == [False, True, True, True, False] * (ITEMS // 5)
    assert left == [{"letter": {"S": letter}} for letter in "abcde"] * (ITEMS // 5)
    assert "redundant parentheses" in parens
    assert "overlap" in overlap
    assert path == {"more": {"M": {"a": {"S": "e"}}}}
