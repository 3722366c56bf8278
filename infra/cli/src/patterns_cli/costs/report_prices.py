"""The prices that a sales report computes its own cost with: a part of ``docs/prices.json``, in the batch's package."""

import json
from pathlib import Path

from patterns_cli.costs.prices import PRICES_FILE
from patterns_infra.paths import REPOSITORY

__all__ = ["REPORT_PRICES_FILE", "report_prices"]

REPORT_PRICES_FILE: Path = REPOSITORY / "patterns" / "batch" / "src" / "patterns_batch" / "prices.json"
_USED = (
    "dynamodb.read_unit",
    "fargate.arm_gb_hour",
    "fargate.arm_vcpu_hour",
    "s3.gb_month",
    "s3.read_request",
    "s3.write_request",
    "stepfunctions.transition",
)


def report_prices() -> str:
    """Return the file's text: the image has the package, and not the documentation."""
    found = [each for each in json.loads(PRICES_FILE.read_text())["prices"] if each["id"] in _USED]
    lines = ",\n".join(f"  {json.dumps(each)}" for each in found)
    return f'{{"prices": [\n{lines}\n]}}\n'
