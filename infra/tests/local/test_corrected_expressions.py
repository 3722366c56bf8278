"""How often an expression of DynamoDB is parsed, in the emulator as it is corrected and as it comes from PyPI."""

import json
import subprocess
from pathlib import Path

import pytest

from patterns_infra.local.emulator_environment import prepare_environment
from patterns_infra.local.folder import LocalFolder
from patterns_infra.local.runner import Runner

pytestmark = pytest.mark.integration

ITEMS = 50
COUNT = f"""
import json, sys
if sys.argv[1] == "corrected":
    from corrections import apply_all
    apply_all()
from ministack.services import dynamodb
values = {{":low": {{"S": "b"}}, ":high": {{"S": "d"}}}}
parsed, met = 0, []
def count(frame, event, _):
    global parsed
    parsed += event == "call" and frame.f_code.co_name in {{"_tokenize", "_condition_syntax_error"}}
sys.setprofile(count)
for number in range({ITEMS}):
    item = {{"letter": {{"S": "abcde"[number % 5]}}}}
    met.append(dynamodb._evaluate_condition("letter BETWEEN :low AND :high", item, values, {{}}))
sys.setprofile(None)
try:
    refused = dynamodb._evaluate_condition("((letter = :low))", item, values, {{}}, slot="FilterExpression")
except ValueError as error:
    refused = str(error)
print(json.dumps([parsed, met, refused]))
"""


def test_a_condition_is_parsed_once(tmp_path: Path) -> None:
    """Not once for each item; what it says of an item stays as it was, and what is wrong is still told."""
    folder = LocalFolder(tmp_path)
    folder.prepare()
    python = prepare_environment(folder, Runner(folder.deploy_log))

    def look(how: str) -> tuple[int, list[bool], str]:
        where = {"PYTHONPATH": str(folder.emulator_project)}
        told = subprocess.run([python, "-c", COUNT, how], env=where, capture_output=True, text=True, check=True).stdout
        parsed, met, refused = json.loads(told.splitlines()[-1])
        return parsed, met, refused

    corrected, uncorrected = look("corrected"), look("uncorrected")
    assert corrected[1:] == uncorrected[1:]
    assert corrected[1] == [False, True, True, True, False] * (ITEMS // 5)
    assert "redundant parentheses" in corrected[2]
    assert (corrected[0], uncorrected[0]) == (2, 2 * ITEMS)
