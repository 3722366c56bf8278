"""The states that export the orders table, as they are synthesized, run against a table and a bucket.

The emulator's export comes to its end and writes no file: what the program makes of the files is tested beside it.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest

from patterns_infra.settings import Settings
from patterns_infra.synthesized import SynthesizedStack
from patterns_infra.variants import VARIANTS

# The fixture's class, which importlib's mode keeps out of reach as an import.
Emulator = Any

pytestmark = pytest.mark.integration

TABLE, BUCKET = "patterns-dev-orders", "exports"


@pytest.fixture(scope="module")
def export_states(synthesize_pattern: Callable[[str, Settings], SynthesizedStack]) -> dict[str, Any]:
    """Return the states before the plan; the plan itself tells what it was given."""
    stack = synthesize_pattern("batch", Settings.from_mapping(VARIANTS["private"]))
    parts = stack.only("StepFunctions::StateMachine")["DefinitionString"]["Fn::Join"][1]
    text = "".join(part if isinstance(part, str) else "REF" for part in parts)
    branch = json.loads(text)["States"]["Report"]["Branches"][0]
    names = (
        "No export yet",
        "Of the table",
        "Export",
        "Wait for the export",
        "Look at the export",
        "How is the export",
    )
    found = {name: branch["States"][name] for name in names}
    found |= {name: state for name, state in branch["States"].items() if name.startswith("The export ")}
    assert branch["StartAt"] == "No export yet"
    found["Export"]["Arguments"] |= {
        "TableArn": f"arn:aws:dynamodb:us-east-1:000000000000:table/{TABLE}",
        "S3Bucket": BUCKET,
    }
    for name in ("Export", "Look at the export"):
        found[name]["Resource"] = "arn:aws:states:::aws-sdk:" + found[name]["Resource"].rpartition("aws-sdk:")[2]
    found["Wait for the export"]["Seconds"] = 1
    found["Plan begin"] = {"Type": "Pass", "Output": {"export": "{% $export %}", "looks": "{% $looks %}"}, "End": True}
    return found


@pytest.fixture
def run(corrected: Emulator, export_states: dict[str, Any]) -> Callable[..., dict[str, Any]]:
    """Run the states for a source."""

    def execute(*source: str, **changed: Any) -> dict[str, Any]:  # noqa: ANN401 - states
        begin = {"Type": "Pass", "Assign": {"source": list(source), "run": "run-1"}, "Next": "No export yet"}
        states = {"Begin": begin, **export_states, **changed}
        found: dict[str, Any] = corrected.executed(corrected.execute(states))
        return found

    return execute


def test_a_day_waits_for_its_export(corrected: Emulator, run: Callable[..., dict[str, Any]]) -> None:
    """The plan gets the export's id, of which the place of its files follows; a file's plan gets none."""
    corrected.client("s3").create_bucket(Bucket=BUCKET)
    corrected.client("dynamodb").create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
    )
    told = run("--date", "2026-11-22")["output"]
    (export,) = corrected.client("dynamodb").list_exports()["ExportSummaries"]
    described = corrected.client("dynamodb").describe_export(ExportArn=export["ExportArn"])["ExportDescription"]
    assert told["export"] == export["ExportArn"].rpartition("/")[2]
    assert (described["S3Prefix"], described["ExportFormat"]) == ("exports/run-1", "DYNAMODB_JSON")
    assert run("--input", "s3://inbox/a.csv")["output"] == {"export": "", "looks": 0}


def test_an_export_that_fails_says_why(run: Callable[..., dict[str, Any]], export_states: dict[str, Any]) -> None:
    """In DynamoDB's own words; and one that never ends is given up."""
    look = {**export_states["Look at the export"]}
    failed = {"exported": "FAILED", "refused": "S3NoSuchBucket: there is none", "looks": 1}
    ended = run("--date", "2026-11-22", **{"Look at the export": {**_as_pass(look), "Assign": failed}})
    assert (ended["status"], ended["error"]) == ("FAILED", "StepFailed")
    assert ended["cause"].endswith("of the orders table failed: S3NoSuchBucket: there is none")
    hangs = {"exported": "IN_PROGRESS", "refused": "", "looks": 120}
    ended = run("--date", "2026-11-22", **{"Look at the export": {**_as_pass(look), "Assign": hangs}})
    assert ended["cause"].endswith("failed: it has not come to its end in 120 minutes")


def _as_pass(state: dict[str, Any]) -> dict[str, Any]:
    return {"Type": "Pass", "Next": state["Next"]}
