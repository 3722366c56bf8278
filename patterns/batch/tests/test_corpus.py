"""Files that people have, each with its right figures: a file and a line of ``expected.json`` more is a test more.

A line has the orders and the revenue by currency (minor units) of placed and fulfilled orders, the rejected rows, and
how the reason of the first of them begins; the amount of ``returns`` by currency where there are any; or how the reason
begins for which the file is ``refused``.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from patterns_batch.entrypoints.arguments import parse
from patterns_batch.entrypoints.command import run_step
from patterns_batch.entrypoints.reporting import Report

CORPUS = Path(__file__).with_name("corpus")
EXPECTED: dict[str, dict[str, Any]] = json.loads((CORPUS / "expected.json").read_text())
World = Any


def test_every_file_has_its_line() -> None:
    """And every line its file."""
    assert {path.name for path in CORPUS.iterdir()} == {*EXPECTED, "expected.json"}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_file_comes_to_its_figures(world: World, name: str) -> None:
    """By the program's own command, step by step; or it ends with 2 at the first step that can see why."""
    world.drop(name, (CORPUS / name).read_bytes())
    expected = EXPECTED[name]
    code = 0
    for step in (["plan", "--input", f"s3://inbox/{name}"], ["shard", "--shard", "0"], ["merge"]):
        command = parse([step[0], "--run", "run", *step[1:]])
        code = code or run_step(world.steps, command, Report("test", {"step": step[0], "run": "run"}))
    if "refused" in expected:
        reason = json.loads(world.objects.kept["runs/run/failure.json"])["reason"]
        assert code == 2
        assert reason.removeprefix(f"s3://inbox/{name}").lstrip(":, ").startswith(expected["refused"])
        return
    assert code == 0, world.objects.kept["runs/run/failure.json"]
    document = world.result()
    found = {each["currency"]: each for each in document["currencies"]}
    assert {currency: each["revenue"] for currency, each in found.items()} == expected["revenue"]
    assert sum(each["orders"] for each in found.values()) == expected["orders"]
    returns = {currency: each["returns"]["amount"] for currency, each in found.items()}
    assert returns == expected.get("returns", dict.fromkeys(found, 0))
    assert document["rows"]["rejected"] == expected["rejected"]
    rejects = [json.loads(line) for line in world.files()["rejects.jsonl"].splitlines()]
    assert len(rejects) == expected["rejected"]
    if rejects:
        column = f", column {rejects[0]['column']}" if rejects[0]["column"] else ""
        assert f"row {rejects[0]['row']}{column}: {rejects[0]['reason']}".startswith(expected["reason"])
